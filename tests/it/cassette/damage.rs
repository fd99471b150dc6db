//! A store whose files are cut short, flipped, zeroed, something else or gone: what holds is kept, what is lost is named,
//! nothing hangs, and no answer is wrong.

use crate::support::cassette::{FOLDER, RECORD, REPLAY, bodies, head, open, record, try_open};
use ramtape::cassette::{Cassette, CassetteSettings, Notice, Opened};
use ramtape::model::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TAKES: usize = 12;

fn text(n: usize) -> String {
    format!("{{\"n\":{n},\"filler\":\"{}\"}}", "abcdefgh".repeat(40 * n))
}

/// A cassette with one take in the text, and [`TAKES`] pending ones.
fn pending(root: &Path) {
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

/// What is done to a file.
type Damage = fn(&Path);

const DAMAGES: [(&str, Damage); 6] = [
    ("cut in half", |path| {
        let length = fs::metadata(path).unwrap().len();
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length / 2).unwrap();
    }),
    ("emptied", |path| fs::write(path, "").unwrap()),
    ("zeroed", |path| fs::write(path, vec![0; fs::read(path).unwrap().len()]).unwrap()),
    ("flipped", |path| {
        let mut bytes = fs::read(path).unwrap();
        for at in (3..bytes.len()).step_by(997) {
            bytes[at] ^= 1 << (at % 8);
        }
        fs::write(path, bytes).unwrap();
    }),
    ("overwritten", |path| fs::write(path, "garbage".repeat(50)).unwrap()),
    ("removed", |path| fs::remove_file(path).unwrap()),
];

/// The files of the store, by their paths in it.
fn files_of_store(root: &Path) -> Vec<PathBuf> {
    let (store, mut files) = (root.join(".store"), Vec::new());
    let mut folders = vec![store.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(&store).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

fn journal(root: &Path) -> PathBuf {
    root.join(".store/journal")
}

/// Checks a damaged cassette; tells how many takes were lost.
fn check(root: &Path, place: &str) -> usize {
    let settings = CassetteSettings { deadline: Duration::from_secs(5), ..CassetteSettings::default() };
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
    // The next recording says so too, makes what is left text, and goes on.
    let recording = try_open(root, RECORD).unwrap();
    assert_eq!(recording.notices.iter().any(Notice::is_loss), lost > 0, "{place}");
    assert_eq!(recording.sealed.failed, [], "{place}");
    record(&recording.cassette, 99, "\"more\"");
    recording.cassette.seal().unwrap();
    drop(recording);
    // From then on it is told no more.
    let replay = open(root, REPLAY);
    assert_eq!(replay.fingerprints().unwrap().len(), TAKES - lost + 2, "{place}");
    lost
}

#[test]
fn each_file_of_the_store_damaged_in_turn() {
    let whole = tempfile::tempdir().unwrap();
    pending(whole.path());
    let files = files_of_store(whole.path());
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        for (damage, apply) in DAMAGES {
            let folder = tempfile::tempdir().unwrap();
            copy(whole.path(), folder.path());
            apply(&folder.path().join(".store").join(&file));
            let place = format!("{} {damage}", file.display());
            let lost = check(folder.path(), &place);
            // sled, and what else is beside the journal, can be made again.
            assert!(lost == 0 || file == Path::new("journal"), "{place}: {lost} lost");
            let is_whole_loss = ["emptied", "zeroed", "overwritten", "removed"].contains(&damage);
            assert!(file != Path::new("journal") || !is_whole_loss || lost == TAKES, "{place}: {lost} lost");
        }
    }
}

#[test]
fn a_journal_cut_anywhere_keeps_what_stands_before_the_cut() {
    let whole = tempfile::tempdir().unwrap();
    pending(whole.path());
    let length = fs::metadata(journal(whole.path())).unwrap().len();
    let mut lost = Vec::new();
    for cut in (0..24).map(|step| length * step / 24).chain([1, 100, length - 1]) {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        fs::OpenOptions::new().write(true).open(journal(folder.path())).unwrap().set_len(cut).unwrap();
        lost.push(check(folder.path(), &format!("cut at {cut} of {length}")));
    }
    assert_eq!((lost[0], *lost.last().unwrap()), (TAKES, 1), "{lost:?}");
}

#[test]
fn a_flipped_bit_in_the_journal_costs_one_record() {
    let whole = tempfile::tempdir().unwrap();
    pending(whole.path());
    let bytes = fs::read(journal(whole.path())).unwrap();
    for step in 0..32 {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let mut flipped = bytes.clone();
        let at = bytes.len() * step / 32 + step % 7;
        flipped[at] ^= 1 << (step % 8);
        fs::write(journal(folder.path()), flipped).unwrap();
        assert_eq!(check(folder.path(), &format!("bit flipped at {at} of {}", bytes.len())), 1);
        assert!(folder.path().join(".store/journal.damaged").exists(), "what was damaged can be looked at");
    }
}

#[test]
fn damage_of_which_nothing_is_known_is_told_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    pending(folder.path());
    fs::remove_file(folder.path().join(".store/acknowledged")).unwrap();
    let mut bytes = fs::read(journal(folder.path())).unwrap();
    bytes[200] ^= 1;
    fs::write(journal(folder.path()), bytes).unwrap();
    let opened = try_open(folder.path(), REPLAY).unwrap();
    assert!(
        opened.notices.iter().any(|notice| matches!(notice, Notice::DamagedJournal { .. })),
        "{:?}",
        opened.notices
    );
}

#[test]
fn an_older_index_brings_nothing_back_that_is_text() {
    let folder = tempfile::tempdir().unwrap();
    pending(folder.path());
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
