//! `ramtape scan`: unreadable files are reported, and the others are scanned all the same.

use super::scan::cassette;
use crate::support::binary::{Finished, folder, run};
use crate::support::secrets::SECRETS;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Makes folders in `folder` so deep that nobody can name the last ones: root neither.
fn too_deep(folder: &Path) {
    let chain =
        |first: &str| [first.to_owned()].into_iter().chain((0..12).map(|_| "d".repeat(200))).collect::<PathBuf>();
    for first in ["deep", "deeper"] {
        std::fs::create_dir_all(folder.join(chain(first))).unwrap();
    }
    std::fs::rename(folder.join("deeper"), folder.join(chain("deep")).join("deeper")).unwrap();
}

fn scan(folder: &Path, arguments: &[&str]) -> Finished {
    run(folder, &[&["scan"], arguments].concat())
}

#[test]
fn a_folder_that_cannot_be_read_hides_nothing_of_the_others() {
    let folder = folder();
    too_deep(folder.path());
    let entry = cassette(folder.path(), "c", "", "s", "{}");
    std::fs::write(folder.path().join("a.txt"), "x").unwrap();
    let found = scan(folder.path(), &["."]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.starts_with("cannot read ./deep/ddd") && found.stdout.lines().count() == 1, "{found:?}");
    assert!(found.stderr.contains("3 files scanned: 0 secrets, 0 invalid files, 1 not readable"), "{found:?}");
    let json: serde_json::Value = serde_json::from_str(&scan(folder.path(), &["--json", "."]).stdout).unwrap();
    assert!(json["unread"].as_str().unwrap().starts_with("cannot read ./deep/ddd"), "{json}");
    // What is invalid says more, a secret most.
    std::fs::write(&entry, "{").unwrap();
    assert_eq!(scan(folder.path(), &["."]).code, Some(5));
    std::fs::write(folder.path().join("z.txt"), SECRETS[0].1).unwrap();
    let found = scan(folder.path(), &["."]);
    assert!(found.code == Some(4) && found.stdout.starts_with("./z.txt:1: access key id\n"), "{found:?}");
    assert_eq!(found.stdout.lines().count(), 3, "{found:?}");
}

#[test]
fn unreadable_arguments_are_reported_with_the_rest() {
    let folder = folder();
    cassette(folder.path(), "c", "", "s", "{}");
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    std::fs::write(folder.path().join("plain"), "x").unwrap();
    let long = "n".repeat(300);
    // The last is a file that nobody can read from its beginning.
    symlink("/proc/self/mem", folder.path().join("c/mem")).unwrap();
    let unmapped = cfg!(target_os = "linux").then_some("c/mem");
    for name in ["dangling", "loop", "nowhere", &long].into_iter().chain(unmapped) {
        std::fs::write(folder.path().join("plain"), "x").unwrap();
        let found = scan(folder.path(), &[name, "plain"]);
        assert_eq!(found.code, Some(1), "{found:?}");
        assert!(found.stdout.starts_with(&format!("cannot read {name}: ")), "{found:?}");
        std::fs::write(folder.path().join("plain"), SECRETS[0].1).unwrap();
        let found = scan(folder.path(), &[name, "plain"]);
        assert!(found.code == Some(4) && found.stdout.starts_with("plain:1: access key id\n"), "{found:?}");
    }
}

#[test]
fn invalid_files_are_scanned_too() {
    let folder = folder();
    let entry = cassette(folder.path(), "c", "", "s", "{}");
    let secret = SECRETS[0].1;
    let text = std::fs::read_to_string(&entry).unwrap();
    std::fs::write(&entry, format!("<<<<<<< HEAD\n{text}{secret}\n")).unwrap();
    let found = scan(folder.path(), &["c"]);
    assert!(found.code == Some(4) && found.stdout.contains(".json:3: access key id\n"), "{found:?}");
    assert!(found.stdout.contains("unresolved merge conflict") && !found.stdout.contains(secret), "{found:?}");
    // Nor does a cassette's head that nobody can read hide what is in its files.
    std::fs::write(&entry, format!("{text}{secret}\n")).unwrap();
    std::fs::write(folder.path().join("c/cassette.json"), "{\"ramtape\": \"9.0\"}").unwrap();
    let found = scan(folder.path(), &["c"]);
    assert!(found.code == Some(4) && found.stdout.contains(".json:2: access key id\n"), "{found:?}");
}
