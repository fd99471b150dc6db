//! What is remembered, and what is found again.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::super::identify::Table;
use super::*;
use crate::redact::{Key, KeySource, Redaction};
use crate::service::Service;
use http::Method;

fn request(path: &str, query: &str, body: &str) -> Request {
    Request {
        method: Method::POST,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::from(body.to_owned()),
        signed_target: path.to_owned(),
        authority: "127.0.0.1".to_owned(),
        door: crate::model::Door::Endpoint,
        key: None,
        session_prefix: None,
    }
}

fn call(request: &Request) -> Arc<Call> {
    let service = Service::with_additions(&toml::Table::new()).unwrap();
    let redaction = Redaction::built_in(KeySource::Known(Key::public()));
    let table = Table { service: &service, region: "us-east-1", redaction: &redaction };
    Arc::new(identify(request, &table, "default".into(), None).unwrap())
}

fn remember(recall: &Recall, asked: &Verbatim<'_>, call: Arc<Call>) {
    let remembered = Arc::new(asked.remembered(Known::Asks(call), &[]));
    recall.known.insert(Key(Arc::clone(&remembered)), remembered);
}

#[test]
fn a_request_is_found_by_all_of_its_bytes_and_by_nothing_less() {
    let (recall, remembered) = (Recall::default(), request("/a", "b=c", "{}"));
    let ask = |request: &Request, region: &str, actor: &str, hash: Option<u64>| {
        let mut asked = Verbatim::by(&recall.hasher, request, region, Label::from(actor.to_owned()));
        asked.hash = hash.unwrap_or(asked.hash);
        recall.find(&asked).is_some()
    };
    let asked = Verbatim::by(&recall.hasher, &remembered, "r", "d".into());
    let hash = asked.hash;
    remember(&recall, &asked, call(&remembered));
    assert!(ask(&request("/a", "b=c", "{}"), "r", "d", None));
    let other_method = Request { method: Method::PUT, ..remembered.clone() };
    for (other, region, actor) in [
        (&other_method, "r", "d"),
        (&request("/b", "b=c", "{}"), "r", "d"),
        (&request("/a", "b=d", "{}"), "r", "d"),
        (&request("/ab", "=c", "{}"), "r", "d"),
        (&request("/a", "b=c", "{} "), "r", "d"),
        (&request("/a", "b=c", "{"), "r", "d"),
        (&request("/a", "b=c", ""), "r", "d"),
        (&remembered, "s", "d"),
        (&remembered, "r", "e"),
        (&remembered, "rd", ""),
    ] {
        assert!(!ask(other, region, actor, None), "{other:?} {region} {actor}");
        assert!(!ask(other, region, actor, Some(hash)), "the hash alone: {other:?} {region} {actor}");
    }
}

#[test]
fn requests_that_never_come_again_take_bounded_memory() {
    const BYTES: u64 = 1 << 20;
    let recall = Recall::within(BYTES);
    let call = call(&request("/getresourceshares", "", "{}"));
    for number in 0..5_000 {
        let request = request("/getresourceshares", "", &format!(r#"{{"name":"{number:0500}"}}"#));
        let asked = Verbatim::by(&recall.hasher, &request, "us-east-1", "default".into());
        remember(&recall, &asked, Arc::clone(&call));
    }
    let entries = recall.known.len();
    assert!(recall.known.weight() <= BYTES);
    assert!((400..1000).contains(&entries), "{entries}");
}
