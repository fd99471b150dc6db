//! What makes releases, what installs from them and what the manual says of them go by the same names.

use crate::book::{root, rows, spans_in};
use crate::support::binary::{Finished, folder};
use crate::yaml;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The targets that release.yml builds for.
fn built() -> BTreeSet<String> {
    let release = yaml::file(".github/workflows/release.yml");
    let builds = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_vec().unwrap();
    builds.iter().map(|build| build["target"].as_str().unwrap().to_owned()).collect()
}

/// The words behind `before` in the lines of a file.
fn words_behind(path: &str, before: &str) -> BTreeSet<String> {
    let lines = read(path);
    let behind = lines.lines().filter_map(|line| line.trim().split_once(before)).map(|(_, rest)| rest);
    behind.map(|rest| rest.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn what_is_built_is_what_is_packed_installed_and_told() {
    let targets = built();
    assert_eq!(targets.len(), 4);
    assert_eq!(
        words_behind(".ci/assemble", "pack ").into_iter().filter(|word| word.contains('-')).collect::<BTreeSet<_>>(),
        targets
    );
    assert_eq!(words_behind(".ci/action/resolve", " target="), targets);
    let told = rows("docs/install.md", "## After the first release").into_iter();
    let told: BTreeSet<String> = told.filter(|row| row.len() == 2).map(|row| spans_in(row[1])[0].to_owned()).collect();
    assert_eq!(told, targets);
}

#[test]
fn archives_have_one_name_wherever_they_are_made_and_looked_for() {
    let name = |target: &str| format!("ramtape-{VERSION}-{target}");
    for script in [".ci/package", ".ci/action/resolve"] {
        assert!(read(script).contains("=ramtape-$version-$target\n"), "{script}");
    }
    assert!(read(".ci/assemble").contains("name=ramtape-$version-$1\n"));
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let metadata = &manifest["package"]["metadata"]["binstall"];
    // https://github.com/cargo-bins/cargo-binstall/blob/main/SUPPORT.md
    let render = |key: &str, target: &str| {
        let filled = metadata[key].as_str().unwrap().replace("{ name }", "ramtape").replace("{ bin }", "ramtape");
        let filled =
            filled.replace("{ version }", VERSION).replace("{ target }", target).replace("{ repo }", "REPOSITORY");
        filled.replace("{ archive-suffix }", ".tar.gz").replace("{ binary-ext }", "")
    };
    assert_eq!(metadata["pkg-fmt"].as_str(), Some("tgz"), "whose suffix is .tgz or .tar.gz");
    for target in built() {
        let archive = name(&target);
        let url = format!("REPOSITORY/releases/download/v{VERSION}/{archive}.tar.gz");
        assert_eq!(render("pkg-url", &target), url);
        assert_eq!(render("bin-dir", &target), format!("{archive}/ramtape"));
    }
    // The action's parts of the same address; what they make together is tested in action.rs.
    assert!(read("action.yml").contains("|| github.repository }}/releases/download\n"));
    assert!(read(".ci/action/install").contains("\"$RELEASES/v$VERSION/$1\""));
    // What the manual tells people to type.
    let linux = name("x86_64-unknown-linux-gnu");
    let page = read("docs/install.md");
    for part in [
        format!("`ramtape-{VERSION}-TARGET.tar.gz`"),
        format!("tar -xzf {linux}.tar.gz\n"),
        format!("install {linux}/ramtape "),
    ] {
        assert!(page.contains(&part), "{part}");
    }
    let glibc = read(".ci/package").split("\nglibc=").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(page.matches(&format!("with glibc {glibc} or newer")).count(), 2);
}

#[test]
fn a_release_is_refused_where_tag_changelog_and_repository_do_not_fit() {
    let check = |arguments: &[&str]| {
        let mut command = Command::new(root().join(".ci/check-release"));
        Finished::from(command.args(arguments).output().unwrap())
    };
    let refused = check(&["v999.0.0", "https://github.com/somebody/else"]);
    assert_eq!(refused.code, Some(1));
    for part in ["the tag is v999.0.0, but Cargo.toml says ", "the release is one of https://github.com/somebody/else"]
    {
        assert!(refused.stderr.contains(part), "{part} in {refused:?}");
    }
    let finished = check(&[&format!("v{VERSION}")]);
    let has_section = read("CHANGELOG.md").contains(&format!("\n## [{VERSION}]"));
    assert_eq!(finished.code, Some(if has_section { 0 } else { 1 }), "{finished:?}");
    assert_eq!(finished.stderr.contains("CHANGELOG.md has no section"), !has_section, "{finished:?}");
}

#[test]
fn npm_packages_are_made_for_all_platforms_that_there_are() {
    let platforms: serde_json::Value = serde_json::from_str(&read("npm/platforms.json")).unwrap();
    let known: BTreeSet<String> = platforms.as_object().unwrap().keys().cloned().collect();
    let packs = read(".ci/assemble");
    let packed: BTreeSet<String> =
        packs.lines().filter_map(|line| line.strip_prefix("pack ")?.split(' ').nth(1)).map(str::to_owned).collect();
    assert_eq!(packed, known);
}

#[test]
fn a_release_holds_archives_wheels_npm_packages_and_their_checksums() {
    if ["npm", "sha256sum"].iter().any(|tool| Command::new(tool).arg("--version").output().is_err()) {
        assert!(std::env::var_os("CI").is_none(), "npm and sha256sum are needed");
        println!("skipped: npm and sha256sum are needed");
        return;
    }
    let (folder, home) = (folder(), folder());
    for target in built() {
        let name = format!("ramtape-{VERSION}-{target}");
        fs::create_dir(folder.path().join(&name)).unwrap();
        fs::write(folder.path().join(&name).join("ramtape"), &target).unwrap();
        let archive = format!("{name}.tar.gz");
        let tar = Command::new("tar").current_dir(&folder).args(["-czf", &archive, &name]).status();
        assert!(tar.unwrap().success());
        fs::remove_dir_all(folder.path().join(&name)).unwrap();
    }
    fs::write(folder.path().join("ramtape-0-py3-none-any.whl"), "a wheel").unwrap();
    let assembled = Command::new(root().join(".ci/assemble")).arg(folder.path()).env("HOME", home.path()).output();
    let assembled = Finished::from(assembled.unwrap());
    assert_eq!(assembled.code, Some(0), "{assembled:?}");
    let sums = fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name != "SHA256SUMS").collect();
    let summed: BTreeSet<String> = sums.lines().map(|line| line.split("  ").nth(1).unwrap().to_owned()).collect();
    assert_eq!(summed, files);
    // Four archives, a wheel, ramtape itself for npm, and its binary for each platform.
    assert_eq!(files.len(), 4 + 1 + 1 + 4, "{files:?}");
    let checked = Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&folder).status();
    assert!(checked.unwrap().success());
}
