//! Nothing becomes text by a merge that a recording would have kept back.

use crate::support::binary::run;
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::{Asking, Stage};
use ramtape::cassette::TakeHead;
use ramtape::config::RecordMode;
use serde_json::json;
use std::fs;

/// No key of anybody; in two parts, so that no scanner takes this file for a leak.
const SECRET: [&str; 2] = ["AKIA", "Q3EGWTVZ5XN2LJ7K"];

async fn record(stage: &Stage, name: &str) {
    let ramtape = stage.ramtape(name, RecordMode::Once).await;
    ramtape.ask("CreateResourceShare", json!({ "name": "made" }).to_string(), Asking::session(name)).await;
    ramtape.ask("GetResourceShares", json!({ "resourceOwner": "SELF" }).to_string(), Asking::session(name)).await;
    ramtape.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_takes_are_not_merged() {
    let stage = Stage::new().await;
    record(&stage, "into").await;
    record(&stage, "from").await;
    let body = json!({ "principals": [{ "id": SECRET.concat() }] }).to_string();
    plant(&recording(&stage.cassette("from")), &asked("ListPrincipals", "{}"), TakeHead::default(), 200, body);
    let before = stage.texts("into");
    let refused = run(stage.folder(), &["merge", "into", "from"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("ramtape seal --cassette from"), "{refused:?}");
    assert_eq!((refused.stdout.as_str(), stage.texts("into")), ("", before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_written_into_a_text_keeps_everything_out() {
    let stage = Stage::new().await;
    record(&stage, "into").await;
    record(&stage, "from").await;
    let mut files = fs::read_dir(stage.cassette("from").join("get-resource-shares")).unwrap();
    let listing = files.next().unwrap().unwrap().path();
    let text = fs::read_to_string(&listing).unwrap();
    assert!(text.contains("\"made\""), "{text}");
    fs::write(&listing, text.replace("\"made\"", &format!("\"{}\"", SECRET.concat()))).unwrap();
    let before = stage.texts("into");
    for arguments in [&["merge", "into", "from"][..], &["merge", "into", "from", "--dry-run"]] {
        let refused = run(stage.folder(), arguments);
        assert!(refused.code == Some(4) && !refused.stderr.contains(SECRET[1]), "{refused:?}");
        assert_eq!((refused.stdout.as_str(), stage.texts("into")), ("", before.clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_merge_names_the_file_and_changes_nothing() {
    let stage = Stage::new().await;
    for name in ["clean", "from"] {
        record(&stage, name).await;
    }
    let [clean, listing] = ["clean", "from"].map(|name| {
        let mut files = fs::read_dir(stage.cassette(name).join("get-resource-shares")).unwrap();
        files.next().unwrap().unwrap().path()
    });
    // What is clean alone comes first: no file of it may be there afterwards either.
    fs::remove_file(&clean).unwrap();
    let text = fs::read_to_string(&listing).unwrap();
    fs::write(&listing, text.replace("\"made\"", &format!("\"{}\"", SECRET.concat()))).unwrap();
    let named = format!("from/get-resource-shares/{}", listing.file_name().unwrap().to_str().unwrap());
    for (into, from) in [("new/one", &["clean", "from"][..]), ("clean", &["from"])] {
        for flags in [&["--dry-run"][..], &[]] {
            let refused = run(stage.folder(), &[&["merge", into][..], from, flags].concat());
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(4), ""), "{refused:?}");
            assert!(refused.stderr.contains(&named), "{refused:?}");
            assert!(!stage.cassette("new").exists() && !clean.exists());
        }
    }
    // Without it, it becomes what was foreseen.
    fs::write(&listing, text).unwrap();
    let foreseen = run(stage.folder(), &["merge", "--dry-run", "new/one", "clean", "from"]);
    let merged = run(stage.folder(), &["merge", "new/one", "clean", "from"]);
    assert_eq!((foreseen.code, merged.code), (Some(0), Some(0)), "{foreseen:?} {merged:?}");
    assert!(!merged.stdout.is_empty() && foreseen.stdout == merged.stdout, "{foreseen:?} {merged:?}");
    assert_eq!(run(stage.folder(), &["verify", "--offline", "--cassette", "new/one"]).code, Some(0));
}
