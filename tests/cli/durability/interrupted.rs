//! The commands that change a cassette, killed on the way or out of space: each file is what it was or what it was to
//! become, and the same command, given again, ends where it would have ended.

#![cfg(debug_assertions)]

use crate::support::alone::test_path;
use crate::support::pending::{asked, plant, recording};
use crate::support::stage::{Asking, Caller, Stage, owner};
use clap::Parser;
use ramtape::cassette::{Access, Cassette, CassetteSettings, Notice, TakeHead, failpoint};
use ramtape::cli::Cli;
use ramtape::config::RecordMode;
use ramtape::{command, ui};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

const ARGUMENTS: &str = "TEST_ARGUMENTS";
const FAULT: &str = "TEST_FAULT";

/// Not a test of its own: what a child does. Without arguments there is nothing to do.
#[test]
fn child_process_steps() {
    let (Ok(arguments), Ok(fault)) = (std::env::var(ARGUMENTS), std::env::var(FAULT)) else { return };
    let (point, nth) = fault.split_once(' ').unwrap();
    failpoint::arm(point, nth.parse().unwrap());
    let cli = Cli::try_parse_from(arguments.split(' ')).unwrap();
    let output = cli.output;
    let exit = command::run(cli).unwrap_or_else(|error| {
        ui::report_error(&error, output);
        error.exit()
    });
    process::exit(exit.code().into());
}

/// Runs a command in `folder` with a failpoint; its exit code, none where it was killed.
fn run(folder: &Path, arguments: &str, (point, nth): (&str, u32)) -> Option<i32> {
    let keys = owner();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test_path(module_path!(), "child_process_steps"), "--nocapture"])
        .current_dir(folder)
        .env_clear()
        // What a killed command leaves is in the test's own folder.
        .envs([("HOME", folder.as_os_str()), ("TMPDIR", folder.as_os_str()), (ARGUMENTS, arguments.as_ref())])
        .env(FAULT, format!("{point} {nth}"))
        .env("AWS_ACCESS_KEY_ID", &keys.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", keys.secret.expose())
        .output();
    let output = output.unwrap();
    // Seen where the test fails.
    println!("{arguments}, {point} {nth}: {}", String::from_utf8_lossy(&output.stderr));
    output.status.code()
}

type Texts = BTreeMap<PathBuf, String>;

/// Every file of a cassette that git would have.
fn texts(root: &Path) -> Texts {
    let mut texts = Texts::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() && !path.ends_with(".store") {
                folders.push(path);
            } else if path.is_file() {
                texts.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

/// A new folder with the cassettes of `stage`, and its archive.
fn copied(stage: &Stage) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["c", "more"] {
        for (path, text) in texts(&stage.cassette(name)) {
            let path = folder.path().join(name).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    fs::copy(stage.folder().join("more.har"), folder.path().join("more.har")).unwrap();
    folder
}

/// Listings, asked by a session in each cassette; in `c` one of them by a second session too. Then upstream changes.
async fn recorded() -> Stage {
    let stage = Stage::new().await;
    for (name, operations) in [
        ("c", &["GetResourceShares", "ListPrincipals"][..]),
        ("more", &["GetResourceShares", "ListPrincipals", "ListResources"]),
    ] {
        let recording = stage.ramtape(name, RecordMode::Once).await;
        for operation in operations {
            ask(&recording, operation, name).await;
        }
        if name == "c" {
            ask(&recording, "GetResourceShares", "d").await;
        }
        assert_eq!(recording.stop().await.not_recorded, [""; 0]);
    }
    assert_eq!(run(stage.folder(), "ramtape export --har more.har --cassette more", ("none", 0)), Some(0));
    stage.endpoint().change("us-east-1", |world| {
        let shares = world.share_arns("111122223333");
        assert!(shares.iter().all(|share| world.rename_share(share, "renamed")));
    });
    stage
}

async fn ask(caller: &Caller, operation: &str, session: &str) {
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    assert_eq!(caller.ask(operation, own, Asking::session(session)).await.status, 200);
}

/// A place to die, or to be out of space, and at which time of coming there.
type Fault = (&'static str, u32);

/// Checks a command, which changes the cassette `name`, with every one of these faults.
fn endures(stage: &Stage, name: &str, arguments: &str, faults: &[Fault]) {
    let undisturbed = copied(stage);
    let before = texts(&undisturbed.path().join(name));
    assert_eq!(run(undisturbed.path(), arguments, ("none", 0)), Some(0), "{arguments}");
    let after = texts(&undisturbed.path().join(name));
    assert_ne!(before, after, "{arguments}");
    for fault in faults {
        let folder = copied(stage);
        let root = folder.path().join(name);
        let code = run(folder.path(), arguments, *fault);
        let is_told = if fault.0 == failpoint::DISK_FULL { code.is_some_and(|code| code > 0) } else { code.is_none() };
        assert!(is_told, "{arguments} {fault:?}: {code:?}");
        let left = texts(&root);
        for name in before.keys().chain(left.keys()) {
            let (was, is, becomes) = (before.get(name), left.get(name), after.get(name));
            assert!(is == was || is == becomes, "{arguments} {fault:?}: {} is {is:?}", name.display());
        }
        let again = run(folder.path(), arguments, ("none", 0));
        // What is removed already cannot be removed again.
        assert!(again == Some(0) || (again == Some(1) && left == after), "{arguments} {fault:?}, again: {again:?}");
        assert_eq!(texts(&root), after, "{arguments} {fault:?}, again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_command_leaves_each_file_old_or_new() {
    const WRITTEN: &str = "after-temporary-file";
    const RENAMED: &str = "after-rename";
    let (stage, full) = (recorded().await, (failpoint::DISK_FULL, 1));
    endures(&stage, "c", "ramtape merge c more", &[(WRITTEN, 1), (RENAMED, 1), (WRITTEN, 2), (RENAMED, 2), full]);
    // The first three requests are recorded apart.
    let faults = [(WRITTEN, 3), (WRITTEN, 4), (RENAMED, 4), (RENAMED, 5), full];
    endures(&stage, "c", "ramtape import more.har --cassette c", &faults);
    let faults = [(WRITTEN, 1), (RENAMED, 1), (RENAMED, 2), full];
    endures(&stage, "c", "ramtape rm --session c --force --cassette c", &faults);
    // One of the requests was asked by two sessions, whose takes are recorded anew together.
    let update = format!("ramtape verify --update --cassette c --upstream {}", stage.url());
    let every: Vec<Fault> = failpoint::POINTS.into_iter().map(|point| (point, 1)).chain([full]).collect();
    endures(&stage, "c", &update, &every);
}

#[test]
fn an_interrupted_discard_removes_all_or_nothing() {
    for point in ["after-journal", "after-acknowledged"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("c");
        let cassette = recording(&root);
        for session in ["a", "b"] {
            let take = TakeHead { session: Some(session.to_owned()), ..TakeHead::default() };
            plant(&cassette, &asked("ListPrincipals", "{}"), take, 200, "{}");
        }
        drop(cassette);
        let arguments = "ramtape rm --pending --session a --cassette c";
        assert_eq!(run(folder.path(), arguments, (point, 1)), None, "{point}");
        let again = run(folder.path(), arguments, ("none", 0));
        assert!(matches!(again, Some(0 | 1)), "{point}: {again:?}");
        let opened = Cassette::open(&root, Access::Replay, |_, entry| entry, &CassetteSettings::default()).unwrap();
        assert_eq!(opened.notices, [Notice::Pending { root: root.clone(), entries: 1 }], "{point}");
        let head = asked("ListPrincipals", "{}");
        let entry = opened.cassette.entry(&head.operation.folder(), &head.fingerprint()).unwrap().unwrap();
        assert_eq!(entry.takes.iter().map(|take| take.session.as_deref()).collect::<Vec<_>>(), [Some("b")], "{point}");
    }
}
