//! A cassette made of scripts, and an engine over it.

use super::model::Script;
use bytes::Bytes;
use http::{HeaderMap, Method};
use ramtape::cassette::{Access, Cassette, CassetteSettings, EntryHead, TakeHead};
use ramtape::engine::{Engine, EngineSettings, Mode, Pages, Poll, PreparedEntry};
use ramtape::model::{Body, OperationName, Request, Secret};
use ramtape::redact::scrub_page;
use ramtape::service::Service;
use ramtape::session::SessionHistory;
use std::path::Path;
use std::sync::Arc;

const REGION: &str = "us-east-1";
const WRITE: &str = "CreateResourceShare";
const READ: &str = "GetPermission";

/// Adds what `scripts` recorded to the cassette in `root`, as a recording would.
pub(crate) fn write(root: &Path, scripts: &[Script]) {
    let opened =
        Cassette::open(root, Access::Record { replace: false }, PreparedEntry::new, &CassetteSettings::default())
            .unwrap();
    let mut unnamed = SessionHistory::default();
    for script in scripts {
        let mut own = SessionHistory::default();
        // Those who name no session share one.
        let history = if script.session.is_some() { &mut own } else { &mut unnamed };
        for step in &script.recorded {
            let name = OperationName::Known(if step.write { WRITE } else { READ }.to_owned());
            let entry = EntryHead {
                operation: name.clone(),
                region: REGION.to_owned(),
                actor: "default".to_owned(),
                request: body(&step.request),
            };
            for answer in &step.answers {
                let after = history.latest_write().map(str::to_owned);
                let id = step.write.then(|| history.begin_write(&name.folder(), &entry.fingerprint(), after.clone()));
                let head = TakeHead {
                    session: script.session.clone(),
                    after,
                    id: id.clone(),
                    max_results: None,
                    complete: true,
                };
                let page = scrub_page(200, &HeaderMap::new(), Body::literal(Bytes::from(answer.clone())));
                opened.cassette.begin(&entry, &head, vec![page], None).unwrap();
                id.into_iter().for_each(|id| history.push_recorded(id));
            }
        }
    }
    opened.cassette.seal().unwrap();
}

/// All requests are about one share: every write concerns every read.
fn body(request: &str) -> String {
    let share = "arn:aws:ram:us-east-1:111122223333:resource-share/1";
    format!(r#"{{"name":"{request}","resourceShareArn":"{share}"}}"#)
}

/// A replay of the cassette in `root`.
pub(crate) fn replay(root: &Path, poll: Poll) -> Engine {
    let opened = Cassette::open(root, Access::Replay, PreparedEntry::new, &CassetteSettings::default()).unwrap();
    let settings = EngineSettings {
        response_memory: 16 << 20,
        mode: Mode::ReplayOnly,
        endpoints: ramtape::aws::ServiceEndpoints::new(vec![ramtape::aws::ServiceEndpoint::regional("ram")]),
        service: Arc::new(Service::with_additions(&toml::Table::new()).unwrap()),
        region: REGION.to_owned(),
        actors: Vec::new(),
        poll,
        cassette: "c".to_owned(),
        record_command: "none".to_owned(),
        record_anew_command: "none".to_owned(),
        key: Secret::new("none"),
        allow_any_client: false,
        signs_for_any_account: false,
        tells_misses: false,
        record_errors: false,
        read_only: false,
        stays_pending: false,
        redaction: opened.redaction,
        pages: Pages::Requested,
        inspector: std::sync::Arc::default(),
    };
    Engine::new(settings, opened.cassette, None)
}

/// Asks once.
pub(crate) async fn ask(
    engine: &Engine,
    session: Option<&str>,
    request: &str,
    write: bool,
    invocation: &str,
) -> String {
    let path = format!("/{}", if write { WRITE } else { READ }.to_lowercase());
    let mut headers = HeaderMap::new();
    headers.insert("amz-sdk-invocation-id", invocation.parse().unwrap());
    let request = Request {
        method: Method::POST,
        signed_target: path.clone(),
        path,
        query: String::new(),
        headers,
        body: Bytes::from(body(request)),
        authority: "127.0.0.1".to_owned(),
        door: ramtape::model::Door::Endpoint,
        key: None,
        session_prefix: session.map(str::to_owned),
    };
    String::from_utf8(engine.answer(request).await.body.to_vec()).unwrap()
}
