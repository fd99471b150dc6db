//! Who may not look sees nothing, nobody changes anything, and no secret is on any page.

use super::crawl::Crawl;
use super::scene::{AUDIT, Caller, DEPLOY, Inspected, audit, deploy, miss, record};
use crate::support::binary::{Server, ramtape};
use crate::support::raw::{Client, Reply};
use crate::support::scene::{Endpoint, Tape, recording};
use crate::support::secrets::{SECRETS, core};
use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Words of what was recorded and asked: none of them may be in an answer to somebody without the token.
const DATA: [&str; 8] = [
    "team-network",
    DEPLOY,
    AUDIT,
    "GetResourceShares",
    "create-resource-share",
    "cassettes",
    "111122223333",
    "frobnicate",
];

/// How many pages of one kind are looked at: all calls, and not every stretch of the timeline.
const OF_A_KIND: usize = 40;

impl Inspected {
    /// Sends a request with these header lines, `Host` included, on a connection of its own.
    fn ask_as(&self, method: &str, target: &str, lines: &str) -> Reply {
        let mut client = Client::connect(self.server.authority().parse().unwrap());
        client.try_send(format!("{method} {target} HTTP/1.1\r\n{lines}Content-Length: 0\r\n\r\n"));
        client.reply()
    }

    /// The same to its own host.
    fn ask(&self, method: &str, target: &str, more: &str) -> Reply {
        self.ask_as(method, target, &format!("Host: {}\r\n{more}", self.server.authority()))
    }

    /// A page, for who has the token.
    fn read(&self, target: &str) -> Reply {
        self.ask("GET", target, &format!("Authorization: Bearer {}\r\n", self.token()))
    }

    /// The paths of the pages that links lead to, each with what it says.
    fn all_pages(&self) -> Vec<(String, Reply)> {
        let (mut crawl, mut pages) = (Crawl::new(OF_A_KIND), Vec::new());
        while let Some(path) = crawl.next() {
            let path = format!("/_ramtape/{path}");
            let reply = self.read(&path);
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
            let links = reply.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            let links: Vec<String> = links.map(|link| link.replace("&amp;", "&")).collect();
            crawl.add(links.iter().filter_map(|link| link.strip_prefix("/_ramtape/")));
            pages.push((path, reply));
        }
        pages
    }
}

fn assert_tells_nothing(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {reply:?}");
    for word in DATA {
        let told = reply.body.contains(word) || reply.head.contains(word);
        assert!(!told, "{what}: {word} in {reply:?}");
    }
    assert!(!reply.head.contains("\nset-cookie:"), "{what}: {reply:?}");
}

/// A server with data in it, started with these flags too.
fn serving(flags: &[&str]) -> Inspected {
    let tape = record();
    let mut command = ramtape(tape.folder());
    command.args(["replay", "--cassette"]).arg(tape.path()).args(flags);
    let server = Server::start(&mut command);
    let inspected = Inspected::of(tape, server);
    deploy(&inspected.server.url);
    audit(&inspected.server.url);
    miss(&inspected.server.url);
    inspected
}

#[test]
fn without_the_token_there_is_nothing_to_see() {
    let stranger = Inspected::replay(record());
    for inspected in [serving(&[]), serving(&["--listen", "0.0.0.0:0", "--allow-remote"])] {
        let token = inspected.token();
        let cut = &token[..token.len() - 1];
        let port = inspected.server.authority().rsplit(':').next().unwrap();
        let mut targets: Vec<String> = inspected.all_pages().into_iter().map(|(path, _)| path).collect();
        targets.extend(
            ["/_ramtape/events", "/_ramtape/events?after=0", "/_ramtape/calls/999", "/_ramtape"].map(str::to_owned),
        );
        for target in targets.iter().filter(|target| !target.starts_with("/_ramtape/assets/")) {
            let given = |name: &str, value: &str| {
                let separator = if target.contains('?') { '&' } else { '?' };
                format!("{target}{separator}{name}={value}")
            };
            let refused = [
                (target.clone(), String::new()),
                (given("token", ""), String::new()),
                (given("token", cut), String::new()),
                (given("token", stranger.token()), String::new()),
                (given("Token", token), String::new()),
                (target.clone(), "Authorization: Bearer \r\n".to_owned()),
                (target.clone(), format!("Authorization: Bearer {cut}\r\n")),
                (target.clone(), format!("Authorization: Basic {token}\r\n")),
                (target.clone(), format!("Cookie: ramtape-{port}={}\r\n", stranger.token())),
                (target.clone(), format!("Cookie: ramtape-{port}=; ramtape={token}; ramtape-1={token}\r\n")),
            ];
            for (target, more) in refused {
                assert_tells_nothing(&inspected.ask("GET", &target, &more), 401, &format!("{target} {more}"));
            }
            assert_head_alone(&inspected, target);
        }
    }
}

/// HEAD tells what GET does, without the page.
fn assert_head_alone(inspected: &Inspected, target: &str) {
    let mut stream = TcpStream::connect(inspected.server.authority()).unwrap();
    let host = inspected.server.authority();
    write!(stream, "HEAD {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 401 ") && reply.ends_with("\r\n\r\n"), "{target}: {reply}");
}

#[test]
fn a_page_of_another_site_sees_nothing_even_with_the_token() {
    let inspected = serving(&[]);
    let authority = inspected.server.authority();
    let port = authority.rsplit(':').next().unwrap();
    let proofs = [
        format!("Authorization: Bearer {}\r\n", inspected.token()),
        format!("Cookie: ramtape-{port}={}\r\n", inspected.token()),
    ];
    for proof in &proofs {
        for target in ["/_ramtape/", "/_ramtape/calls/1", "/_ramtape/events?after=0", "/_ramtape/recorded"] {
            for foreign in [
                "Origin: https://example.com\r\n",
                "Origin: null\r\n",
                "Origin: http://127.0.0.1:1\r\n",
                "Sec-Fetch-Site: cross-site\r\n",
                "Sec-Fetch-Site: same-site\r\n",
            ] {
                let reply = inspected.ask("GET", target, &format!("{proof}{foreign}"));
                assert_tells_nothing(&reply, 403, &format!("{target} {foreign}"));
            }
            for host in ["evil.test", "evil.test:80", "169.254.169.254", "127.0.0.1.evil.test"] {
                let reply = inspected.ask_as("GET", target, &format!("Host: {host}\r\n{proof}"));
                assert_tells_nothing(&reply, 403, &format!("{target} {host}"));
            }
            // The same is shown to the browser that the URL was opened in.
            let own = inspected.ask("GET", target, &format!("{proof}Sec-Fetch-Site: none\r\n"));
            assert_eq!(own.status, 200, "{own:?}");
        }
    }
}

#[test]
fn the_token_in_the_url_becomes_a_cookie_of_this_server_alone() {
    let inspected = serving(&[]);
    let port = inspected.server.authority().rsplit(':').next().unwrap();
    let token = inspected.token();
    for (asked, shown) in [
        (format!("/_ramtape/?token={token}"), "/_ramtape/"),
        (format!("/_ramtape/?session=audit&token={token}"), "/_ramtape/?session=audit"),
        (format!("/_ramtape/calls/1?token={token}"), "/_ramtape/calls/1"),
    ] {
        let reply = inspected.ask("GET", &asked, "");
        assert_eq!((reply.status, reply.body.as_str()), (303, ""), "{reply:?}");
        assert!(reply.head.contains(&format!("\r\nlocation: {shown}\r\n")), "{reply:?}");
        let cookie = format!("\r\nset-cookie: ramtape-{port}={token}; path=/_ramtape; httponly; samesite=strict\r\n");
        assert!(reply.head.contains(&cookie), "{reply:?}");
        let page = inspected.ask("GET", shown, &format!("Cookie: other=1; ramtape-{port}={token}\r\n"));
        assert_eq!(page.status, 200, "{page:?}");
    }
    // Nothing that a link says makes a browser go elsewhere.
    for target in ["//evil.test/_ramtape/", "/_ramtape//evil.test/", "/_ramtape/%0d%0alocation:%20http://evil.test/"] {
        let reply = inspected.ask("GET", &format!("{target}?token={token}"), "");
        let location = reply.head.split("\r\nlocation: ").nth(1).unwrap_or("/_ramtape/").split("\r\n").next().unwrap();
        assert!(location.starts_with("/_ramtape/") && !location.starts_with("//"), "{target}: {reply:?}");
    }
}

#[test]
fn every_answer_has_the_headers_that_keep_it_to_itself() {
    let inspected = serving(&[]);
    let policy = "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                  img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n";
    let mut replies = inspected.all_pages();
    for target in ["/_ramtape/events?after=0", "/_ramtape/calls/999", "/_ramtape/assets/inspector.js"] {
        replies.push((target.to_owned(), inspected.read(target)));
    }
    replies.push(("without a token".to_owned(), inspected.ask("GET", "/_ramtape/", "")));
    for (path, reply) in replies {
        for header in [
            policy,
            "x-content-type-options: nosniff\r\n",
            "referrer-policy: no-referrer\r\n",
            "cache-control: no-store\r\n",
        ] {
            assert!(reply.head.contains(header), "{path}: {header} {}", reply.head);
        }
        assert!(!reply.body.contains("style=\"") && !reply.body.contains("<style"), "{path}: {}", reply.body);
    }
}

#[test]
fn pages_are_only_read() {
    let inspected = serving(&[]);
    let before = inspected.tape.files();
    let proof = format!("Authorization: Bearer {}\r\n", inspected.token());
    let list = inspected.read("/_ramtape/").body;
    for target in ["/_ramtape/", "/_ramtape/calls/1", "/_ramtape/recorded", "/_ramtape/timeline", "/_ramtape/events"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
            for target in [target.to_owned(), format!("{target}?token={}", inspected.token())] {
                let reply = inspected.ask(method, &target, &proof);
                assert_tells_nothing(&reply, 405, &format!("{method} {target}"));
                assert!(reply.head.contains("\r\nallow: get, head\r\n"), "{reply:?}");
            }
        }
    }
    inspected.all_pages();
    assert_eq!(inspected.read("/_ramtape/").body, list, "looking changes nothing");
    assert_eq!(inspected.tape.files(), before);
    let sessions = inspected.ask("GET", "/_ramtape/sessions", "").body;
    inspected.all_pages();
    assert_eq!(inspected.ask("GET", "/_ramtape/sessions", "").body, sessions);
}

/// Puts secrets where people lose them.
fn lose_secrets(base: &str) {
    let mut caller = Caller::new(base, AUDIT);
    for (what, secret) in SECRETS {
        let query: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let target = format!("/frobnicate/{query}?secret={query}");
        let signed = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIAI44QH8DHBEXAMPLE/20261130/us-east-1/ram/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={SIGNATURE}\r\nX-Amz-Security-Token: {SESSION_TOKEN}\r\n\
             X-Amz-Date: 20261130T000000Z\r\nCookie: secret={SESSION_TOKEN}\r\n"
        );
        caller.send(
            "POST",
            &target,
            &signed,
            &json!({ "text": secret, secret: "as a name", "of": [what] }).to_string(),
        );
        let tags = json!([{ "key": "lost", "value": secret }]);
        caller.send("POST", "/createresourceshare", &signed, &json!({ "name": secret, "tags": tags }).to_string());
        caller.call("GetResourceShares", &json!({ "resourceOwner": secret, "name": format!("here it is: {secret}") }));
        caller.send("POST", "/getresourceshares", &signed, &format!("no JSON, but {secret}"));
    }
}

/// What clients sign with; no page has any of it.
const SIGNATURE: &str = "0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de";
const SESSION_TOKEN: &str = "c2VjcmV0IHNlc3Npb24gdG9rZW4";

#[test]
fn no_secret_is_on_a_page_or_in_the_log() {
    let settings = SimulatorSettings { seed: Some(7), ..SimulatorSettings::default() };
    let (endpoint, tape, owner) = (Endpoint::with(settings), Tape::new(), Credential::owner());
    let server = recording(&tape, "-vv record", &endpoint.url(), &owner);
    let recorder = Inspected::of(tape, server);
    let base = recorder.server.url.clone();
    let key = base.rsplit("/~").next().unwrap().to_owned();
    lose_secrets(&base);
    let Inspected { tape, .. } = assert_keeps_secrets(recorder, &[&key, &owner.secret, &owner.access_key_id]);

    let server = Server::start(ramtape(tape.folder()).args(["-vv", "replay", "--cassette"]).arg(tape.path()));
    let replayer = Inspected::of(tape, server);
    lose_secrets(&replayer.server.url);
    // What was not recorded is told of, too.
    for (_, secret) in SECRETS {
        let mut caller = Caller::new(&replayer.server.url, "missing");
        caller.call("GetResourceShares", &json!({ "resourceOwner": "SELF", "name": secret }));
        caller.send("POST", &format!("/missing/{secret}"), "", &json!({ "text": secret }).to_string());
    }
    assert_keeps_secrets(replayer, &[&key, &owner.secret]);
}

/// Stops it, and holds its pages and its log to what they must not tell.
fn assert_keeps_secrets(inspected: Inspected, more: &[&str]) -> Inspected {
    let token = inspected.token().to_owned();
    let mut secrets = vec![token.as_str(), SIGNATURE, SESSION_TOKEN, "AKIAI44QH8DHBEXAMPLE"];
    secrets.extend(SECRETS.map(|(_, secret)| core(secret)));
    secrets.extend(more);
    let mut pages = inspected.all_pages();
    let events = "/_ramtape/events?after=0".to_owned();
    pages.push((events.clone(), inspected.read(&events)));
    assert!(pages.iter().any(|(path, page)| path.contains("/calls/") && page.body.contains("frobnicate")));
    for (path, page) in &pages {
        for secret in &secrets {
            let spelled = secret.replace('/', "%2F");
            let told = page.body.contains(*secret) || path.contains(*secret) || page.body.contains(&spelled);
            assert!(!told, "{secret} on {path}: {}", page.body);
        }
    }
    inspected.ask("GET", &format!("/_ramtape/?token={token}"), "");
    inspected.ask("GET", &format!("/_ramtape/?token={token}x"), "");
    let Inspected { tape, server, entrance } = inspected;
    let finished = server.stop();
    let log = finished.stderr.replacen(&entrance, "", 1);
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let server = Server::start(ramtape(tape.folder()).args(["ui", "--cassette"]).arg(tape.path()));
    Inspected { tape, server, entrance }
}
