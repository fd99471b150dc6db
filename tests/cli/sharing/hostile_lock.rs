//! Locks that lead elsewhere: they come with branches that anybody may have written.

use super::checkout::{Checkout, ENTRY};
use crate::support::object_server::ObjectServer;
use std::fs;

#[test]
fn nothing_is_written_outside_of_cassettes() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let line = first.lock().lines().find(|line| line.ends_with(ENTRY)).unwrap().to_owned();
    let version = line.rsplit_once(' ').unwrap().0.to_owned();
    for name in [
        "../x/cassette.json",
        "/tmp/cassette.json",
        ".git/hooks/cassette.json",
        "src/main.rs",
        ".github/workflows/x.yml",
        "a/.store/journal",
    ] {
        let clone = first.clone_repository();
        let head = clone.lock().lines().next().unwrap().to_owned();
        fs::write(clone.path("cassettes.lock"), format!("{head}\n{version} {name}\n")).unwrap();
        for command in [&["pull"][..], &["run", "--", "true"], &["status"]] {
            let refused = clone.ramtape(command);
            assert_eq!(refused.code, Some(5), "{name}: {refused:?}");
            assert!(refused.stderr.contains("cassettes.lock"), "{refused:?}");
        }
    }
    assert_eq!(server.take_requests(), [""; 0]);
}

#[test]
fn links_are_not_followed_out_of_the_repository() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let (clone, elsewhere) = (first.clone_repository(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), clone.path("cassettes")).unwrap();
    let refused = clone.ramtape(&["pull"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("links are followed"), "{refused:?}");
    fs::remove_file(clone.path("cassettes")).unwrap();
    fs::create_dir_all(clone.cassette()).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), clone.cassette().join("get-resource-shares")).unwrap();
    let refused = clone.ramtape(&["pull"]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
