//! The redaction key of a cassette that went through an archive: named, never carried, and missed where it is not there.

use crate::support::binary::{Finished, ramtape, run};
use crate::support::stage::{Asking, Stage};
use ramtape::config::{Pseudonymize, RawConfig, RecordMode};
use serde_json::json;
use std::fs;
use std::path::Path;

const OWN: &str = "444455556666";
const OTHER: &str = "777788889999";

/// As the file of [`exported`] says.
pub(crate) fn pseudonymous(config: &mut RawConfig) {
    config.redact.pseudonymize = Some(Pseudonymize::Accounts);
    config.allow_any_client = Some(true);
}

/// Records a question about `account` in the cassette `name`.
async fn record(stage: &Stage, name: &str, account: &str) {
    let ramtape = stage.ramtape_with(name, RecordMode::NewEpisodes, pseudonymous).await;
    let asked = json!({ "resourceOwner": "SELF", "principals": [account] });
    ramtape.ask("ListPrincipals", asked.to_string(), Asking::default()).await;
    assert_eq!(ramtape.stop().await.not_recorded, [""; 0]);
}

/// A stage with the cassette `tape`, which has a pseudonym and a key, and with `tape.har`, what it exports.
async fn exported() -> Stage {
    let stage = Stage::new().await;
    fs::write(stage.folder().join("ramtape.toml"), "[redact]\npseudonymize = \"accounts\"\n").unwrap();
    record(&stage, "tape", OWN).await;
    export(&stage, "tape");
    stage
}

fn export(stage: &Stage, name: &str) {
    let finished = run(stage.folder(), &["export", "--har", &format!("{name}.har"), "--cassette", name]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

/// Imports `file` into `cassette`.
fn import(stage: &Stage, file: &str, cassette: &str) -> Finished {
    run(stage.folder(), &["import", file, "--cassette", cassette])
}

fn read(stage: &Stage, path: &str) -> String {
    fs::read_to_string(stage.folder().join(path)).unwrap()
}

/// Gives the cassette `to` the key of `tape`.
fn bring_key(stage: &Stage, to: &str) {
    fs::copy(stage.cassette("tape/redaction.key"), stage.cassette(to).join("redaction.key")).unwrap();
}

/// Starts to record into the cassette.
fn begin(folder: &Path, cassette: &str) -> Finished {
    run(folder, &["run", "--record-mode", "new_episodes", "--cassette", cassette, "--", "true"])
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_miss_until_the_key_is_copied() {
    let stage = exported().await;
    let imported = import(&stage, "tape.har", "back");
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(imported.stderr.contains("copy redaction.key") && imported.stderr.contains("back/redaction.key"));
    assert_eq!(read(&stage, "back/cassette.json"), read(&stage, "tape/cassette.json"));
    let refused = begin(stage.folder(), "back");
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.stderr.contains("the redaction key that it was recorded with is missing"), "{refused:?}");
    assert!(!stage.cassette("back/redaction.key").exists());
    // With it, one account has one pseudonym, and its answer is found.
    bring_key(&stage, "back");
    record(&stage, "back", OWN).await;
    assert_eq!(stage.texts("back"), stage.texts("tape"));
    let again = import(&stage, "tape.har", "back");
    assert!(again.code == Some(0) && again.stderr.contains("nothing to add"), "{again:?}");
    assert!(!again.stderr.contains("copy redaction.key"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_may_exist_before_or_be_kept_elsewhere() {
    let stage = exported().await;
    fs::create_dir(stage.cassette("before")).unwrap();
    bring_key(&stage, "before");
    let imported = import(&stage, "tape.har", "before");
    assert!(imported.code == Some(0) && !imported.stderr.contains("copy redaction.key"), "{imported:?}");
    let mut command = ramtape(stage.folder());
    let key = read(&stage, "tape/redaction.key");
    command.args(["import", "tape.har", "--cassette", "elsewhere"]).env("RAMTAPE_REDACT_KEY", key.trim());
    let imported = Finished::from(command.output().unwrap());
    assert!(imported.code == Some(0) && !imported.stderr.contains("copy redaction.key"), "{imported:?}");
    assert!(!stage.cassette("elsewhere/redaction.key").exists());
    for name in ["before", "elsewhere"] {
        let head = format!("{name}/cassette.json");
        assert_eq!((read(&stage, &head), stage.texts(name)), (read(&stage, "tape/cassette.json"), stage.texts("tape")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_new_key_is_made_for_a_real_value() {
    let stage = exported().await;
    let (har, real) = (read(&stage, "tape.har"), stage.cassette("real.har"));
    let pseudonym = har.split("9999").nth(1).map(|rest| format!("9999{}", &rest[..8])).unwrap();
    fs::write(real, har.replace(&pseudonym, OTHER)).unwrap();
    let imported = import(&stage, "real.har", "back");
    assert_eq!(imported.code, Some(6), "{imported:?}");
    assert!(imported.stderr.contains("skipped: entry 1") && imported.stderr.contains("is not here"), "{imported:?}");
    assert!(!stage.cassette("back/redaction.key").exists() && stage.texts("back").is_empty());
    bring_key(&stage, "back");
    assert_eq!(import(&stage, "real.har", "back").code, Some(0));
    assert!(!stage.texts("back").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_has_one_key() {
    let stage = exported().await;
    record(&stage, "other", OTHER).await;
    let before = (read(&stage, "other/cassette.json"), stage.texts("other"));
    for arguments in [&["import", "tape.har"][..], &["import", "--dry-run", "tape.har"]] {
        let refused = run(stage.folder(), &[arguments, &["--cassette", "other"]].concat());
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("other and tape.har have different redaction keys"), "{refused:?}");
    }
    assert_eq!((read(&stage, "other/cassette.json"), stage.texts("other")), before);
    // A cassette that has none yet comes to name it.
    let rules = read(&stage, "tape/cassette.json");
    let key = rules.lines().find(|line| line.contains("\"key\"")).unwrap();
    let keyless = rules.replace(&format!("{key}\n"), "");
    fs::create_dir(stage.cassette("none")).unwrap();
    fs::write(stage.cassette("none/cassette.json"), &keyless).unwrap();
    let looked = run(stage.folder(), &["import", "--dry-run", "tape.har", "--cassette", "none"]);
    assert!(looked.code == Some(0) && looked.stderr.contains("copy redaction.key"), "{looked:?}");
    assert_eq!(read(&stage, "none/cassette.json"), keyless);
    assert_eq!(import(&stage, "tape.har", "none").code, Some(0));
    assert_eq!(read(&stage, "none/cassette.json"), rules);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_names_the_key_and_a_bad_name_is_refused() {
    let stage = exported().await;
    let har: serde_json::Value = serde_json::from_str(&read(&stage, "tape.har")).unwrap();
    let name = har["log"]["_ramtapeKey"].as_str().unwrap();
    assert!(read(&stage, "tape/cassette.json").contains(&format!("\"key\": \"{name}\"")));
    let damaged = read(&stage, "tape.har").replace(name, "../../key");
    fs::write(stage.cassette("damaged.har"), damaged).unwrap();
    let refused = import(&stage, "damaged.har", "new");
    assert!(refused.code == Some(1) && refused.stderr.contains("_ramtapeKey must be 16 characters"), "{refused:?}");
    assert!(!stage.cassette("new").exists());
    // One that names none is as before: the next pseudonym makes a key.
    let mut without = har;
    without["log"].as_object_mut().unwrap().remove("_ramtapeKey");
    fs::write(stage.cassette("without.har"), without.to_string()).unwrap();
    let imported = import(&stage, "without.har", "new");
    assert!(imported.code == Some(0) && !imported.stderr.contains("copy redaction.key"), "{imported:?}");
    assert!(!read(&stage, "new/cassette.json").contains("\"key\""));
}
