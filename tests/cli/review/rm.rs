//! `rm`: what is named goes, and nothing that something else needs.

use super::setup::{json_lines, over, recorded};
use crate::support::stage::{Asking, Stage};
use ramtape::config::RecordMode;
use serde_json::json;

fn operations(stage: &Stage) -> Vec<String> {
    let lines = json_lines(&over(stage, &["ls", "--json"]));
    lines.iter().map(|line| line["operation"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_are_removed_by_operation_fingerprint_and_session() {
    let stage = recorded().await;
    let before = stage.texts("c");
    let dry = over(&stage, &["rm", "ListPermissions", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.stdout.contains("its take") && dry.stderr.contains("would be removed"), "{dry:?}");
    assert_eq!(stage.texts("c"), before);

    let errors = json_lines(&over(&stage, &["ls", "--errors", "--json"]));
    let fingerprint = errors[0]["fingerprint"].as_str().unwrap();
    let gone = over(&stage, &["rm", "ListPermissions", &fingerprint[..10], "--json"]);
    assert_eq!(gone.code, Some(0), "{gone:?}");
    let lines = json_lines(&gone);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["fileGoes"] == true && line["removed"] == json!([1])), "{lines:?}");
    assert_eq!(operations(&stage), ["CreateResourceShare", "GetResourceShares", "GetResourceShares"]);
    assert!(!stage.cassette("c").join("list-permissions").exists());

    let session = over(&stage, &["rm", "--session", "a"]);
    assert_eq!(session.code, Some(0), "a session goes whole: {session:?}");
    assert_eq!(operations(&stage), ["GetResourceShares"]);
    let again = over(&stage, &["rm", "--session", "a"]);
    assert_eq!(again.code, Some(1), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_after_a_removed_write_are_linked_to_the_write_before() {
    let stage = recorded().await;
    let linked =
        |stage: &Stage| stage.texts("c").iter().any(|(_, text)| text.contains("\"after\": \"create-resource-share/"));
    assert!(linked(&stage));
    let removed = over(&stage, &["rm", "CreateResourceShare"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(!linked(&stage) && !operations(&stage).contains(&"CreateResourceShare".to_owned()));
    let well = over(&stage, &["verify"]);
    assert_eq!(well.code, Some(0), "{well:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_after_another_sessions_removed_write_are_relinked_and_exported_so() {
    let stage = Stage::new().await;
    let run = async |mode, session: &str, more: bool| {
        let ramtape = stage.ramtape("c", mode).await;
        let mut asked =
            vec![("CreateResourceShare", json!({ "name": "x" })), ("CreateResourceShare", json!({ "name": "y" }))];
        asked.extend(more.then(|| ("ListPermissions", json!({}))));
        for (operation, body) in asked {
            assert_eq!(ramtape.ask(operation, body.to_string(), Asking::session(session)).await.status, 200);
        }
        ramtape.stop().await;
    };
    run(RecordMode::Once, "s", false).await;
    // It only replays what the other session wrote, and records what comes after.
    run(RecordMode::NewEpisodes, "t", true).await;
    assert_eq!(over(&stage, &["rm", "CreateResourceShare", "--session", "s"]).code, Some(0));
    let well = over(&stage, &["verify"]);
    assert_eq!(well.code, Some(0), "{well:?}");

    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    for name in ["x", "y"] {
        recording.post("CreateResourceShare", json!({ "name": name })).await;
    }
    recording.post("ListPermissions", json!({})).await;
    recording.stop().await;
    let creations = json_lines(&over(&stage, &["ls", "CreateResourceShare", "--json"]));
    let first = stage
        .texts("c")
        .into_iter()
        .find(|(_, text)| text.contains("\"name\": \"x\"") && text.contains("\"id\""))
        .unwrap()
        .0;
    let fingerprint = first.trim_end_matches(".json").rsplit('/').next().unwrap().to_owned();
    assert_eq!(creations.len(), 2);
    assert_eq!(over(&stage, &["rm", &fingerprint]).code, Some(0));
    assert_eq!(over(&stage, &["export", "--har", "c.har"]).code, Some(0));
    let imported = crate::support::binary::run(stage.folder(), &["import", "c.har", "--cassette", "back"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_stays_while_a_take_uses_its_value() {
    let stage = recorded().await;
    let (file, text) = stage.texts("c").into_iter().find(|(_, text)| text.contains("\"after\"")).unwrap();
    let mut entry: serde_json::Value = serde_json::from_str(&text).unwrap();
    let takes = entry["takes"].as_array_mut().unwrap();
    let take = takes.iter_mut().find(|take| take["after"].is_string()).unwrap();
    let name = format!("{}:/name", take["after"].as_str().unwrap());
    take["pages"][0]["body"]["resourceShares"][0]["name"] = json!({ "$volatile": name });
    std::fs::write(stage.cassette("c").join(file), format!("{entry}\n")).unwrap();
    let before = stage.texts("c");
    for arguments in [&["rm", "CreateResourceShare"][..], &["rm", "CreateResourceShare", "--dry-run"]] {
        let refused = over(&stage, arguments);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        for part in ["GetResourceShares", "create-resource-share/", "--force"] {
            assert!(refused.stderr.contains(part), "{part} in {refused:?}");
        }
        assert_eq!(stage.texts("c"), before);
    }
    let forced = over(&stage, &["rm", "CreateResourceShare", "--force"]);
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert!(forced.stderr.contains("holds a value of create-resource-share/"), "{forced:?}");
    assert!(!operations(&stage).contains(&"CreateResourceShare".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rm_removes_nothing_beyond_its_arguments() {
    let stage = recorded().await;
    let ramtape = stage.ramtape("c", RecordMode::NewEpisodes).await;
    // More requests than there are letters: two begin alike.
    for n in 0..33 {
        let asked = json!({ "resourceOwner": "SELF", "name": format!("share-{n}") });
        assert_eq!(ramtape.post("GetResourceShares", asked).await.status, 200);
    }
    ramtape.stop().await;
    let before = stage.texts("c");
    let everything = over(&stage, &["rm"]);
    assert_eq!(everything.code, Some(2), "{everything:?}");
    let lines = json_lines(&over(&stage, &["ls", "--json"]));
    let mut letters: Vec<&str> = lines.iter().map(|line| &line["fingerprint"].as_str().unwrap()[..1]).collect();
    letters.sort_unstable();
    let twice = letters.windows(2).find(|two| two[0] == two[1]).unwrap();
    let ambiguous = over(&stage, &["rm", twice[0]]);
    assert_eq!(ambiguous.code, Some(2), "{ambiguous:?}");
    assert!(ambiguous.stderr.contains("several fingerprints"), "{ambiguous:?}");
    let held = ramtape::maintenance::Editing::open(&stage.cassette("c")).unwrap();
    let refused = over(&stage, &["rm", "ListPermissions"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("another ramtape has the cassette"), "{refused:?}");
    drop(held);
    assert_eq!(stage.texts("c"), before);
}
