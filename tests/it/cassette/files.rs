//! Files that people and git change: used at once if they are valid, reported with path and reason if not.

use crate::support::cassette::{
    FOLDER, RECORD, REPLAY, answer, bodies, head, open, record, text_path, try_open, whole,
};
use ramtape::cassette::{CassetteError, EntryHead};
use ramtape::model::OperationName;
use std::fs;
use std::path::Path;

/// A cassette with the sealed answer `"one"` to request 1.
fn sealed(root: &Path) {
    let recording = open(root, RECORD);
    record(&recording, 1, "\"one\"");
    recording.seal().unwrap();
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// The error of a lookup of request 1, which must name the file.
fn failure(root: &Path) -> String {
    let replay = open(root, REPLAY);
    let fp = head(1).fingerprint();
    let error = replay.lookup(FOLDER, &fp).unwrap_err().to_string();
    assert_eq!(replay.entry(FOLDER, &fp).unwrap_err().to_string(), error);
    assert!(error.contains(text_path(root, 1).to_str().unwrap()), "{error}");
    error
}

#[test]
fn a_running_replay_sees_changed_files() {
    let folder = tempfile::tempdir().unwrap();
    sealed(folder.path());
    let path = text_path(folder.path(), 1);
    let replay = open(folder.path(), REPLAY);
    assert_eq!(bodies(&replay, 1), ["\"one\""]);
    edit(&path, "\"one\"", "\"two\"");
    assert_eq!(bodies(&replay, 1), ["\"two\""], "edited in place, to the same size");
    // As git does it: the file is replaced.
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(bodies(&replay, 1), [""; 0]);
    fs::write(&path, text.replace("two", "three")).unwrap();
    assert_eq!(bodies(&replay, 1), ["\"three\""]);
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert_eq!(bodies(&replay, 1), [""; 0]);
    assert!(replay.is_empty().unwrap());
}

#[test]
fn an_old_file_is_answered_from_memory_and_store_until_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    sealed(folder.path());
    let path = text_path(folder.path(), 1);
    let age = |path: &Path| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    };
    age(&path);
    let replay = open(folder.path(), REPLAY);
    let fp = head(1).fingerprint();
    let first = replay.lookup(FOLDER, &fp).unwrap().unwrap();
    // The change time is young still, and cannot be set: the file is read again and again, and stays right.
    let second = replay.lookup(FOLDER, &fp).unwrap().unwrap();
    assert_eq!(first, second);
    edit(&path, "\"one\"", "\"two\"");
    age(&path);
    assert_eq!(bodies(&replay, 1), ["\"two\""]);
    assert_eq!(replay.lookup("other-folder", &fp).unwrap(), None);
}

#[test]
fn damage_is_reported_with_line_and_reason() {
    for (from, to, reason) in [
        ("\"takes\"", "\"takes\" \"", ":9: not JSON: expected :"),
        ("  \"takes\": [", "<<<<<<< HEAD\n  \"takes\": [", ":9: an unresolved merge conflict"),
        (
            "\"status\": 200,",
            "\"status\": 200,\n          \"colour\": 1,",
            ":14: takes[0].pages[0]: unknown member \"colour\"",
        ),
        ("\"status\": 200,", "", "takes[0].pages[0]: member \"status\" is missing"),
        ("\"status\": 200", "\"status\": 2", "member \"status\": expected an HTTP status"),
        ("\"body\"", "\"body\": 1, \"text\"", "give only one of body, text and base64"),
        ("\"body\": \"one\"", "\"body\": {\"$later\": 1}", "\"$later\" is not a hole that this version knows"),
        ("\"body\": \"one\"", "\"base64\": \"*\"", "not base64"),
        ("\"body\": \"one\"", "\"style\": \"wide\", \"body\": 1", "expected \"compact\" or \"spaced\""),
        ("\"pages\": [", "\"session\": 5, \"pages\": [", "takes[0]: member \"session\": expected a string"),
        ("\"pages\": [", "\"complete\": 1, \"pages\": [", "expected true or false"),
        ("\"pages\": [", "\"maxResults\": -1, \"pages\": [", "expected a whole number"),
        ("\"content-type\"", "\"Content Type\"", "not a lower-case header name with a valid value"),
        ("us-east-1", "us-east-2", "its content belongs in get-resource-shares/"),
        ("GetResourceShares", "ListResources", "its content belongs in list-resources/"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        sealed(folder.path());
        edit(&text_path(folder.path(), 1), from, to);
        let error = failure(folder.path());
        assert!(error.contains(reason), "{to}: {reason}: {error}");
    }
}

#[test]
fn garbled_files_are_reported() {
    for (bytes, reason) in [
        (&b""[..], ":1: not JSON: unexpected end"),
        (b"\xff\xfe", "not JSON: invalid UTF-8"),
        (b"[]", "expected an object"),
        (b"{}", "member \"operation\" is missing"),
        (&[b'['; 10_000], "nested deeper than 128 levels"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        sealed(folder.path());
        fs::write(text_path(folder.path(), 1), bytes).unwrap();
        let error = failure(folder.path());
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_damaged_file_keeps_its_unsealed_takes_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    sealed(folder.path());
    let recording = open(folder.path(), RECORD);
    record(&recording, 1, "\"new\"");
    edit(&text_path(folder.path(), 1), "\"takes\"", "\"takes\" \"");
    let report = recording.seal().unwrap();
    assert!(report.failed[0].2.contains("not JSON"), "{report:?}");
    drop(recording);
    let again = try_open(folder.path(), RECORD).unwrap();
    assert!(again.notices[0].to_string().contains("could not be written as text"));
    edit(&text_path(folder.path(), 1), "\"takes\" \"", "\"takes\"");
    assert_eq!(again.cassette.seal().unwrap().failed, []);
    assert_eq!(bodies(&again.cassette, 1), ["\"one\"", "\"new\""]);
}

#[test]
fn a_take_that_cannot_be_sealed_does_not_block_others() {
    const MANY: usize = 150;
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    for n in 1..=MANY {
        record(&recording, n, &format!("\"{n}\""));
    }
    let (blocked, damaged) = (text_path(folder.path(), 7), text_path(folder.path(), 80));
    fs::create_dir_all(&blocked).unwrap();
    fs::write(&damaged, "{").unwrap();
    let other = EntryHead { operation: OperationName::Known("ListPrincipals".into()), ..head(1) };
    recording.begin(&other, &whole(), vec![answer("\"other\"")], None).unwrap();
    let folder_taken = folder.path().join("list-principals");
    fs::write(&folder_taken, "").unwrap();
    // One fails when its file is read, one when what is there is understood, one when the new file is put there.
    let report = recording.seal().unwrap();
    assert_eq!((report.sealed.len(), report.failed.len()), (MANY - 2, 3), "{:?}", report.failed);
    assert_eq!(fs::read_to_string(&damaged).unwrap(), "{");
    assert_eq!(fs::read_dir(folder.path().join(".store/writing")).unwrap().count(), 0);
    fs::remove_dir(&blocked).unwrap();
    fs::remove_file(&damaged).unwrap();
    fs::remove_file(&folder_taken).unwrap();
    drop(recording);
    let again = try_open(folder.path(), RECORD).unwrap();
    assert_eq!((again.sealed.sealed.len(), again.sealed.failed.len()), (3, 0));
    drop(again);
    fs::remove_dir_all(folder.path().join(".store")).unwrap();
    let replay = open(folder.path(), REPLAY);
    for n in 1..=MANY {
        assert_eq!(bodies(&replay, n), [format!("\"{n}\"")]);
    }
}

#[test]
fn the_format_is_checked_before_anything_is_read() {
    for (from, to, replayed, reason) in [
        ("2.0", "3.0", false, "has format 3.0, this ramtape knows 2.2"),
        ("2.0", "2.7", true, "has format 2.7"),
        ("2.0", "1.7", false, "format 1.7 does not exist"),
        ("2.0", "one", false, "no format version"),
        ("\"ram\"", "\"ec2\"", false, "the service is not \"ram\""),
        ("\"rules\": []", "\"rules\": [1]", false, "redaction.rules[0]: expected an object"),
        ("{\n  \"ramtape\"", "{\n  \"extra\": 1,\n  \"ramtape\"", false, "unknown member \"extra\""),
        ("}\n}", "}\n", false, "not JSON"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        sealed(folder.path());
        edit(&folder.path().join("cassette.json"), from, to);
        let refused = try_open(folder.path(), RECORD).err().unwrap().to_string();
        assert!(refused.contains(reason) && refused.contains("cassette.json"), "{refused}");
        assert_eq!(try_open(folder.path(), REPLAY).is_ok(), replayed, "{to}");
    }
}

#[test]
fn entries_without_a_format_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    sealed(folder.path());
    fs::remove_file(folder.path().join("cassette.json")).unwrap();
    for access in [REPLAY, RECORD] {
        assert!(matches!(try_open(folder.path(), access), Err(CassetteError::NoFormat { .. })));
    }
}

#[test]
fn links_out_of_the_cassette_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    sealed(outside.path());
    for link_folder in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path(), RECORD));
        let (from, to) = if link_folder {
            (outside.path().join(FOLDER), folder.path().join(FOLDER))
        } else {
            fs::create_dir(folder.path().join(FOLDER)).unwrap();
            (text_path(outside.path(), 1), text_path(folder.path(), 1))
        };
        std::os::unix::fs::symlink(from, to).unwrap();
        assert!(failure(folder.path()).contains("not a regular file inside"));
    }
}

#[test]
fn names_are_plain_and_unknown_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    sealed(folder.path());
    let replay = open(folder.path(), REPLAY);
    for name in ["../outside", ".store", "", "A", "a/b", &"a".repeat(65)] {
        let error = replay.lookup(name, &head(1).fingerprint()).unwrap_err();
        assert!(matches!(error, CassetteError::Name { .. }), "{name}");
    }
    let aside = folder.path().join(FOLDER).join("notes.txt");
    fs::write(aside, "").unwrap();
    assert_eq!(replay.fingerprints().unwrap().len(), 1);
    fs::write(folder.path().join(FOLDER).join("copy.json"), "{}").unwrap();
    assert!(replay.fingerprints().unwrap_err().to_string().contains("copy.json"));
}

#[test]
fn format_1_0_is_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cassettes/format-1.0");
    let name = format!("{FOLDER}/{}.json", head(1).fingerprint());
    fs::create_dir(folder.path().join(FOLDER)).unwrap();
    for name in ["cassette.json", &name] {
        fs::copy(kept.join(name), folder.path().join(name)).unwrap();
    }
    let replay = open(folder.path(), REPLAY);
    let entry = replay.entry(FOLDER, &head(1).fingerprint()).unwrap().unwrap();
    assert_eq!(entry.takes.len(), 6);
    let text = fs::read_to_string(kept.join(name)).unwrap();
    // The one thing that is read and not written: no recording ever made it.
    assert_eq!(text.matches(r#"{"$account": "owner"}"#).count(), 1);
    let text = text.replace(r#"{"$account": "owner"}"#, "\"owner\"");
    assert_eq!(ramtape::entry_file::write(&entry).unwrap(), text);
    let fresh = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    drop(open(&folder.path().join("new"), RECORD));
    let earlier = fs::read_to_string(kept.join("cassette.json")).unwrap();
    assert_eq!(fresh("new/cassette.json"), earlier.replace("1.0", "2.0"));
    // It says that it is of the new format once something is written into it that the old one does not know.
    drop(replay);
    let recording = open(folder.path(), RECORD);
    assert_eq!(fresh("cassette.json"), earlier);
    record(&recording, 2, "\"x\"");
    recording.seal().unwrap();
    assert_eq!(fresh("cassette.json"), earlier.replace("1.0", "2.0"));
}
