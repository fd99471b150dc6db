//! Absolute forms: for whom ramtape is a proxy.

use super::all_refused;
use crate::support::raw::{KEY, Server, settings};
use ramtape::model::Door;
use ramtape::proxy::ProxySettings;

#[test]
fn absolute_forms_must_agree_and_mean_ramtape_or_the_service() {
    all_refused(&[
        (
            "another Host",
            b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: ram.eu-west-1.amazonaws.com\r\n\r\n",
            400,
            "the request's target names another host than its Host header",
        ),
        (
            "another port",
            b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:2\r\n\r\n",
            400,
            "the request's target names another host than its Host header",
        ),
        (
            "another server",
            b"GET http://sts.eu-west-1.amazonaws.com/ HTTP/1.1\r\nHost: sts.eu-west-1.amazonaws.com\r\n\r\n",
            403,
            "ramtape is a forward proxy only for the endpoints of the services that it records (http://ram.REGION.amazonaws.com; \
             others are added with --service); for other clients, set AWS_ENDPOINT_URL_RAM=http://127.0.0.1:",
        ),
        (
            "another port here",
            b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
            403,
            "ramtape is a forward proxy only for the endpoints of the services that it records",
        ),
        (
            "CONNECT without an authority",
            b"CONNECT ram.eu-west-1.amazonaws.com:443 HTTP/1.1\r\nHost: ram.eu-west-1.amazonaws.com:443\r\n\r\n",
            403,
            "ramtape has no certificate to show",
        ),
    ]);
}

/// Targets that a client may name, and what its Host header then says.
const ENDPOINTS: [(&str, &str); 7] = [
    ("http://ram.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com"),
    ("http://ram.us-east-1.amazonaws.com:80", "ram.us-east-1.amazonaws.com"),
    ("http://ram.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com:80"),
    ("https://ram.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com"),
    ("https://ram.us-east-1.amazonaws.com:443", "ram.us-east-1.amazonaws.com"),
    ("http://ram-fips.us-east-1.amazonaws.com", "ram-fips.us-east-1.amazonaws.com"),
    ("http://ram.cn-north-1.amazonaws.com.cn", "ram.cn-north-1.amazonaws.com.cn"),
];

/// Hosts that are none of RAM's, whatever they look like.
const STRANGERS: [&str; 26] = [
    "ram.us-east-1.amazonaws.com.evil.test",
    "ram.us-east-1.amazonaws.com.",
    "RAM.us-east-1.amazonaws.com",
    "ram.us-east-1.AMAZONAWS.COM",
    "ram.us-east-1.amazonaws.com:8080",
    "ram.us-east-1.amazonaws.com:443",
    "ram.us-east-1.amazonaws.com:0",
    "evil.test",
    "evil-ram.us-east-1.amazonaws.com",
    "x.ram.us-east-1.amazonaws.com",
    "ram.evil.amazonaws.com",
    "ram.cn-north-1.amazonaws.com",
    "sts.us-east-1.amazonaws.com",
    "amazonaws.com",
    "metadata",
    "169.254.169.254",
    "169.254.169.254:80",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.16689662",
    "127.0.0.1:1",
    "localhost:1",
    "[::1]:1",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
];

#[test]
fn an_absolute_form_for_the_service_is_its_proxy_whether_upstream_can_be_reached_or_not() {
    for guarded in [false, true] {
        let server = Server::start(ProxySettings { guarded, ..settings() });
        for (target, host) in ENDPOINTS {
            let head = format!("POST {target}/getresourceshares?a=%2F HTTP/1.1\r\nHost: {host}\r\n");
            let reply = server.ask(format!("{head}Proxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\n{{}}"));
            assert_eq!(reply.status, 200, "{target}: {reply:?}");
            let request = server.seen().pop().unwrap();
            assert_eq!(request.door, Door::Proxy, "{target}");
            assert_eq!(request.authority, host);
            assert_eq!((request.path.as_str(), request.query.as_str()), ("/getresourceshares", "a=%2F"));
            assert_eq!(&request.body[..], b"{}");
        }
        server.ask("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(server.seen().pop().unwrap().door, Door::Endpoint);
    }
}

#[test]
fn no_other_host_is_proxied_to() {
    for guarded in [false, true] {
        let server = Server::start(ProxySettings { guarded, ..settings() });
        for host in STRANGERS {
            let reply = server.ask(format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert!([400, 403].contains(&reply.status), "{host}: {reply:?}");
        }
        for target in ["http://me@ram.us-east-1.amazonaws.com", "http://ram.us-east-1.amazonaws.com@evil.test"] {
            let line = format!("GET {target}/ HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n\r\n");
            assert_eq!(server.ask(line).status, 400, "{target}");
        }
        for host in ["RAM.us-east-1.amazonaws.com", "ram.us-east-1.amazonaws.com:81", "127.0.0.1"] {
            let line = format!("GET http://ram.us-east-1.amazonaws.com/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert!([400, 403].contains(&server.ask(line).status), "{host}");
        }
        assert_eq!(server.seen().len(), 0);
    }
}

#[test]
fn nothing_but_the_service_is_asked_for_through_a_proxy() {
    let server = Server::start(ProxySettings { guarded: true, ..settings() });
    let ask = |path: &str, fields: &str| {
        let target = "http://ram.us-east-1.amazonaws.com";
        server.ask(format!("POST {target}{path} HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n{fields}\r\n"))
    };
    for path in ["/~test_create/getresourceshares", "/%7Ea/~b/x", &format!("/~{KEY}/x"), "/~key-old/x"] {
        let reply = ask(path, "");
        assert_eq!(reply.status, 400, "{path}: {reply:?}");
        assert!(reply.body.contains("AWS_SDK_UA_APP_ID") && !reply.body.contains(KEY), "{reply:?}");
    }
    for path in ["/_ramtape/health", "/_ramtape/sessions/a/reset"] {
        assert_eq!(ask(path, "").status, 403, "{path}");
    }
    assert_eq!(ask("/x", "Origin: http://web.test\r\n").status, 403);
    assert_eq!(server.seen().len(), 0);
    assert_eq!(ask("/x", "").status, 200);
}

#[test]
fn a_request_that_went_through_this_ramtape_is_a_loop() {
    let server = Server::start(settings());
    let reply = server.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Ramtape-Via: other, ramtape-1234\r\n\r\n");
    assert_eq!(reply.status, 400);
    assert!(reply.head.contains("x-amzn-errortype: ramtapeloopexception"), "{reply:?}");
    assert!(reply.body.contains("ramtape: upstream points back to ramtape itself; check --upstream"), "{reply:?}");
    assert_eq!(server.seen().len(), 0);

    assert_eq!(server.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Ramtape-Via: ramtape-12345\r\n\r\n").status, 200);
    assert_eq!(server.seen().len(), 1);
}
