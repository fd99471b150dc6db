//! `npx ramtape`: the binary of the package for the platform, and what it says where that is not there.

use super::{assert_contains, call, failure, project};
use crate::support::binary::Server;
use crate::support::npm::{Project, platform};
use std::fs;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn it_is_the_binary() {
    let Some(project) = project() else { return };
    let told = project.call("npx", ["--offline", "ramtape", "--version"]).finish().success();
    assert_eq!(String::from_utf8_lossy(&told.stdout), format!("ramtape {VERSION}\n"));
    let code = |arguments: &[&str]| call(&project, &[&["ramtape"], arguments].concat()).finish().code;
    assert_eq!(code(&["run", "--", "sh", "-c", "exit 7"]), Some(7));
    assert_eq!(code(&["replay", "--no-such-flag"]), Some(2));
    // Killed, as the binary was.
    assert_eq!(code(&["run", "--", "sh", "-c", "kill -KILL $PPID"]), None);
}

#[test]
fn signals_reach_the_binary() {
    let Some(project) = project() else { return };
    fs::create_dir_all(project.path().join("cassettes")).unwrap();
    let home = tempfile::tempdir().unwrap();
    for (signal, code) in [("TERM", Some(0)), ("INT", Some(0)), ("HUP", None)] {
        let server = Server::start(&mut call(&project, &["ramtape", "replay"]).command(&home));
        server.signal(signal);
        let ended = server.wait();
        assert_eq!(ended.code, code, "{signal}: {ended:?}");
    }
    project.assert_no_orphan();
}

#[test]
fn a_package_that_is_not_there_is_named() {
    let Some(project) = project() else { return };
    fs::remove_dir_all(project.path().join("node_modules/@ramtape")).unwrap();
    let package =
        format!("the package @ramtape/{}, which holds the binary for this platform, is not installed", platform());
    let told = failure(call(&project, &["ramtape", "--version"]));
    assert_contains(&told, &[&format!("ramtape: {package}"), "--omit=optional", "RAMTAPE_BINARY"]);
    assert_contains(&failure(call(&project, &["vitest", "run", "listing.test.js"])), &[&package]);

    // A binary that was named does.
    let built = call(&project, &["ramtape", "--version"]).env("RAMTAPE_BINARY", env!("CARGO_BIN_EXE_ramtape"));
    built.finish().success();
    let none = call(&project, &["ramtape", "--version"]).env("RAMTAPE_BINARY", "/nowhere/ramtape");
    assert_contains(&failure(none), &["RAMTAPE_BINARY is /nowhere/ramtape, which cannot be run"]);
}

#[test]
fn another_version_is_refused() {
    let Some(project) = project() else { return };
    let package = format!("@ramtape/{}", platform());
    let manifest = project.path().join("node_modules").join(&package).join("package.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace(VERSION, "0.0.9")).unwrap();
    let told = failure(call(&project, &["ramtape", "--version"]));
    assert_contains(&told, &[&format!("{package} is 0.0.9, but ramtape is {VERSION}")]);

    let old = script(&project, "echo ramtape 0.0.9");
    let told = failure(call(&project, &["ramtape", "--version"]).env("RAMTAPE_BINARY", &old));
    assert_contains(
        &told,
        &[&format!("RAMTAPE_BINARY is {old}, which is ramtape 0.0.9, but the npm package is ramtape {VERSION}")],
    );
}

#[test]
fn a_package_has_what_it_needs_and_no_more() {
    let Some(project) = Project::new() else { return };
    let names = |package: &str| {
        let entries = fs::read_dir(project.path().join("node_modules").join(package)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("ramtape"), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "bin", "lib", "package.json"]);
    assert_eq!(names(&format!("@ramtape/{}", platform())), ["LICENSE-APACHE", "LICENSE-MIT", "bin", "package.json"]);
    // Each platform that there is a package for, in the same version.
    let manifest = fs::read_to_string(project.path().join("node_modules/ramtape/package.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let wanted = manifest["optionalDependencies"].as_object().unwrap();
    assert!(
        wanted.contains_key(&format!("@ramtape/{}", platform())) && wanted.values().all(|version| version == VERSION)
    );
    assert_eq!(manifest["version"], VERSION);
}

/// The path of a shell script in the project.
fn script(project: &Project, line: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = project.path().join("script");
    fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}
