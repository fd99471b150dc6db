//! `ramtape scan`: what belongs to a cassette is checked as such, from every folder and under every name.

use super::scan::cassette;
use crate::support::binary::{Finished, folder, run};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A cassette `c` with an e-mail address in its one entry, which stands at the path given.
fn leaking(folder: &Path) -> PathBuf {
    // In two parts, so that no scanner takes this file for a leak.
    cassette(folder, "c", "", "s", &format!("{{\"m\":\"{}\"}}", ["bob", "@corp.io"].concat()))
}

fn scan(folder: &Path, paths: &[&str]) -> Finished {
    run(folder, &[&["scan"], paths].concat())
}

#[test]
fn an_entry_is_known_from_every_folder_and_under_every_name() {
    let folder = folder();
    let file = leaking(folder.path());
    let name = file.file_name().unwrap().to_str().unwrap();
    let inside = format!("get-resource-shares/{name}");
    symlink("c/get-resource-shares", folder.path().join("shares")).unwrap();
    symlink(format!("c/{inside}"), folder.path().join("entry")).unwrap();
    std::fs::create_dir(folder.path().join("c/.hidden")).unwrap();
    for (here, path) in [
        ("c/get-resource-shares", name.to_owned()),
        ("c/get-resource-shares", format!("./{name}")),
        ("c/get-resource-shares", ".".to_owned()),
        ("c/get-resource-shares", format!("../{inside}")),
        ("c/get-resource-shares", file.display().to_string()),
        ("c/.hidden", "..".to_owned()),
        ("c/.hidden", format!("../.hidden/../{inside}")),
        ("c", inside.clone()),
        ("c", format!("get-resource-shares/../{inside}")),
        ("", format!("c/get-resource-shares/../get-resource-shares/./{name}")),
        ("", format!("shares/{name}")),
        ("shares", name.to_owned()),
        ("", "entry".to_owned()),
    ] {
        let found = scan(&folder.path().join(here), &[&path]);
        assert_eq!(found.code, Some(4), "{here}: {path}: {found:?}");
        assert!(found.stdout.ends_with("e-mail address at /takes/0/pages/0/body/m\n"), "{here}: {path}: {found:?}");
    }
}

#[test]
fn entries_without_the_cassettes_head_are_invalid() {
    let folder = folder();
    let file = leaking(folder.path());
    std::fs::copy(&file, file.with_file_name("aaaaaaaaaaaaaaaa.json")).unwrap();
    let head = std::fs::read(folder.path().join("c/cassette.json")).unwrap();
    std::fs::remove_file(folder.path().join("c/cassette.json")).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let inside = format!("c/get-resource-shares/{name}");
    for (here, arguments) in [
        ("", vec!["--cassette", "c"]),
        ("", vec!["."]),
        ("", vec![inside.as_str()]),
        ("c/get-resource-shares", vec![name]),
    ] {
        let found = scan(&folder.path().join(here), &arguments);
        assert_eq!(found.code, Some(5), "{arguments:?}: {found:?}");
        let part = "holds recorded files but no cassette.json, which names their format: restore it\n";
        assert!(found.stdout.ends_with(part), "{arguments:?}: {found:?}");
        assert_eq!(found.stdout.lines().count(), 1, "once for the cassette: {found:?}");
        assert!(found.stderr.contains("0 secrets, 1 invalid file"), "{found:?}");
    }
    // A credential comes first, whatever the rules are.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("SELF", crate::support::secrets::SECRETS[0].1)).unwrap();
    assert_eq!(scan(folder.path(), &["--cassette", "c"]).code, Some(4));
    std::fs::write(&file, text).unwrap();
    std::fs::remove_file(file.with_file_name("aaaaaaaaaaaaaaaa.json")).unwrap();
    std::fs::write(folder.path().join("c/cassette.json"), head).unwrap();
    assert_eq!(scan(folder.path(), &["--cassette", "c"]).code, Some(4));
}

#[test]
fn a_copy_of_an_entry_beside_a_cassette_holds_no_more_than_the_entry_may() {
    let folder = folder();
    let file = leaking(folder.path());
    std::fs::rename(&file, folder.path().join("sample.json")).unwrap();
    let found = scan(folder.path(), &["."]);
    assert!(found.code == Some(4) && found.stdout.contains("./sample.json:1: e-mail address"), "{found:?}");
    let clean = cassette(folder.path(), "c", "", "s", "{\"m\":\"x\"}");
    for name in ["sample.json", clean.file_name().unwrap().to_str().unwrap()] {
        std::fs::copy(&clean, folder.path().join(name)).unwrap();
    }
    assert_eq!(scan(folder.path(), &["."]).code, Some(0));
}

#[test]
fn unrelated_json_is_ignored() {
    let folder = folder();
    let mail = ["bob", "@corp.io"].concat();
    std::fs::create_dir_all(folder.path().join("get-resource-shares")).unwrap();
    for (name, text) in [
        ("package.json", format!("{{\"author\":\"{mail}\"}}")),
        (
            "get-resource-shares/itbgaowcfdyeqtpg.json",
            format!("{{\"operation\":\"GetResourceShares\",\"by\":\"{mail}\"}}"),
        ),
        ("get-resource-shares/translationstext.json", format!("[\"{mail}\"]")),
        ("get-resource-shares/x.json", "{".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    cassette(folder.path(), "c", "", "s", "{}");
    let found = scan(folder.path(), &["."]);
    assert_eq!((found.code, found.stdout.as_str()), (Some(0), ""), "{found:?}");
}

#[test]
fn a_symlink_in_place_of_an_entry_is_scanned() {
    let folder = folder();
    let file = leaking(folder.path());
    let (shares, away) = (file.parent().unwrap(), folder.path().join("away"));
    let entry = away.join(file.file_name().unwrap());
    let invalid = |what: &Path| {
        let found = scan(folder.path(), &["--cassette", "c"]);
        assert_eq!(found.code, Some(5), "{what:?}: {found:?}");
        let shown = what.strip_prefix(folder.path()).unwrap().display();
        assert!(
            found.stdout.starts_with(&format!("{shown}: not a regular file inside the cassette's folder")),
            "{found:?}"
        );
        assert_eq!(found.stdout.lines().count(), 1, "{found:?}");
        assert_eq!(run(folder.path(), &["ls", "--cassette", "c"]).code, Some(5));
    };
    // An entry.
    std::fs::create_dir(&away).unwrap();
    std::fs::rename(&file, &entry).unwrap();
    symlink(&entry, &file).unwrap();
    invalid(&file);
    // Its folder.
    std::fs::remove_dir_all(shares).unwrap();
    symlink(&away, shares).unwrap();
    invalid(shares);
    // What stays in the cassette is read, and judged.
    std::fs::remove_file(shares).unwrap();
    std::fs::rename(&away, folder.path().join("c/.own")).unwrap();
    symlink(".own", shares).unwrap();
    let found = scan(folder.path(), &["--cassette", "c"]);
    assert!(found.code == Some(4) && found.stdout.contains("e-mail address at /takes/0"), "{found:?}");
    // One that leads nowhere here may lead somewhere on another machine.
    std::fs::remove_file(shares).unwrap();
    std::fs::create_dir(shares).unwrap();
    symlink("../nowhere", &file).unwrap();
    std::fs::remove_dir_all(folder.path().join("c/.own")).unwrap();
    let found = scan(folder.path(), &["--cassette", "c"]);
    assert!(found.code == Some(5) && found.stdout.contains("not a regular file inside"), "{found:?}");
    // Links that nothing reads as recorded are not followed.
    std::fs::remove_dir_all(shares).unwrap();
    std::fs::create_dir(folder.path().join("docs")).unwrap();
    std::fs::write(folder.path().join("docs/read.me"), "x").unwrap();
    symlink("../docs", folder.path().join("c/docs")).unwrap();
    symlink("/dev/null", folder.path().join("c/null.json")).unwrap();
    assert_eq!(scan(folder.path(), &["--cassette", "c"]).code, Some(0));
}

#[test]
fn a_file_of_another_name_among_recorded_ones_is_invalid() {
    let folder = folder();
    let file = leaking(folder.path());
    std::fs::rename(&file, file.with_file_name("copy.json")).unwrap();
    let found = scan(folder.path(), &["--cassette", "c"]);
    assert!(found.stdout.contains("copy.json: not a name used in a cassette"), "{found:?}");
    assert_eq!(run(folder.path(), &["ls", "--cassette", "c"]).code, Some(5));
    // A link to one of them is such a file too, and no sign that the cassette's own head is missing.
    std::fs::rename(file.with_file_name("copy.json"), &file).unwrap();
    symlink(file.file_name().unwrap(), file.with_file_name("link.json")).unwrap();
    let found = scan(folder.path(), &["c/get-resource-shares/link.json"]);
    let lines: Vec<&str> = found.stdout.lines().filter(|line| !line.contains("e-mail address")).collect();
    assert!(matches!(lines[..], [line] if line.contains("link.json: not a name used in a cassette")), "{found:?}");
}

#[test]
fn a_file_name_with_a_secret_is_reported_once_without_it() {
    let folder = folder();
    let secret = crate::support::secrets::SECRETS[0].1;
    let file = cassette(folder.path(), &format!("tapes/{secret}"), "", "s", "{}");
    std::fs::write(folder.path().join(format!("tapes/x-{secret}.txt")), "x").unwrap();
    let found = scan(folder.path(), &["tapes"]);
    assert_eq!(found.code, Some(4), "{found:?}");
    assert_eq!(found.stdout, "tapes/…: access key id in its name\ntapes/x-….txt: access key id in its name\n");
    // Whoever names a file names its folders.
    let named = file.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
    let found = scan(folder.path(), &["--json", &named]);
    assert_eq!(found.code, Some(4), "{found:?}");
    assert_eq!(found.stdout, "{\"file\":\"tapes/…\",\"found\":\"access key id\"}\n");
    let gone = scan(folder.path(), &[&format!("{secret}.txt")]);
    assert!(gone.code == Some(4) && !format!("{gone:?}").contains(secret), "{gone:?}");
    // What else is wrong there is told without it too.
    std::fs::write(&file, "{").unwrap();
    let found = scan(folder.path(), &["tapes"]);
    assert!(found.stdout.contains("tapes/…/get-resource-shares/") && found.code == Some(4), "{found:?}");
    assert!(!format!("{found:?}").contains(secret), "{found:?}");
    std::fs::write(folder.path().join("ramtape.toml"), "[[scan.allow]]\npath = '^tapes/'\nreason = 'made up'\n")
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(scan(folder.path(), &["tapes"]).code, Some(0));
}
