//! `ramtape merge`.

use crate::support::binary::{Finished, run};
use crate::support::stage::{Asking, Stage, bodies};
use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::config::RecordMode;
use serde_json::{Value, json};

const LISTING: &str = "GetResourceShares";

fn merge(stage: &Stage, arguments: &[&str]) -> Finished {
    run(stage.folder(), &[&["merge"], arguments].concat())
}

/// Records a share's creation and listings around it, in `session`, into the cassette called `name`.
async fn record(stage: &Stage, name: &str, session: &str, share: &str) -> Vec<String> {
    let ramtape = stage.ramtape(name, RecordMode::Once).await;
    let answers = play(&ramtape, session, share).await;
    ramtape.stop().await;
    answers
}

async fn play(ramtape: &crate::support::stage::Ramtape, session: &str, share: &str) -> Vec<String> {
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    let asked = [
        (LISTING, own.clone()),
        ("CreateResourceShare", json!({ "name": share }).to_string()),
        (LISTING, own.clone()),
        (LISTING, own),
        ("ListPrincipals", json!({ "resourceOwner": "SELF", "maxResults": 2 }).to_string()),
    ];
    let mut answers = Vec::new();
    for (operation, body) in asked {
        answers.push(ramtape.ask(operation, body, Asking::session(session)).await);
    }
    bodies(&answers)
}

#[tokio::test]
async fn takes_of_several_cassettes_come_together_once_and_replay() {
    let mut stage = Stage::new().await;
    let a = record(&stage, "a", "test_a", "made").await;
    let b = record(&stage, "b", "test_b", "made").await;
    let c = record(&stage, "c", "test_c", "other").await;
    stage.stop_endpoint().await;
    let before = stage.texts("a");
    let dry = merge(&stage, &["--dry-run", "a", "b", "c"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert_eq!(stage.texts("a"), before, "a dry run changes nothing");
    let merged = merge(&stage, &["a", "b", "c"]);
    assert_eq!((merged.code, &merged.stdout), (Some(0), &dry.stdout), "{merged:?}");
    assert!(merged.stderr.contains("10 takes added to a, for 4 requests"), "{merged:?}");
    let after = stage.texts("a");
    for (session, share, recorded) in [("test_b", "made", &b), ("test_c", "other", &c), ("test_a", "made", &a)] {
        let ramtape = stage.ramtape("a", RecordMode::None).await;
        assert_eq!(&play(&ramtape, session, share).await, recorded, "{session}");
        assert_eq!(ramtape.stop().await.missed, 0);
    }
    for again in [&["a", "b"][..], &["a", "c", "b"]] {
        let merged = merge(&stage, again);
        assert!(merged.code == Some(0) && merged.stderr.contains("nothing to add"), "{merged:?}");
        assert_eq!((merged.stdout.as_str(), stage.texts("a")), ("", after.clone()));
    }
}

#[tokio::test]
async fn a_cassette_that_is_not_there_is_made() {
    let stage = Stage::new().await;
    record(&stage, "a", "s", "made").await;
    let dry = merge(&stage, &["new", "a", "--dry-run"]);
    assert!(dry.code == Some(0) && !stage.cassette("new").exists(), "{dry:?}");
    let merged = merge(&stage, &["new", "a", "--json"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    assert_eq!(stage.texts("new"), stage.texts("a"));
    for line in merged.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["fileIsNew"] == true && stage.folder().join(line["file"].as_str().unwrap()).is_file(), "{line}");
    }
    for name in [".gitattributes", ".gitignore", "cassette.json"] {
        let text = |cassette: &str| std::fs::read_to_string(stage.cassette(cassette).join(name)).unwrap();
        assert_eq!(text("new"), text("a"));
    }
}

#[tokio::test]
async fn a_partial_chain_gives_way_to_the_whole_one() {
    let stage = Stage::new().await;
    for (name, limit) in [("part", 1), ("whole", usize::MAX)] {
        let ramtape = stage.ramtape(name, RecordMode::Once).await;
        ramtape.pages(LISTING, &json!({ "resourceOwner": "SELF", "maxResults": 5 }), limit).await;
        ramtape.stop().await;
    }
    let merged = merge(&stage, &["part", "whole"]);
    assert!(merged.code == Some(0) && merged.stdout.contains("a listing has more pages"), "{merged:?}");
    assert_eq!(stage.texts("part"), stage.texts("whole"));
}

#[tokio::test]
async fn one_write_with_two_answers_is_refused_and_nothing_changes() {
    let stage = Stage::new().await;
    for name in ["a", "b"] {
        record(&stage, name, "same", "made").await;
    }
    let before = stage.texts("a");
    let refused = merge(&stage, &["a", "b"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("CreateResourceShare"), "{refused:?}");
    assert!(refused.stderr.contains("of session same"), "{refused:?}");
    assert_eq!(stage.texts("a"), before);
}

#[tokio::test]
async fn cassettes_that_cannot_be_merged_are_refused_with_the_reason() {
    let stage = Stage::new().await;
    record(&stage, "a", "s", "made").await;
    record(&stage, "b", "t", "made").await;
    let itself = merge(&stage, &["a", "./a"]);
    assert!(itself.code == Some(2) && itself.stderr.contains("the same cassette"), "{itself:?}");
    let absent = merge(&stage, &["a", "b", "nowhere"]);
    assert!(absent.code == Some(1) && absent.stderr.contains("nowhere"), "{absent:?}");
    let recording = stage.ramtape("a", RecordMode::NewEpisodes).await;
    for arguments in [&["a", "b"][..], &["a", "b", "--dry-run"]] {
        let busy = merge(&stage, arguments);
        assert!(busy.code == Some(1) && busy.stderr.contains("in use by another ramtape"), "{busy:?}");
    }
    recording.stop().await;
    let json = stage.cassette("b").join("cassette.json");
    let newer = std::fs::read_to_string(&json).unwrap().replace("\"2.0\"", "\"3.0\"");
    std::fs::write(&json, newer).unwrap();
    let newer = merge(&stage, &["a", "b"]);
    assert!(newer.code == Some(5) && newer.stderr.contains("use a newer ramtape"), "{newer:?}");
}

#[tokio::test]
async fn keys_are_copied_and_two_different_keys_are_refused() {
    let stage = Stage::new().await;
    for (name, session) in [("a", "s"), ("b", "t"), ("c", "u")] {
        record(&stage, name, session, "made").await;
    }
    let key = |name: &str| stage.cassette(name).join("redaction.key");
    std::fs::write(key("b"), "a key of b's, long enough\n").unwrap();
    std::fs::write(key("c"), "a key of c's, long enough\n").unwrap();
    let before = stage.texts("a");
    let refused = merge(&stage, &["a", "b", "c"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("different redaction keys"), "{refused:?}");
    assert_eq!(stage.texts("a"), before);
    for into in ["a", "new"] {
        let merged = merge(&stage, &[into, "b"]);
        assert_eq!(merged.code, Some(0), "{merged:?}");
        assert_eq!(std::fs::read(key(into)).unwrap(), std::fs::read(key("b")).unwrap());
        let refused = merge(&stage, &[into, "c"]);
        assert!(refused.code == Some(1) && refused.stderr.contains("different redaction keys"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_cassette_without_takes_adds_nothing_and_merge_says_so() {
    let stage = Stage::new().await;
    for name in ["a", "b"] {
        let access = Access::Record { replace: false };
        Cassette::open(&stage.cassette(name), access, |_, _| (), &CassetteSettings::default()).unwrap();
    }
    for (arguments, told) in [
        (&["new", "a", "--dry-run"][..], "nothing to add: a holds no takes"),
        (&["new", "a"], "nothing to add: a holds no takes"),
        (&["new", "a", "b"], "nothing to add: the other cassettes hold no takes"),
    ] {
        let merged = merge(&stage, arguments);
        assert_eq!((merged.code, merged.stderr.as_str()), (Some(0), format!("ramtape: {told}\n").as_str()));
    }
    record(&stage, "c", "s", "made").await;
    assert_eq!(merge(&stage, &["new", "c"]).code, Some(0));
    let again = merge(&stage, &["new", "c", "a"]);
    assert_eq!(again.stderr, "ramtape: nothing to add: new already has everything\n");
}

#[tokio::test]
async fn what_a_replay_gives_to_commands_is_merged() {
    let stage = Stage::new().await;
    for (name, region, role) in [("a", "us-east-1", "one"), ("b", "eu-west-1", "two")] {
        record(&stage, name, "", name).await;
        let file = stage.folder().join(name).join("cassette.json");
        let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let profile =
            |name: &str| json!({ "name": name, "role_arn": format!("arn:aws:iam::111122223333:role/{role}") });
        manifest["ramtape"] = "2.2".into();
        manifest["regions"] = json!([region]);
        manifest["profiles"] = json!([profile("deploy"), profile(role)]);
        std::fs::write(file, manifest.to_string()).unwrap();
    }
    assert_eq!(merge(&stage, &["a", "b"]).code, Some(0));
    let merged: Value =
        serde_json::from_str(&std::fs::read_to_string(stage.folder().join("a/cassette.json")).unwrap()).unwrap();
    let names: Vec<_> =
        merged["profiles"].as_array().unwrap().iter().map(|it| (&it["name"], &it["role_arn"])).collect();
    let arn = |role: &str| json!(format!("arn:aws:iam::111122223333:role/{role}"));
    let (one, two) = (arn("one"), arn("two"));
    assert_eq!(names, [(&json!("deploy"), &one), (&json!("one"), &one), (&json!("two"), &two)]);
    assert_eq!(merged["regions"], json!(["us-east-1", "eu-west-1"]));
}
