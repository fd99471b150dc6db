//! What others take away of a cassette while it is recorded.

use crate::support::cassette::{RECORD, REPLAY, bodies, open, record, text_path, try_open};
use crate::support::cassette::{answer, head, whole};
use ramtape::cassette::{CassetteError, StoreError};
use std::fs;

const FORMAT: [&str; 4] = ["cassette.json", ".gitattributes", ".gitignore", "redaction.key"];

#[test]
fn a_folder_that_was_moved_back_is_the_same_cassette() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("c");
    drop(open(&root, RECORD));
    fs::write(root.join("redaction.key"), "a key that is long enough for one").unwrap();
    let recording = open(&root, RECORD);
    // Whoever changed or removed a file before finds it so again.
    fs::remove_file(root.join(".gitattributes")).unwrap();
    record(&recording, 1, "\"one\"");
    let before = FORMAT.map(|name| fs::read(root.join(name)).ok());
    for name in FORMAT {
        let _ = fs::remove_file(root.join(name));
    }
    let report = recording.seal().unwrap();
    assert_eq!((report.sealed.len(), &report.failed, &report.lost), (1, &vec![], &vec![]));
    let mut after = FORMAT.map(|name| fs::read(root.join(name)).ok());
    // It was there when the recording began.
    assert!(after[1].take().is_some());
    assert_eq!(after, before);
    drop(recording);
    assert_eq!(bodies(&open(&root, REPLAY), 1), ["\"one\""]);
}

#[test]
fn a_deleted_cassette_stays_deleted_and_its_takes_are_lost() {
    for there_again in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("c");
        let recording = open(&root, RECORD);
        record(&recording, 1, "\"one\"");
        recording.seal().unwrap();
        record(&recording, 2, "\"two\"");
        fs::remove_dir_all(&root).unwrap();
        if there_again {
            fs::create_dir(&root).unwrap();
        }
        let refused = recording.begin(&head(3), &whole(), vec![answer("\"three\"")], None);
        assert!(matches!(refused, Err(CassetteError::Store(StoreError::Gone))), "{refused:?}");
        let report = recording.seal().unwrap();
        assert_eq!((&report.sealed, &report.failed, report.lost.len()), (&vec![], &vec![], 1));
        assert_eq!(report.lost[0].answers, 2);
        assert!(report.lost[0].reason.contains("was deleted, moved or replaced"), "{:?}", report.lost);
        drop(recording);
        assert_eq!(root.exists(), there_again);
        assert!(!there_again || fs::read_dir(&root).unwrap().next().is_none());
    }
}

#[test]
fn without_its_store_a_cassette_keeps_its_takes_and_records_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    record(&recording, 1, "\"one\"");
    fs::remove_dir_all(folder.path().join(".store")).unwrap();
    let refused = recording.begin(&head(2), &whole(), vec![answer("\"two\"")], None);
    assert!(matches!(refused, Err(CassetteError::Store(StoreError::Gone))), "{refused:?}");
    let report = recording.seal().unwrap();
    assert_eq!((report.sealed.len(), &report.failed, &report.lost), (1, &vec![], &vec![]));
    drop(recording);
    assert_eq!(bodies(&open(folder.path(), REPLAY), 1), ["\"one\""]);
}

#[test]
fn a_deleted_text_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    for number in 1..5 {
        record(&recording, number, "\"one\"");
    }
    recording.seal().unwrap();
    let [deleted, older, edited, kept] = [1, 2, 3, 4].map(|number| text_path(folder.path(), number));
    let first = fs::read(&older).unwrap();
    record(&recording, 2, "\"two\"");
    recording.seal().unwrap();
    fs::remove_file(&deleted).unwrap();
    fs::write(&older, first).unwrap();
    fs::write(&edited, fs::read_to_string(&edited).unwrap().replace("\"one\"", "\"1\"")).unwrap();
    let report = recording.seal().unwrap();
    let lost: Vec<_> = report.lost.iter().map(|lost| (lost.answers, lost.reason.as_str())).collect();
    let [deleted, older] = [(1, deleted, "deleted"), (2, older, "exchanged")].map(|(answers, path, what)| {
        (answers, format!("{} was {what} after it was recorded: record it again", path.display()))
    });
    let mut expected = [(deleted.0, deleted.1.as_str()), (older.0, older.1.as_str())];
    expected.sort_by_key(|(_, reason)| *reason);
    assert_eq!(lost, expected);
    assert!(kept.exists());
    drop(recording);
    // It is no part of what is recorded next.
    let recording = open(folder.path(), RECORD);
    assert_eq!(recording.seal().unwrap().lost, []);
}

#[test]
fn nothing_is_recorded_into_a_cassette_with_other_rules() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    record(&recording, 1, "\"one\"");
    let file = folder.path().join("cassette.json");
    let own = fs::read_to_string(&file).unwrap();
    fs::write(&file, own.replace("\"rules\": []", "\"rules\": [{ \"member\": \"name\" }]")).unwrap();
    let report = recording.seal().unwrap();
    assert!(report.sealed.is_empty() && report.failed[0].2.contains("has other redaction rules"), "{report:?}");
    fs::write(&file, own).unwrap();
    assert_eq!(recording.seal().unwrap().sealed.len(), 1);
    drop(recording);
    assert!(try_open(folder.path(), REPLAY).unwrap().notices.is_empty());
}
