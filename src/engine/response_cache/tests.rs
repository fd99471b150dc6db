//! What is remembered, and what is found again.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::engine::identify::IdentifyRules;
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

fn identified(request: &Request) -> Arc<IdentifiedRequest> {
    let service = Service::with_additions(&toml::Table::new()).unwrap();
    let redaction = Redaction::built_in(KeySource::Known(Key::public()));
    let table = IdentifyRules { service: &service, region: "us-east-1", redaction: &redaction };
    Arc::new(identify(request, &table, "default".into(), None).unwrap())
}

fn remember(response_cache: &ResponseCache, asked: &CacheKey<'_>, identified: Arc<IdentifiedRequest>) {
    let remembered = Arc::new(asked.remembered(Known::Asks(identified), &[]));
    response_cache.known.insert(Key(Arc::clone(&remembered)), remembered);
}

#[test]
fn a_request_is_found_by_all_of_its_bytes_and_by_nothing_less() {
    let (response_cache, remembered) = (ResponseCache::default(), request("/a", "b=c", "{}"));
    let ask = |request: &Request, region: &str, actor: &str, hash: Option<u64>| {
        let mut asked = CacheKey::by(&response_cache.hasher, request, region, ActorLabel::from(actor.to_owned()));
        asked.hash = hash.unwrap_or(asked.hash);
        response_cache.find(&asked).is_some()
    };
    let asked = CacheKey::by(&response_cache.hasher, &remembered, "r", "d".into());
    let hash = asked.hash;
    remember(&response_cache, &asked, identified(&remembered));
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
    let response_cache = ResponseCache::within(BYTES);
    let identified = identified(&request("/getresourceshares", "", "{}"));
    for number in 0..5_000 {
        let request = request("/getresourceshares", "", &format!(r#"{{"name":"{number:0500}"}}"#));
        let asked = CacheKey::by(&response_cache.hasher, &request, "us-east-1", "default".into());
        remember(&response_cache, &asked, Arc::clone(&identified));
    }
    let entries = response_cache.known.len();
    assert!(response_cache.known.weight() <= BYTES);
    assert!((400..1000).contains(&entries), "{entries}");
}
