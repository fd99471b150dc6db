//! Which Pythons and systems the wheel is for.

use super::{Suite, assert_printed};
use crate::support::clients;
use crate::support::python_package::{Venv, other_pythons, packages};
use std::fs;
use std::process::Command;

#[test]
fn every_python_that_is_supported_replays_what_one_recorded() {
    let Some(suite) = Suite::whole() else { return };
    fs::remove_file(suite.folder.path().join("test_async.py")).unwrap();
    let more = suite.folder.path().join("more/test_scopes.py");
    let without_recording =
        |line: &&str| !line.contains("mark.default_cassette") && !line.contains("mark.block_network");
    let text = fs::read_to_string(&more).unwrap();
    fs::write(&more, text.lines().filter(without_recording).collect::<Vec<_>>().join("\n")).unwrap();
    suite.write("pytest.ini", "[pytest]\naddopts = -p no:cacheprovider --import-mode=importlib\npythonpath = .\nramtape_cassette_dir = cassettes\n");
    assert_printed(&suite.record("").success(), &["16 passed"]);
    for (version, packages) in other_pythons() {
        let venv = Venv::with(&packages);
        let python = || venv.python().region(super::REGION).folder(suite.folder.path());
        let is_it = format!("import sys; print('%d.%d' % sys.version_info[:2] == '{version}')");
        assert_printed(&python().args(["-c", &is_it]).finish().success(), &["True"]);
        let replayed = python().args(["-m", "pytest", "-n", "2"]).finish().success();
        assert_printed(&replayed, &["16 passed", " 0 missed; 0 upstream connections"]);
    }
}

#[test]
fn the_wheel_names_the_oldest_glibc_that_its_binary_runs_with() {
    let Some(packages) = packages() else { return };
    let folder = tempfile::tempdir().unwrap();
    // As a release builds it: pip's own wheel is for this machine, and names no version.
    let build = ["-m", "maturin", "build", "--profile", "dev", "--locked", "--quiet", "--out"];
    clients::install(
        Command::new(packages.join("bin/python"))
            .args(build)
            .arg(folder.path())
            .current_dir(env!("CARGO_MANIFEST_DIR")),
    );
    let wheel = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let name = wheel.file_name().unwrap().to_str().unwrap();
    let begins = concat!("ramtape-", env!("CARGO_PKG_VERSION"), "-py3-none-manylinux_2_");
    let Some(tag) = name.strip_prefix(begins) else {
        assert!(name.contains("macosx") || name.contains("musllinux"), "{name}");
        return;
    };
    let floor: u32 = tag.split('_').next().unwrap().parse().unwrap();
    let unpacked = Command::new(packages.join("bin/python"))
        .args(["-m", "zipfile", "-e"])
        .args([wheel.as_path(), folder.path()])
        .status();
    assert!(unpacked.unwrap().success());
    let data = concat!("ramtape-", env!("CARGO_PKG_VERSION"), ".data/scripts/ramtape");
    let binary = fs::read(folder.path().join(data)).unwrap();
    let versions = binary.windows(8).enumerate().filter(|(_, bytes)| bytes == b"GLIBC_2.").filter_map(|(at, _)| {
        let digits = binary.get(at + 8..)?.iter().take_while(|byte| byte.is_ascii_digit()).copied().collect();
        String::from_utf8(digits).ok()?.parse::<u32>().ok()
    });
    assert_eq!(versions.max(), Some(floor), "{name}");
    for file in ["ramtape/py.typed", "ramtape/pytest_plugin.py"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}
