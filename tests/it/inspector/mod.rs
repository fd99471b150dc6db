//! The inspector's pages, as whoever has the token gets them.

mod chain;
mod coverage;
mod diff;
mod recorded;
mod timeline;
mod why;

use crate::support::stage::{Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use serde_json::{Value, json};

/// Records in cassette `c`: a share that is made in session `a`, a listing before and after it, another listing in session `b`, of
/// which the first page is taken only, and an error.
async fn record_a_run(stage: &Stage) {
    let recording = stage.ramtape("c", RecordMode::All).await;
    ask(&recording, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    ask(&recording, Some("a"), "CreateResourceShare", json!({"name": "<b>bold</b>"})).await;
    ask(&recording, Some("a"), "GetResourceShares", json!({"resourceOwner": "SELF"})).await;
    ask(&recording, Some("b"), "ListPermissions", json!({"maxResults": 1})).await;
    ask(&recording, None, "GetResourceShares", json!({"resourceOwner": "SELF", "permissionArn": "no-arn"})).await;
    recording.stop().await;
}

async fn ask(ramtape: &Ramtape, session: Option<&str>, operation: &str, parameters: Value) {
    let asking = session.map(Asking::session).unwrap_or_default();
    ramtape.ask(operation, parameters.to_string(), asking).await;
}

/// The page at `path`, which must be one.
async fn page(ramtape: &Ramtape, path: &str) -> String {
    let answer = ramtape.look(path).await;
    let text = answer.text();
    assert_eq!(answer.status, 200, "{path}: {text}");
    text
}

/// The fingerprint of the first request below `folder` of cassette `c`.
fn fingerprint(stage: &Stage, folder: &str) -> String {
    let texts = stage.texts("c");
    let (name, _) = texts.iter().find(|(name, _)| name.starts_with(&format!("{folder}/"))).unwrap();
    name.split_once('/').unwrap().1.trim_end_matches(".json").to_owned()
}

/// How many rows the body of the page's table has.
fn rows(page: &str) -> usize {
    page.split_once("<tbody").map_or(0, |(_, body)| body.split("</tbody>").next().unwrap().matches("<tr").count())
}
