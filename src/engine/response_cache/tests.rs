//! What is remembered, and what is found again.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::engine::identify::{IdentifyRules, identify};
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

fn scope(region: &'static str, actor: &str) -> RequestScope<'static> {
    let (service, parameter_headers) = ("ram", String::new());
    RequestScope {
        credential: None,
        service,
        region,
        actor: actor.to_owned().into(),
        stand_in_for: None,
        parameter_headers,
    }
}

fn identified(request: &Request) -> Arc<IdentifiedRequest> {
    let service = Service::with_additions(&toml::Table::new()).unwrap();
    let redaction = Redaction::built_in(KeySource::Known(Key::public()));
    let rules = IdentifyRules { service: &service, redaction: &redaction };
    Arc::new(identify(request, &rules, &scope("us-east-1", "default"), None).unwrap())
}

fn remember(cache: &ResponseCache, key: &CacheKey<'_>, identified: Arc<IdentifiedRequest>) {
    let cached = Arc::new(key.store(CachedContent::Identified(identified), &[]));
    cache.entries.insert(StoredKey(Arc::clone(&cached)), cached);
}

#[test]
fn a_request_is_found_by_all_of_its_bytes_and_by_nothing_less() {
    let (cache, remembered) = (ResponseCache::new(1 << 20), request("/a", "b=c", "{}"));
    let ask = |request: &Request, region: &'static str, actor: &str, hash: Option<u64>| {
        let scope = scope(region, actor);
        let mut key = cache.key(request, &scope);
        key.hash = hash.unwrap_or(key.hash);
        cache.get(&key).is_some()
    };
    let own_scope = scope("r", "d");
    let key = cache.key(&remembered, &own_scope);
    let hash = key.hash;
    remember(&cache, &key, identified(&remembered));
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
    let (cache, scope) = (ResponseCache::new(BYTES), scope("us-east-1", "default"));
    let identified = identified(&request("/getresourceshares", "", "{}"));
    for number in 0..5_000 {
        let request = request("/getresourceshares", "", &format!(r#"{{"name":"{number:0500}"}}"#));
        remember(&cache, &cache.key(&request, &scope), Arc::clone(&identified));
    }
    let entries = cache.entries.len();
    assert!(cache.entries.weight() <= BYTES);
    assert!((400..1000).contains(&entries), "{entries}");
}
