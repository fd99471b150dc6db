//! Two processes, one cassette.

use super::child_process::hold;
use crate::support::cassette::{ALL, RECORD, REPLAY, bodies, head, listed, open, partial, record, try_open};
use ramtape::cassette::{CassetteError, Notice};
use std::fs;

#[test]
fn a_second_process_reads_the_text_and_a_second_recorder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    record(&recording, 1, "\"one\"");
    recording.seal().unwrap();
    drop(recording);
    for first in ["replay", "record", "all"] {
        let mut child = hold(folder.path(), first);
        let replay = try_open(folder.path(), REPLAY).unwrap();
        assert_eq!(replay.notices, [Notice::InUse { pending: false }], "{first}");
        assert_eq!(bodies(&replay.cassette, 1), ["\"one\""]);
        for access in [RECORD, ALL] {
            let refused = try_open(folder.path(), access).err().unwrap();
            assert!(matches!(refused, CassetteError::InUse { .. }), "{first}: {refused}");
            assert!(refused.to_string().contains(folder.path().to_str().unwrap()));
        }
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
    drop(open(folder.path(), RECORD));
}

#[test]
fn a_second_process_reports_that_it_does_not_see_unsealed_takes() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    recording.begin(&head(1), &partial(), vec![listed(0)], None).unwrap();
    let second = try_open(folder.path(), REPLAY).unwrap();
    assert_eq!(second.notices, [Notice::InUse { pending: true }]);
    assert_eq!(bodies(&second.cassette, 1), [""; 0]);
    recording.seal().unwrap();
    assert_eq!(bodies(&second.cassette, 1).len(), 1, "the text is there now");
}

#[test]
fn in_a_read_only_folder_the_text_is_replayed_and_nothing_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    record(&recording, 1, "\"one\"");
    recording.seal().unwrap();
    drop(recording);
    fs::remove_dir_all(folder.path().join(".store")).unwrap();
    // Root may write to a read-only folder; nobody can make a folder where a file is.
    fs::write(folder.path().join(".store"), "").unwrap();
    let replay = try_open(folder.path(), REPLAY).unwrap();
    assert!(matches!(replay.notices.as_slice(), [Notice::NoStore { .. }]), "{:?}", replay.notices);
    assert_eq!(bodies(&replay.cassette, 1), ["\"one\""]);
    assert_eq!(bodies(&replay.cassette, 1), ["\"one\""]);
    assert!(matches!(try_open(folder.path(), RECORD), Err(CassetteError::Write { .. })));
}
