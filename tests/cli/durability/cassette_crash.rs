//! A process that dies at any step of recording or sealing loses nothing that it acknowledged, and doubles nothing.

use super::child_process::{Part, run, steps};
use crate::support::cassette::{RECORD, REPLAY, bodies, record, try_open};
use ramtape::cassette::{Notice, failpoint};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// What is kept after the first `n` steps, by request; after the last one where there are fewer.
fn expected(n: usize) -> &'static [Vec<String>] {
    static AFTER: LazyLock<Vec<Vec<Vec<String>>>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let cassette = try_open(folder.path(), RECORD).unwrap().cassette;
        let mut takes = Vec::new();
        let mut after = vec![kept(&cassette)];
        for step in steps() {
            step(&cassette, &mut takes);
            after.push(kept(&cassette));
        }
        after
    });
    &AFTER[n.min(steps().len())]
}

fn kept(cassette: &crate::support::cassette::Plain) -> Vec<Vec<String>> {
    (1..=3).map(|n| bodies(cassette, n)).collect()
}

/// Checks that the cassette holds what was acknowledged, and at most the step after it that nobody heard of; in the
/// store, after sealing, and in the text alone.
fn check(root: &Path, acknowledged: usize, place: &str) {
    let replay = try_open(root, REPLAY).unwrap();
    assert!(!replay.notices.iter().any(|notice| !matches!(notice, Notice::Pending { .. })), "{:?}", replay.notices);
    let found = kept(&replay.cassette);
    let next = acknowledged + 1;
    assert!(
        found == expected(acknowledged) || found == expected(next),
        "{place}: {acknowledged} acknowledged, {found:?}"
    );
    drop(replay);
    let recording = try_open(root, RECORD).unwrap();
    assert!(!recording.notices.iter().any(Notice::is_loss), "{place}: {:?}", recording.notices);
    assert_eq!(recording.sealed.failed, [], "{place}");
    assert_eq!(kept(&recording.cassette), found, "{place}: after sealing");
    drop(recording);
    let temporary = fs::read_dir(root.join(".store/writing")).map_or(0, Iterator::count);
    assert_eq!(temporary, 0, "{place}: temporary files are left");
    fs::remove_dir_all(root.join(".store")).unwrap();
    let replay = try_open(root, REPLAY).unwrap();
    assert_eq!(replay.notices, []);
    assert_eq!(kept(&replay.cassette), found, "{place}: from text alone");
}

#[test]
fn a_crash_at_any_point_of_recording_and_sealing_loses_nothing() {
    for point in failpoint::POINTS.into_iter().filter(|point| !["end-of-all", "after-superseding"].contains(point)) {
        let mut died = 0;
        for (plot, nth) in [1, 2, 3, 4, 6, 7, 8, 10].into_iter().flat_map(|nth| [("run", nth), ("seal", nth)]) {
            let folder = tempfile::tempdir().unwrap();
            let (acknowledged, ended) = run(folder.path(), &Part { access: "record", plot, fault: (point, nth) });
            died += usize::from(!ended);
            assert!(!ended || acknowledged == steps().len(), "{point} {nth}");
            check(folder.path(), acknowledged, &format!("{plot} {point} {nth}"));
        }
        assert!(died >= 4, "{point}: died {died} times");
    }
}

#[test]
fn a_crash_in_mode_all_over_an_older_recording_loses_nothing() {
    for point in failpoint::POINTS {
        let mut died = 0;
        for nth in [1, 2, 3, 9] {
            let folder = tempfile::tempdir().unwrap();
            let recording = try_open(folder.path(), RECORD).unwrap().cassette;
            for text in ["\"old\"", "\"older\"", "\"oldest\"", "\"old\""] {
                for n in 1..=3 {
                    record(&recording, n, text);
                }
            }
            recording.seal().unwrap();
            drop(recording);
            let (acknowledged, ended) = run(folder.path(), &Part { access: "all", plot: "run", fault: (point, nth) });
            died += usize::from(!ended);
            // Requests that the run did not come to keep what they had.
            if acknowledged == steps().len() {
                check(folder.path(), acknowledged, &format!("{point} {nth}"));
            } else {
                let replay = try_open(folder.path(), REPLAY).unwrap();
                for (n, fresh) in (1..=3).zip(expected(acknowledged).iter().cloned()) {
                    let found = bodies(&replay.cassette, n);
                    let next = expected(acknowledged + 1)[n - 1].clone();
                    let old = fresh.is_empty() && found.len() == 4;
                    assert!(old || found == fresh || found == next, "{point} {nth}: {n}: {found:?}");
                }
            }
        }
        assert!(died >= 1, "{point}: never died");
    }
}

#[test]
fn a_full_disk_is_reported_and_earlier_takes_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (acknowledged, ended) =
        run(folder.path(), &Part { access: "record", plot: "run", fault: (failpoint::DISK_FULL, 3) });
    assert_eq!((acknowledged, ended), (2, false));
    check(folder.path(), acknowledged, "full disk");
}

#[test]
fn a_folder_that_cannot_be_synced_is_reported_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let part = Part { access: "record", plot: "unsynced", fault: (failpoint::FOLDER_UNSYNCED, 0) };
    assert!(run(folder.path(), &part).1);
    let replay = try_open(folder.path(), REPLAY).unwrap();
    assert_eq!(replay.notices, []);
    assert_eq!(bodies(&replay.cassette, 1), ["\"one\"", "\"two\"", "\"three\""]);
}
