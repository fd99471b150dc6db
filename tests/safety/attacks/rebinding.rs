//! Web pages: by their `Origin`, by their `Sec-Fetch-Site`, and by a name of their own that they made point here.

use super::recorder::{PATH, Recorder, request};
use crate::support::binary::{Server, ramtape};
use crate::support::raw::{Client, Reply};

/// Names that a page can have for this machine, or pretend to have.
const FOREIGN: [&str; 8] = [
    "evil.test",
    "evil.test:80",
    "localhost.evil.test",
    "127.0.0.1.evil.test",
    "ram.us-east-1.amazonaws.com",
    "0.0.0.0",
    "169.254.169.254",
    "[::ffff:7f00:1]",
];

/// All that can be asked under `/_ramtape/`.
const CONTROL: [&str; 4] =
    ["GET /_ramtape/health", "GET /_ramtape/sessions", "POST /_ramtape/sessions/kept/reset", "GET /_ramtape/nothing"];

/// `line` to `server`, with these headers.
fn ask(server: &str, line: &str, host: &str, more: &str) -> Reply {
    let mut client = Client::connect(server.parse().unwrap());
    client.send(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{more}Content-Length: 0\r\n\r\n"));
    client.reply()
}

/// What is known of the sessions.
fn sessions(server: &str) -> String {
    let told = ask(server, "GET /_ramtape/sessions", server, "");
    assert_eq!(told.status, 200, "{told:?}");
    told.body
}

/// Every control path, from every foreign page, is refused, with and without the key; afterwards `kept` is where it was, and
/// can be reset by whoever has no page.
fn control_is_closed_to_pages(server: &str, prefix: &str) {
    let before = sessions(server);
    assert!(before.contains("\"kept\""), "{before}");
    for line in CONTROL {
        for line in
            [line.to_owned(), line.replacen(" /", &format!(" {prefix}/"), 1), line.replacen(" /", " /~kept/", 1)]
        {
            for host in FOREIGN {
                let reply = ask(server, &line, host, "");
                assert_eq!(reply.status, 403, "{line} {host}: {reply:?}");
                assert!(reply.body.contains("neither loopback, nor the address"), "{reply:?}");
            }
            for page in ["Origin: https://evil.test\r\n", "Origin: null\r\n", "origin: http://localhost\r\n"]
                .into_iter()
                .chain(["Sec-Fetch-Site: cross-site\r\n", "sec-fetch-site: same-site\r\n"])
            {
                let reply = ask(server, &line, server, page);
                assert_eq!(reply.status, 403, "{line} {page}: {reply:?}");
                assert!(reply.body.contains("a browser sends for a web page"), "{reply:?}");
            }
        }
    }
    assert_eq!(sessions(server), before);
    let reset = ask(server, CONTROL[2], server, "");
    assert!(reset.body.contains("\"reset\":true"), "{reset:?}");
    assert_ne!(sessions(server), before);
}

#[test]
fn dns_rebinding_on_control_paths_while_recording() {
    let recorder = Recorder::start();
    let create = r#"{"name":"kept"}"#;
    let head = format!("POST {}/~kept/createresourceshare HTTP/1.1\r\nHost: localhost\r\n", recorder.prefix());
    let reply = recorder.ask(format!("{head}Content-Length: {}\r\n\r\n{create}", create.len()));
    assert_eq!(reply.status, 200, "{reply:?}");
    control_is_closed_to_pages(recorder.authority(), recorder.prefix());
    assert_eq!(recorder.endpoint.running().requests(), 1);
}

#[test]
fn dns_rebinding_on_control_paths_while_replaying() {
    let recorder = Recorder::start();
    let create = r#"{"name":"kept"}"#;
    let ask = |prefix: &str, authority: &str| {
        let mut client = Client::connect(authority.parse().unwrap());
        let head = format!("POST {prefix}/~kept/createresourceshare HTTP/1.1\r\nHost: {authority}\r\n");
        client.send(format!("{head}Content-Length: {}\r\n\r\n{create}", create.len()));
        assert_eq!(client.reply().status, 200);
    };
    ask(recorder.prefix(), recorder.authority());
    let (_, recorded) = recorder.stop();
    let server = Server::start(ramtape(recorded.path()).args(["replay", "-q", "--cassette", "tape"]));
    ask("", server.authority());
    control_is_closed_to_pages(server.authority(), "");
}

#[test]
fn origin() {
    let recorder = Recorder::start();
    for origin in ["https://evil.test", "null", "http://127.0.0.1", "file://", ""] {
        let reply = recorder.ask(recorder.proved(&format!("Origin: {origin}\r\n")));
        assert_eq!(reply.status, 403, "{origin}: {reply:?}");
        assert!(reply.body.contains("a browser sends for a web page (Origin or Sec-Fetch-Site header)"), "{reply:?}");
    }
    recorder.endpoint.assert_untouched();
    recorder.assert_serves();
}

#[test]
fn sec_fetch_site() {
    let recorder = Recorder::start();
    for site in ["cross-site", "same-site"] {
        let reply = recorder.ask(recorder.proved(&format!("Sec-Fetch-Site: {site}\r\n")));
        assert_eq!(reply.status, 403, "{site}: {reply:?}");
    }
    recorder.endpoint.assert_untouched();
    // What a user opens, and what a page of ramtape's own asks.
    for site in ["none", "same-origin"] {
        assert_eq!(recorder.ask(recorder.proved(&format!("Sec-Fetch-Site: {site}\r\n"))).status, 200, "{site}");
    }
}

#[test]
fn dns_rebinding_where_upstream_can_be_reached() {
    // Even where every caller is let in.
    for flags in [&["-q"][..], &["-q", "--allow-any-client"]] {
        let recorder = Recorder::changed(flags, |_| ());
        for host in FOREIGN {
            for target in [PATH.to_owned(), format!("{}{PATH}", recorder.prefix())] {
                let reply = recorder.ask(request(&target, host, ""));
                assert_eq!(reply.status, 403, "{host} {target}: {reply:?}");
            }
        }
        recorder.endpoint.assert_untouched();
        recorder.assert_serves();
    }
}

#[test]
fn an_allowed_name_is_let_in_and_no_other() {
    let flags = ["-q", "--allow-host", "tape.test"];
    let recorder = Recorder::changed(&flags, |_| ());
    let target = format!("{}{PATH}", recorder.prefix());
    assert_eq!(recorder.ask(request(&target, "tape.test:8181", "")).status, 200);
    for host in ["x.tape.test", "tape.test.evil.test", "tapetest"] {
        assert_eq!(recorder.ask(request(&target, host, "")).status, 403, "{host}");
    }
    assert_eq!(recorder.endpoint.running().requests(), 1);
}
