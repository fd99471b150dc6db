//! The redaction rules of a cassette that an archive goes into.

use crate::binary::run;
use crate::stage::Stage;
use ramtape::config::RecordMode;
use serde_json::json;
use std::fs;

const PARTNER: &str = "444455556666";
const ACCOUNTS: &str = "[redact]\npseudonymize = \"accounts\"\n";

/// Writes an archive with a real account in it.
async fn archive(stage: &Stage) {
    let ramtape = stage.ramtape("plain", RecordMode::Once).await;
    ramtape.post("ListPrincipals", json!({ "resourceOwner": "SELF", "principals": [PARTNER] })).await;
    ramtape.stop().await;
    let plain = stage.cassette("plain");
    let exported = run(stage.folder(), &["export", "--har", "a.har", "--cassette", plain.to_str().unwrap()]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert!(fs::read_to_string(stage.folder().join("a.har")).unwrap().contains(PARTNER));
}

fn import(stage: &Stage, name: &str) {
    let cassette = stage.cassette(name);
    let imported = run(stage.folder(), &["import", "a.har", "--cassette", cassette.to_str().unwrap()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let rules = fs::read_to_string(cassette.join("cassette.json")).unwrap();
    assert!(rules.contains("\"pseudonymize\": \"accounts\""), "{rules}");
    let texts = stage.texts(name).into_iter().map(|(_, text)| text).collect::<String>();
    assert!(texts.contains("ListPrincipals") && !texts.contains(PARTNER), "{texts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn are_the_configured_ones_where_it_is_new() {
    let stage = Stage::new().await;
    archive(&stage).await;
    fs::write(stage.folder().join("ramtape.toml"), ACCOUNTS).unwrap();
    import(&stage, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn are_its_own_where_it_is_empty_and_nothing_is_configured() {
    let stage = Stage::new().await;
    archive(&stage).await;
    fs::create_dir_all(stage.cassette("empty")).unwrap();
    let rules =
        "{\"ramtape\":\"1.0\",\"service\":\"ram\",\"redaction\":{\"pseudonymize\":\"accounts\",\"rules\":[]}}\n";
    fs::write(stage.cassette("empty").join("cassette.json"), rules.replace("\":\"", "\": \"")).unwrap();
    import(&stage, "empty");
}
