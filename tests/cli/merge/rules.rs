//! The redaction rules of a cassette that takes are merged into.

use crate::support::binary::run;
use crate::support::stage::Stage;
use ramtape::config::{Pseudonymize, RawConfig, RecordMode};
use serde_json::json;
use std::fs;

const PARTNER: &str = "444455556666";
const OTHER: &str = "555566667777";

fn accounts(config: &mut RawConfig) {
    config.redact.pseudonymize = Some(Pseudonymize::Accounts);
}

async fn ask(stage: &Stage, name: &str, partner: &str, configure: fn(&mut RawConfig)) {
    let ramtape = stage.ramtape_with(name, RecordMode::NewEpisodes, configure).await;
    ramtape.post("ListPrincipals", json!({ "resourceOwner": "SELF", "principals": [partner] })).await;
    assert_eq!(ramtape.stop().await.not_recorded, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_copied_to_a_new_cassette_and_stay_in_force() {
    let stage = Stage::new().await;
    ask(&stage, "a", PARTNER, accounts).await;
    let merged = run(stage.folder(), &["merge", "new", "a"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    let rules = |name: &str| fs::read_to_string(stage.cassette(name).join("cassette.json")).unwrap();
    assert!(rules("a").contains("pseudonymize"));
    assert_eq!(rules("new"), rules("a"));
    // Whoever records into it need not know of them.
    ask(&stage, "new", OTHER, |_| ()).await;
    let texts = stage.texts("new").into_iter().map(|(_, text)| text).collect::<String>();
    assert!(!texts.contains(OTHER) && !texts.contains(PARTNER), "{texts}");
}
