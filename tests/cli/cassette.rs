//! `ramtape ls`, `show` and `seal` over cassettes that the library recorded.

use crate::support::binary::{Finished, folder, ramtape, run};
use http::{HeaderMap, HeaderValue};
use ramtape::cassette::{Access, Cassette, CassetteSettings, EntryHead, TakeHead};
use ramtape::fingerprint::Fingerprint;
use ramtape::model::{Body, OperationName};
use ramtape::redact::scrub_page;
use std::path::{Path, PathBuf};

const BODY: &str = "{\"resourceShares\":[{\"creationTime\":1.632342984382E9}]}";
/// The same as `show` prints it.
const LAID_OUT: &str = "{\n  \"resourceShares\": [\n    {\n      \"creationTime\": 1.632342984382E9\n    }\n  ]\n}\n";

fn head(name: &str) -> EntryHead {
    EntryHead {
        operation: OperationName::Known(name.to_owned()),
        region: "eu-west-1".to_owned(),
        actor: "default".to_owned(),
        request: "{\"resourceOwner\":\"SELF\"}".to_owned(),
    }
}

/// Records one answer to each operation, and gives the fingerprints. Pending unless `sealed`, as after a crash.
fn record(root: &Path, operations: &[(&str, u16)], sealed: bool) -> Vec<Fingerprint> {
    let access = Access::Record { replace: false };
    let cassette = Cassette::open(root, access, |_, _| (), &CassetteSettings::default()).unwrap().cassette;
    let mut recorded = Vec::new();
    for (name, status) in operations {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if *status >= 400 {
            headers.insert("x-amzn-errortype", HeaderValue::from_static("UnknownResourceException"));
        }
        let page = scrub_page(*status, &headers, Body::literal(BODY.into()));
        let take = TakeHead { complete: true, ..TakeHead::default() };
        cassette.begin(&head(name), &take, vec![page], None).unwrap();
        recorded.push(head(name).fingerprint());
    }
    if sealed {
        assert_eq!(cassette.seal().unwrap().failed, []);
    }
    recorded
}

fn json_lines(finished: &Finished) -> Vec<serde_json::Value> {
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one file of a fingerprint.
fn text_file(root: &Path, fingerprint: Fingerprint) -> PathBuf {
    let name = format!("{fingerprint}.json");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|folder| folder.join(&name)).find(|path| path.exists()).unwrap()
}

#[test]
fn ls_prints_a_line_for_each_entry() {
    let folder = folder();
    let root = folder.path().join("cassettes/default");
    std::fs::create_dir_all(root.parent().unwrap()).unwrap();
    let recorded = record(&root, &[("GetResourceShares", 200), ("ListPrincipals", 400)], true);
    let finished = run(folder.path(), &["ls"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(
        finished.stdout,
        format!(
            "GetResourceShares  {}  eu-west-1  1 take  1 page  200\n\
             ListPrincipals     {}  eu-west-1  1 take  1 page  400 UnknownResourceException\n",
            recorded[0], recorded[1]
        )
    );
    let lines = json_lines(&run(folder.path(), &["ls", "--json"]));
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["fingerprint"], recorded[0].to_string());
    assert!(folder.path().join(lines[0]["file"].as_str().unwrap()).is_file());
}

#[test]
fn show_finds_by_fingerprint_and_by_operation() {
    let folder = folder();
    let root = folder.path().join("c");
    let recorded = record(&root, &[("GetResourceShares", 200), ("ListPrincipals", 200)], true);
    let fingerprint = recorded[0].to_string();
    for what in [&fingerprint[..6], &fingerprint, "GetResourceShares"] {
        let finished = run(folder.path(), &["show", what, "--cassette", "c"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        for part in ["GetResourceShares", &fingerprint, "status 200", "content-type: application/json", LAID_OUT] {
            assert!(finished.stdout.contains(part), "{part} in {}", finished.stdout);
        }
        assert!(!finished.stdout.contains("ListPrincipals"), "{}", finished.stdout);
        let lines = json_lines(&run(folder.path(), &["show", what, "--cassette", "c", "--json"]));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["takes"][0]["pages"][0]["body"], BODY);
    }
}

#[test]
fn show_canonical_prints_the_hashed_text() {
    let folder = folder();
    let root = folder.path().join("c");
    let recorded = record(&root, &[("GetResourceShares", 200)], true);
    let finished = run(folder.path(), &["show", "GetResourceShares", "--canonical", "--cassette", "c"]);
    assert_eq!(Fingerprint::hash(&finished.stdout), recorded[0], "{}", finished.stdout);
}

#[test]
fn unknown_names_are_errors() {
    let folder = folder();
    let finished = run(folder.path(), &["ls"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("no cassette in cassettes/default"), "{}", finished.stderr);
    assert!(!folder.path().join("cassettes").exists(), "looking makes nothing");
    record(&folder.path().join("c"), &[("GetResourceShares", 200)], true);
    let finished = run(folder.path(), &["show", "ListPrincipals", "--cassette", "c"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(finished.stderr.contains("ListPrincipals"), "{}", finished.stderr);
}

#[test]
fn seal_writes_what_an_interrupted_recording_left() {
    let folder = folder();
    let root = folder.path().join("c");
    let recorded = record(&root, &[("GetResourceShares", 200)], false);
    let listed = run(folder.path(), &["ls", "--cassette", "c"]);
    assert!(listed.stdout.contains("GetResourceShares") && listed.stderr.contains("ramtape seal"), "{listed:?}");
    assert!(!root.join("get-resource-shares").exists(), "looking writes no text");

    let sealed = run(folder.path(), &["seal", "--cassette", "c"]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    assert!(std::fs::read_to_string(text_file(&root, recorded[0])).unwrap().contains("1.632342984382E9"));
    let again = run(folder.path(), &["seal", "--cassette", "c"]);
    assert!(again.stderr.contains("nothing to seal"), "{again:?}");
    assert_eq!(run(folder.path(), &["ls", "--cassette", "c"]).stdout, listed.stdout);
}

#[test]
fn a_damaged_file_is_named_hides_no_other_and_exits_with_5() {
    let folder = folder();
    let root = folder.path().join("c");
    let recorded = record(&root, &[("GetResourceShares", 200), ("ListPrincipals", 200)], true);
    let damaged = text_file(&root, recorded[0]);
    std::fs::write(&damaged, "{ \"operation\": ").unwrap();
    let name = damaged.file_name().unwrap().to_str().unwrap();

    let listed = run(folder.path(), &["ls", "--cassette", "c"]);
    assert_eq!(listed.code, Some(5), "{listed:?}");
    assert!(listed.stdout.contains("ListPrincipals") && listed.stderr.contains(name), "{listed:?}");
    let shown = run(folder.path(), &["show", "GetResourceShares", "--cassette", "c"]);
    assert_eq!(shown.code, Some(5), "{shown:?}");

    let mut doctor = ramtape(folder.path());
    doctor.args(["doctor", "--cassette", "c"]).env("CI", "1");
    let examined = Finished::from(doctor.output().unwrap());
    assert_eq!(examined.code, Some(1), "{examined:?}");
    assert!(examined.stdout.contains("fail  cassette") && examined.stdout.contains(name), "{examined:?}");
}

/// Some editors write one, and show it nowhere.
#[test]
fn a_byte_order_mark_is_named_in_whatever_file_it_stands() {
    let folder = folder();
    let root = folder.path().join("c");
    let recorded = record(&root, &[("GetResourceShares", 200)], true);
    std::fs::write(root.join("variables.json"), "{\"sessions\":{}}").unwrap();
    for file in [text_file(&root, recorded[0]), root.join("cassette.json"), root.join("variables.json")] {
        let text = std::fs::read(&file).unwrap();
        std::fs::write(&file, [b"\xef\xbb\xbf", text.as_slice()].concat()).unwrap();
        for verb in [&["verify", "--cassette", "c"][..], &["scan", "c"]] {
            let told = run(folder.path(), verb);
            let name = file.file_name().unwrap().to_str().unwrap();
            let said = format!("{name}:1: not JSON: it starts with a UTF-8 byte order mark; save it without");
            assert_eq!(told.code, Some(5), "{told:?}");
            assert!((told.stdout.clone() + &told.stderr).contains(&said), "{said}: {told:?}");
        }
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(run(folder.path(), &["verify", "--cassette", "c"]).code, Some(0));
}

#[test]
fn a_newer_format_is_reported() {
    let folder = folder();
    let root = folder.path().join("c");
    record(&root, &[("GetResourceShares", 200)], true);
    let text = std::fs::read_to_string(root.join("cassette.json")).unwrap();
    std::fs::write(root.join("cassette.json"), text.replace("\"2.0\"", "\"3.0\"")).unwrap();
    for command in [&["ls"][..], &["show", "GetResourceShares"], &["seal"]] {
        let finished = run(folder.path(), &[command, &["--cassette", "c"]].concat());
        assert_eq!(finished.code, Some(5), "{finished:?}");
        assert!(finished.stderr.contains("newer ramtape") && finished.stderr.contains("3.0"), "{}", finished.stderr);
    }
}

#[test]
fn a_cassette_that_somebody_records_into_is_not_sealed_by_another() {
    let folder = folder();
    let root = folder.path().join("c");
    record(&root, &[("GetResourceShares", 200)], true);
    let access = Access::Record { replace: false };
    let held = Cassette::open(&root, access, |_, _| (), &CassetteSettings::default()).unwrap();
    let sealed = run(folder.path(), &["seal", "--cassette", "c"]);
    assert_eq!(sealed.code, Some(1), "{sealed:?}");
    assert!(sealed.stderr.contains("in use"), "{}", sealed.stderr);
    let listed = run(folder.path(), &["ls", "--cassette", "c"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("GetResourceShares"), "{listed:?}");
    drop(held);
}

/// All that stands below `folder`.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

#[test]
fn a_folder_without_a_cassette_is_reported_and_left_unchanged() {
    let folder = folder();
    for path in ["proj/src/web", "empty"] {
        std::fs::create_dir_all(folder.path().join(path)).unwrap();
    }
    std::fs::write(folder.path().join("proj/src/a.rs"), "x").unwrap();
    std::fs::write(folder.path().join("proj/src/package.json"), "{}").unwrap();
    record(&folder.path().join("c"), &[("GetResourceShares", 200)], true);
    let before = tree(folder.path());
    for root in ["proj", "empty"] {
        let over = |arguments: &[&'static str]| [arguments, &["--cassette", root]].concat();
        for arguments in [
            over(&["verify"]),
            over(&["ls"]),
            over(&["coverage"]),
            over(&["export", "--har", "o.har"]),
            over(&["show", "GetResourceShares"]),
            over(&["rm", "*"]),
            over(&["prune"]),
            over(&["seal"]),
            vec!["merge", "new", root],
            vec!["merge", "c", root],
            vec!["diff", root, "c"],
            vec!["diff", "c", root],
        ] {
            let finished = run(folder.path(), &arguments);
            assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{arguments:?} {finished:?}");
            let told = format!("error: {root} is not a cassette: it has no cassette.json");
            assert!(finished.stderr.contains(&told), "{arguments:?} {finished:?}");
        }
    }
    let cassette = |root: &str| {
        let examined = run(folder.path(), &["doctor", "--json", "--cassette", root]);
        json_lines(&examined).into_iter().find(|check| check["check"] == "cassette").unwrap()
    };
    let proj = cassette("proj");
    assert!(proj["verdict"] == "fail" && proj["found"].as_str().unwrap().contains("is not a cassette"), "{proj}");
    assert_eq!(cassette("empty")["verdict"], "ok");
    // A replay may begin without a cassette, and all of it would be misses.
    for root in ["proj/src", "empty"] {
        let replayed = run(folder.path(), &["run", "--record-mode", "none", "--cassette", root, "--", "true"]);
        assert!(replayed.code == Some(0) && replayed.stderr.contains("the folder is not a cassette"), "{replayed:?}");
    }
    let looked = run(folder.path(), &["merge", "--dry-run", "empty", "c"]);
    assert!(looked.code == Some(0) && looked.stderr.contains("1 take would be added to empty"), "{looked:?}");
    let new: Vec<_> = tree(folder.path()).into_iter().filter(|path| !before.contains(path)).collect();
    // What is looked at in `c` may have made it a store; nothing else is new.
    assert!(new.iter().all(|path| path.starts_with(folder.path().join("c/.store"))), "{new:?}");
    // Into an empty one takes may go.
    let merged = run(folder.path(), &["merge", "empty", "c"]);
    assert!(merged.code == Some(0) && folder.path().join("empty/cassette.json").exists(), "{merged:?}");
}

#[test]
fn a_recording_that_was_killed_at_its_beginning_can_be_sealed() {
    let folder = folder();
    let root = folder.path().join("c");
    let recorded = record(&root, &[("GetResourceShares", 200)], false);
    for name in ["cassette.json", ".gitignore", ".gitattributes"] {
        std::fs::remove_file(root.join(name)).unwrap();
    }
    let sealed = run(folder.path(), &["seal", "--cassette", "c"]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    assert!(root.join("cassette.json").exists() && text_file(&root, recorded[0]).exists());
}
