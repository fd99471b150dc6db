//! Key and session before the path.

use crate::support::raw::{KEY, Server, settings};

#[test]
fn prefixes_are_taken_off_and_kept() {
    let server = Server::start(settings());
    let target = format!("/%7E{KEY}/~run%201/associateresourceshare?a=%20b&c");
    let reply =
        server.ask(format!("POST {target} HTTP/1.1\r\nHost: LocalHost:80\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n{{}}"));
    assert_eq!(reply.status, 200, "{reply:?}");

    let seen = server.seen();
    let [request] = seen.as_slice() else { panic!("{} requests", seen.len()) };
    assert_eq!(request.method, http::Method::POST);
    assert_eq!(request.path, "/associateresourceshare");
    assert_eq!(request.query, "a=%20b&c");
    assert_eq!(request.signed_target, target);
    assert_eq!(request.authority, "LocalHost:80");
    assert_eq!(request.key.as_ref().map(ramtape::model::Secret::expose), Some(KEY));
    assert_eq!(request.session_prefix.as_deref(), Some("run%201"));
    assert_eq!(request.header("x-a"), Some("1"));
    assert_eq!(&request.body[..], b"{}");
}

#[test]
fn a_path_without_prefixes_has_neither_key_nor_session() {
    let server = Server::start(settings());
    for (path, key, session) in
        [("/x", false, false), ("/~key-z", true, false), ("/~s/x", false, true), ("/~w/~s/x", true, true)]
    {
        server.ask(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let request = server.seen().pop().unwrap();
        assert_eq!((request.key.is_some(), request.session_prefix.is_some()), (key, session), "{path}");
        assert_eq!(request.path, if path == "/~key-z" { "/" } else { "/x" });
    }
}

/// An endpoint that ends in a slash, joined with an operation's path as the JavaScript SDK joins them.
#[test]
fn extra_slashes_are_signed_but_not_part_of_the_path() {
    let server = Server::start(settings());
    for target in ["//x", "/x/", "/~s//x", "/~key-z//x", "/~w//~s///x//", "//~s/x?a=//b/"] {
        server.ask(format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
        let request = server.seen().pop().unwrap();
        assert_eq!((request.path.as_str(), request.signed_target.as_str()), ("/x", target));
    }
    assert_eq!(server.seen().len(), 6);
    let health = server.ask("GET //_ramtape/health/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(health.status, 200, "{health:?}");
}
