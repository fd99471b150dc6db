//! What was asked after a write that an archive has under another name, or has not.

use crate::support::binary::{Finished, run};
use crate::support::stage::Stage;
use ramtape::config::RecordMode;
use serde_json::{Value, json};
use std::fs;

const VOLATILE: &str = "[operations.CreateResourceShare]\nvolatile = ['name']\n";

/// Takes the write out of `a.har`.
fn without_the_write(stage: &Stage) {
    let path = stage.folder().join("a.har");
    let mut archive: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entries = archive["log"]["entries"].as_array_mut().unwrap();
    entries.retain(|entry| !entry.to_string().contains("/createresourceshare"));
    fs::write(path, archive.to_string()).unwrap();
}

/// A stage with `a.har`: a write whose name is volatile, and a read after it. Nothing is configured any more.
async fn exported() -> Stage {
    let stage = Stage::new().await;
    let config = stage.folder().join("ramtape.toml");
    fs::write(&config, VOLATILE).unwrap();
    let ramtape = stage.ramtape("tape", RecordMode::Once).await;
    ramtape.post("CreateResourceShare", json!({ "name": "random-7" })).await;
    ramtape.post("ListResourceTypes", json!({})).await;
    ramtape.stop().await;
    let exported = run(stage.folder(), &["export", "--har", "a.har", "--cassette", "tape"]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    fs::remove_file(config).unwrap();
    stage
}

fn import(stage: &Stage, arguments: &[&str]) -> Finished {
    run(stage.folder(), &[&["import", "a.har", "--cassette", "new"], arguments].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_with_another_name_is_linked() {
    let stage = exported().await;
    let imported = import(&stage, &[]);
    assert!(imported.code == Some(0) && !imported.stderr.contains("after a write"), "{imported:?}");
    let verified = run(stage.folder(), &["verify", "--cassette", "new"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_without_its_write_is_reported_with_a_remedy() {
    let stage = exported().await;
    without_the_write(&stage);
    for arguments in [&["--dry-run"][..], &[]] {
        let imported = import(&stage, arguments);
        assert_eq!(imported.code, Some(5), "{imported:?}");
        let told: Vec<&str> = imported.stderr.lines().filter(|line| line.contains("after a write")).collect();
        assert_eq!(told.len(), 1, "{imported:?}");
        assert!(told[0].starts_with("ramtape: new/list-resource-types/"), "{told:?}");
        assert!(told[0].contains("Import the file with that write as well"), "{told:?}");
    }
    let verified = run(stage.folder(), &["verify", "--cassette", "new"]);
    assert_eq!(verified.code, Some(5), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_without_its_write_is_in_the_json_output() {
    let stage = exported().await;
    without_the_write(&stage);
    let imported = import(&stage, &["--json", "-q"]);
    let lines: Vec<Value> = imported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let dangling: Vec<&str> = lines.iter().filter_map(|line| line["dangling"].as_str()).collect();
    assert!(dangling.len() == 1 && dangling[0].starts_with("list-resource-types/"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reported_if_the_cassette_has_the_write() {
    let stage = exported().await;
    fs::write(stage.folder().join("ramtape.toml"), VOLATILE).unwrap();
    assert_eq!(import(&stage, &[]).code, Some(0));
    // Only the read is brought: the write that it comes after is there.
    without_the_write(&stage);
    fs::remove_dir_all(stage.cassette("new/list-resource-types")).unwrap();
    for arguments in [&["--dry-run"][..], &[]] {
        let imported = import(&stage, arguments);
        assert!(imported.code == Some(0) && imported.stderr.contains("1 take "), "{imported:?}");
        assert!(!imported.stderr.contains("after a write"), "{imported:?}");
    }
    // It is not elsewhere.
    let elsewhere = run(stage.folder(), &["import", "a.har", "--cassette", "elsewhere"]);
    assert!(elsewhere.code == Some(5) && elsewhere.stderr.contains("after a write"), "{elsewhere:?}");
}
