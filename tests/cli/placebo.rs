//! `ramtape record --placebo`: what is refused before CMD starts, and what is told at the end.

use crate::support::binary::{Finished, folder, run};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A recording of placebo's.
const ANSWER: &str = r#"{"status_code": 200, "data": {"ResponseMetadata": {}}}"#;

fn record(folder: &Path, flags: &[&str]) -> Finished {
    run(folder, &[&["record", "--placebo", "old"], flags, &["--", "touch", "started"]].concat())
}

#[test]
fn flags_that_do_not_go_together_say_what_does() {
    let folder = folder();
    for (arguments, part) in [
        (&["record", "--", "pytest", "-x"][..], "ramtape run -- pytest -x"),
        (&["record", "--placebo", "old"], "ramtape record --placebo old -- <your command>"),
        (&["record", "--placebo", "old", "--upstream", "http://127.0.0.1:1", "--", "ls"], "exclude each other"),
        (
            &["import", "--placebo", "old"],
            "they hold no requests: run the command that asks them again, with ramtape record \
            --placebo old -- <your command>",
        ),
        (&["record", "--placebo", "old", "ls"], "[-- <CMD>...]"),
    ] {
        let finished = run(folder.path(), arguments);
        assert!(finished.code == Some(2) && finished.stderr.contains(part), "{part}: {finished:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_served_is_told_before_cmd_starts() {
    let body = r#"{"status_code": 200, "data": {"Body": {"__class__": "StreamingBody", "body": "x"}}}"#;
    let time =
        r#"{"status_code": 200, "data": {"at": [{"__class__": "datetime", "year": 2024, "month": 13, "day": 1}]}}"#;
    for (files, part) in [
        (&[][..], "there is no folder old: name the one that placebo recorded into (its data_path)"),
        (&[("README.md", "")], "old has no recording of placebo"),
        (&[("sts.GetCallerIdentity_1.pickle", "")], "record again with record_format=\"json\""),
        (&[("sts.GetCallerIdentity_1.json", "{")], "old/sts.GetCallerIdentity_1.json is not JSON: "),
        (
            &[("sts.GetCallerIdentity_1.json", "{}")],
            "old/sts.GetCallerIdentity_1.json is not a recording of placebo: it has no",
        ),
        (&[("s3.GetObject_1.json", body)], "data/Body is an object of the Python class StreamingBody"),
        (&[("sts.Get_1.json", time)], "data/at/0 is a datetime that is no time"),
        (
            &[("a.sts.Get_1.json", ANSWER), ("b.sts.Get_1.json", ANSWER)],
            "old/a.sts.Get_1.json and old/b.sts.Get_1.json are",
        ),
        (&[("STS.Get_1.json", ANSWER)], "the service \"STS\", which is no name of one"),
    ] {
        let folder = folder();
        for (name, text) in files {
            fs::create_dir_all(folder.path().join("old")).unwrap();
            fs::write(folder.path().join("old").join(name), text).unwrap();
        }
        let refused = record(folder.path(), &[]);
        assert!(refused.code == Some(1) && refused.stderr.contains(part), "{part}: {refused:?}");
        assert!(!folder.path().join("started").exists() && !folder.path().join("cassettes").exists(), "{refused:?}");
    }
}

#[test]
fn a_cassette_with_answers_is_not_recorded_into() {
    let folder = folder();
    fs::create_dir(folder.path().join("old")).unwrap();
    fs::write(folder.path().join("old/sts.Get_1.json"), ANSWER).unwrap();
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("cassettes/quickstart");
    let copied = Command::new("cp").arg("-r").args([&quickstart, &folder.path().join("tape")]).status().unwrap();
    assert!(copied.success());
    let refused = record(folder.path(), &["--cassette", "tape"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("already has answers"), "{refused:?}");
    assert!(!folder.path().join("started").exists());
}

#[test]
fn files_that_nothing_asked_for_are_told_at_the_end() {
    let folder = folder();
    fs::create_dir(folder.path().join("old")).unwrap();
    for number in 1..=7 {
        fs::write(folder.path().join(format!("old/sts.Get_{number}.json")), ANSWER).unwrap();
    }
    let finished = record(folder.path(), &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(folder.path().join("started").exists());
    for told in ["7 files that nothing asked for: sts.Get_1.json, ", "sts.Get_5.json and 2 more", "pill.playback()"] {
        assert!(finished.stderr.contains(told), "{told}: {finished:?}");
    }
}

#[test]
fn cmd_gets_what_a_replay_gives_it() {
    let folder = folder();
    fs::create_dir(folder.path().join("old")).unwrap();
    fs::write(folder.path().join("old/iam.Get_1.json"), ANSWER).unwrap();
    let print = "echo $AWS_ACCESS_KEY_ID $AWS_REGION $AWS_ENDPOINT_URL $AWS_ENDPOINT_URL_IAM $AWS_PROFILE";
    let mut command = crate::support::binary::ramtape(folder.path());
    command.args(["record", "--placebo", "old", "--", "sh", "-c", print]);
    // Nothing of the user's own counts, nor where a file has CMD sent elsewhere.
    command.env("AWS_PROFILE", "missing").env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("RAMTAPE_DOOR", "proxy");
    let finished = Finished::from(command.output().unwrap());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let words: Vec<&str> = finished.stdout.split_whitespace().collect();
    assert!(
        matches!(words[..], ["ramtape", "us-east-1", one, other] if one == other && one.contains("127.0.0.1")),
        "{words:?}"
    );
}
