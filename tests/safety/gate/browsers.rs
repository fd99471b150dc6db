//! Who may be a page in a browser, and the control paths that pages are kept from.

use crate::support::raw::{KEY, Server, settings};
use ramtape::proxy::ProxySettings;

/// Hosts that a web page can't have pointed here, and one that it can.
const HOSTS: [(&str, bool); 7] = [
    ("127.0.0.1", true),
    ("127.1.2.3:99", true),
    ("[::1]:1", true),
    ("localhost:1", true),
    ("a.localhost", true),
    ("tape.test:1", true),
    ("evil.test", false),
];

#[test]
fn browsers_are_kept_from_control_paths() {
    let server = Server::start(settings());
    for (host, is_own) in HOSTS {
        for path in ["/_ramtape/health", "/~key-x/_ramtape/health", "/~s/_ramtape/health"] {
            let reply = server.ask(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(reply.status, if is_own { 200 } else { 403 }, "{host} {path}: {reply:?}");
        }
        let reply = server.ask(format!("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(reply.status, 200, "{host}: {reply:?}");
    }
    let reply = server.ask("GET /_ramtape/health HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n");
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("ramtape: requests that a browser sends"), "{reply:?}");
    assert_eq!(server.seen().len(), HOSTS.len());
}

#[test]
fn browsers_are_kept_from_every_path_where_upstream_can_be_reached() {
    let server = Server::start(ProxySettings { guarded: true, ..settings() });
    for (host, is_own) in HOSTS {
        let reply = server.ask(format!("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(reply.status, if is_own { 200 } else { 403 }, "{host}: {reply:?}");
        assert_eq!(reply.body.contains("add it with --allow-host"), !is_own, "{reply:?}");
    }
    assert_eq!(server.seen().len(), HOSTS.len() - 1);
    let reply = server.ask("GET /x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n");
    assert_eq!(reply.status, 403, "{reply:?}");
    assert_eq!(server.seen().len(), HOSTS.len() - 1);
}

#[test]
fn control_answers_and_says_what_there_is() {
    let server = Server::start(settings());
    let ask = |line: &str| server.ask(format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let health = ask("GET /_ramtape/health");
    assert_eq!(
        (health.status, health.body.as_str()),
        (200, r#"{"status":"ok","mode":"none","cassette":"cassettes/default"}"#)
    );
    assert_eq!(ask(&format!("GET /~{KEY}/_ramtape/health")).status, 200);
    assert_eq!(ask("POST /_ramtape/sessions/a/reset").body, r#"{"session":"a","reset":true}"#);
    assert_eq!(ask("GET /_ramtape/nothing").status, 404);
    let wrong = ask("DELETE /_ramtape/health");
    assert_eq!(wrong.status, 405);
    assert!(wrong.head.contains("allow: get, head"), "{wrong:?}");
    assert_eq!(server.seen().len(), 0);
}
