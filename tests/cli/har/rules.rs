//! The redaction rules of a cassette that an archive goes into.

use crate::support::binary::run;
use crate::support::stage::{Asking, Stage};
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
async fn a_new_cassette_gets_the_configured_rules() {
    let stage = Stage::new().await;
    archive(&stage).await;
    fs::write(stage.folder().join("ramtape.toml"), ACCOUNTS).unwrap();
    import(&stage, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_refuse_a_secret_and_name_its_place() {
    let stage = Stage::new().await;
    let config = stage.folder().join("ramtape.toml");
    // In two parts, so that no scanner takes this file for a leak.
    let session = ["AKIA", "QYLPMN5HABCDEFGH"].concat();
    let allow = |path: &str| {
        let allow = format!("[[scan.allow]]\npattern = '{session}'\npath = '{path}'\nreason = 'a test'\n");
        fs::write(&config, allow).unwrap();
    };
    allow("^plain/list-principals/");
    let ramtape = stage.ramtape("plain", RecordMode::Once).await;
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    ramtape.ask("ListPrincipals", own, Asking::session(&session)).await;
    assert_eq!(ramtape.stop().await.not_recorded, [""; 0]);
    // Told by its whole path, by a path from here and by one from elsewhere: what is allowed is the same.
    let whole = stage.cassette("plain").display().to_string();
    for path in ["plain", "./plain", &whole] {
        let scanned = run(stage.folder(), &["scan", path]);
        assert_eq!(scanned.code, Some(0), "{scanned:?}");
    }
    assert_eq!(run(stage.folder(), &["export", "--har", "a.har", "--cassette", "plain"]).code, Some(0));
    let imported = run(stage.folder(), &["import", "a.har", "--cassette", "new"]);
    assert_eq!(imported.code, Some(4), "{imported:?}");
    let told = imported.stderr.lines().find(|line| line.contains("access key id at /takes/0/session")).unwrap();
    assert!(told.starts_with("ramtape: skipped: new/list-principals/"), "{told}");
    // Nothing of it is anywhere, so nothing is there to be sealed.
    assert!(
        !imported.stderr.contains("ramtape seal") && !imported.stderr.contains("already has everything"),
        "{imported:?}"
    );
    assert!(
        imported.stderr.ends_with("nothing was added to new: all RAM or STS entries were skipped\n"),
        "{imported:?}"
    );
    assert_eq!(stage.texts("new"), []);
    allow("^new/");
    let imported = run(stage.folder(), &["import", "a.har", "--cassette", "new"]);
    assert!(imported.code == Some(0) && stage.texts("new").len() == 1, "{imported:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cassette_keeps_its_rules_without_a_configuration() {
    let stage = Stage::new().await;
    archive(&stage).await;
    fs::create_dir_all(stage.cassette("empty")).unwrap();
    let rules =
        "{\"ramtape\":\"1.0\",\"service\":\"ram\",\"redaction\":{\"pseudonymize\":\"accounts\",\"rules\":[]}}\n";
    fs::write(stage.cassette("empty").join("cassette.json"), rules.replace("\":\"", "\": \"")).unwrap();
    import(&stage, "empty");
}
