//! A store that is cut short, or in which bits have flipped: what holds is kept, what is lost is named, nothing hangs.

use crate::support::cassette::{FOLDER, RECORD, REPLAY, bodies, head, open, record, try_open};
use ramtape::cassette::{Cassette, Notice, Opened, Settings};
use ramtape::model::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TAKES: usize = 12;

fn text(n: usize) -> String {
    format!("{{\"n\":{n},\"filler\":\"{}\"}}", "abcdefgh".repeat(40 * n))
}

/// A cassette with one sealed and [`TAKES`] unsealed takes.
fn unsealed(root: &Path) {
    let recording = open(root, RECORD);
    record(&recording, 0, &text(0));
    recording.seal().unwrap();
    for n in 1..=TAKES {
        record(&recording, n, &text(n));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

fn log(root: &Path) -> PathBuf {
    root.join(".store/sled/db")
}

/// Checks a damaged cassette; tells how many takes were lost.
fn check(root: &Path, place: &str) -> usize {
    let settings = Settings { deadline: Duration::from_secs(5), ..Settings::default() };
    let opened: Opened<Entry> = Cassette::open(root, REPLAY, |_, entry| entry, &settings).unwrap();
    assert_eq!(bodies(&opened.cassette, 0), [text(0)], "{place}: what the text holds");
    let mut lost = 0;
    for n in 1..=TAKES {
        let name = format!("{FOLDER}/{}", head(n).fingerprint());
        let named =
            opened.notices.iter().any(|notice| matches!(notice, Notice::Lost { name: lost, .. } if *lost == name));
        lost += usize::from(named);
        let kept = if named { vec![] } else { vec![text(n)] };
        assert_eq!(bodies(&opened.cassette, n), kept, "{place}: take {n}: {:?}", opened.notices);
    }
    drop(opened);
    // The next recording seals what is left and goes on.
    let recording = try_open(root, RECORD).unwrap();
    assert_eq!(recording.sealed.failed, [], "{place}");
    record(&recording.cassette, 99, "\"more\"");
    recording.cassette.seal().unwrap();
    drop(recording);
    let replay = open(root, REPLAY);
    assert_eq!(replay.fingerprints().unwrap().len(), TAKES - lost + 2, "{place}");
    lost
}

#[test]
fn a_store_cut_short() {
    let whole = tempfile::tempdir().unwrap();
    unsealed(whole.path());
    let length = fs::metadata(log(whole.path())).unwrap().len();
    let used = fs::read(log(whole.path())).unwrap().iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1;
    let cuts = (0..24).map(|step| used * step / 24).chain([1, 100, used - 1, used, length - 1]);
    let mut lost = Vec::new();
    for cut in cuts {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let file = fs::OpenOptions::new().write(true).open(log(folder.path())).unwrap();
        file.set_len(cut).unwrap();
        lost.push(check(folder.path(), &format!("cut at {cut} of {used}")));
    }
    assert_eq!(lost[0], TAKES, "nothing is left of an empty file");
    assert!(lost.iter().any(|lost| (1..TAKES).contains(lost)), "a part is kept: {lost:?}");
}

#[test]
fn a_store_with_flipped_bits() {
    let whole = tempfile::tempdir().unwrap();
    unsealed(whole.path());
    let bytes = fs::read(log(whole.path())).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for step in 0..32 {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let mut flipped = bytes.clone();
        let at = used * step / 32 + step % 7;
        flipped[at] ^= 1 << (step % 8);
        fs::write(log(folder.path()), flipped).unwrap();
        check(folder.path(), &format!("bit flipped at {at} of {used}"));
    }
}

#[test]
fn a_store_that_is_something_else() {
    let whole = tempfile::tempdir().unwrap();
    unsealed(whole.path());
    for (name, garbage, lost) in
        [("db", "garbage", TAKES), ("conf", "garbage", 0), ("conf", "segment_size: 7\n", TAKES)]
    {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        fs::write(folder.path().join(".store/sled").join(name), garbage).unwrap();
        assert_eq!(check(folder.path(), &format!("{name} is {garbage:?}")), lost);
    }
}

#[test]
fn a_store_that_is_gone_is_named_and_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    unsealed(folder.path());
    fs::remove_dir_all(folder.path().join(".store/sled")).unwrap();
    assert_eq!(check(folder.path(), "removed"), TAKES);
}

#[test]
fn an_older_store_brings_nothing_back_that_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    unsealed(folder.path());
    let older = tempfile::tempdir().unwrap();
    copy(&folder.path().join(".store/sled"), older.path());
    let recording = try_open(folder.path(), RECORD).unwrap();
    for text in ["\"a\"", "\"b\"", "\"a\""] {
        record(&recording.cassette, 1, text);
    }
    recording.cassette.seal().unwrap();
    drop(recording);
    let kept = bodies(&open(folder.path(), REPLAY), 1);
    assert_eq!(kept.len(), 4);
    fs::remove_dir_all(folder.path().join(".store/sled")).unwrap();
    copy(older.path(), &folder.path().join(".store/sled"));
    assert_eq!(bodies(&open(folder.path(), REPLAY), 1), kept);
    assert_eq!(bodies(&open(folder.path(), RECORD), 1), kept);
}
