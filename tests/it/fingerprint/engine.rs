//! The engine identifies a request by the same steps: a miss names the fingerprint that it looked for.

use super::identify::{DEFAULT_REGION, asked, service};
use super::wire::{WireRequest, fixtures, folders, requests};
use bytes::Bytes;
use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::engine::{Engine, EngineSettings, Mode, Poll, PreparedEntry};
use ramtape::json;
use ramtape::model::{Request, Secret};
use std::path::Path;
use std::sync::Arc;

/// The cases that the engine answers as the service would, without looking for a take.
const ANSWERED: [&str; 1] = ["requests/page-size-that-is-illegal/request.http"];

#[tokio::test]
async fn the_engine_looks_for_the_same_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for case in ["captures", "requests"].iter().flat_map(|name| folders(&fixtures(name))) {
        for (path, mut request) in requests(&case) {
            first_page(&mut request);
            let engine = replaying(folder.path());
            engine.answer(engine_request(&request)).await;
            match engine.summary().misses.as_slice() {
                [miss] => assert_eq!(miss.fingerprint, asked(&request).unwrap().fingerprint.to_string(), "{path:?}"),
                _ => answered.push(path.strip_prefix(fixtures("")).unwrap().to_owned()),
            }
        }
    }
    assert_eq!(answered, ANSWERED.map(Path::new));
}

/// Takes a listing's token away: a token that nobody handed out is refused before anything is looked for.
fn first_page(request: &mut WireRequest) {
    let operation = service().operation(&request.method, &request.path);
    if operation.is_some_and(|operation| operation.page_items.is_some()) && !request.body.is_empty() {
        request.body = json::without(&request.body, &service().paging.token).unwrap();
    }
}

/// An engine over nothing recorded.
fn replaying(folder: &Path) -> Engine {
    let opened = Cassette::open(folder, Access::Replay, PreparedEntry::new, &CassetteSettings::default()).unwrap();
    let settings = EngineSettings {
        response_memory: 16 << 20,
        mode: Mode::ReplayOnly,
        endpoints: ramtape::aws::ServiceEndpoints::new(vec![ramtape::aws::ServiceEndpoint::regional("ram")]),
        service: Arc::new(service().clone()),
        region: DEFAULT_REGION.to_owned(),
        actors: Vec::new(),
        poll: Poll::Recorded,
        record_command: "none".to_owned(),
        record_anew_command: "none".to_owned(),
        cassette: "none".to_owned(),
        key: Secret::new("none".to_owned()),
        allow_any_client: false,
        signs_for_any_account: false,
        tells_misses: false,
        record_errors: false,
        pages: ramtape::engine::Pages::Requested,
        read_only: false,
        stays_pending: false,
        redaction: opened.redaction,
        inspector: std::sync::Arc::default(),
    };
    Engine::new(settings, opened.cassette, None)
}

fn engine_request(request: &WireRequest) -> Request {
    let headers = request.headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    Request {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: headers.collect(),
        body: Bytes::from(request.body.clone()),
        signed_target: request.path.clone(),
        authority: request.header("host").unwrap_or_default().to_owned(),
        door: ramtape::model::Door::Endpoint,
        key: None,
        session_prefix: None,
    }
}
