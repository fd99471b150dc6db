//! What one does from day to day: push, clone, run.

use super::checkout::{Checkout, ENTRY, OTHER};
use crate::support::object_server::ObjectServer;
use std::fs;

#[test]
fn a_run_in_a_fresh_clone_pulls_before_its_command_and_later_asks_nobody() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let clone = first.clone_repository();
    assert!(!clone.cassette().exists(), "git has none of it");
    let file = clone.cassette().join(OTHER);
    let run = clone.ramtape(&["run", "--", "test", "-f", file.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("pulled 5 files"), "{run:?}");
    assert_eq!(clone.files(), first.files());
    assert_eq!(server.take_requests().len(), 5);
    assert_eq!(clone.ramtape(&["run", "--", "true"]).code, Some(0));
    assert_eq!(server.take_requests(), [""; 0], "everything is here");
    // Without a remote, and with one that nobody serves, too.
    fs::write(clone.path("ramtape.toml"), "").unwrap();
    assert_eq!(clone.ramtape(&["run", "--", "true"]).code, Some(0));
    fs::remove_file(&file).unwrap();
    fs::remove_dir_all(clone.cassette().join(".store")).unwrap();
    let run = clone.ramtape(&["run", "--", "true"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("no remote is set") && run.stderr.contains("RAMTAPE_REMOTE_URL"), "{run:?}");
}

#[test]
fn git_ignores_the_cassette_and_the_merge_driver_is_named() {
    let server = ObjectServer::start();
    let checkout = Checkout::new(&server);
    checkout.git(&["add", "-A"]);
    checkout.git(&["commit", "-q", "-m", "the cassette in git"]);
    let push = checkout.ramtape(&["push"]).success();
    assert!(push.stderr.contains("git rm -r -q --cached cassettes/default"), "{push:?}");
    assert!(push.stderr.contains("cassettes.lock names 5 files anew: commit it"), "{push:?}");
    assert_eq!(fs::read_to_string(checkout.path(".gitignore")).unwrap(), "/cassettes/default/\n");
    assert_eq!(fs::read_to_string(checkout.path(".gitattributes")).unwrap(), "cassettes.lock merge=ramtape\n");
    checkout.git(&["rm", "-r", "-q", "--cached", "cassettes/default"]);
    checkout.commit("the cassette elsewhere");
    assert_eq!(checkout.git(&["ls-files"]), ".gitattributes\n.gitignore\ncassettes.lock\nramtape.toml\n");
    let again = checkout.ramtape(&["push"]).success();
    assert!(again.stderr.contains("nothing to push"), "{again:?}");
    assert_eq!(checkout.git(&["status", "--porcelain"]), "");
}

#[test]
fn one_changed_take_moves_that_take_alone() {
    let server = ObjectServer::start();
    let checkout = Checkout::pushed(&server);
    let before = checkout.lock();
    server.state().received = 0;
    checkout.add_take("later");
    let push = checkout.ramtape(&["push"]).success();
    assert!(push.stderr.contains("pushed 1 file") && push.stderr.contains("names 1 file anew"), "{push:?}");
    let requests = server.take_requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].starts_with("PUT /takes/team/sha256/"), "{requests:?}");
    assert_eq!(server.state().received, checkout.files()[ENTRY].len());
    let changed = checkout.lock().lines().filter(|line| !before.contains(line)).count();
    assert_eq!(changed, 1);
}

#[test]
fn status_has_a_word_for_every_difference() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let clone = first.clone_repository();
    clone.ramtape(&["pull"]).success();
    assert!(clone.status().is_empty());
    assert_eq!(clone.ramtape(&["status", "--exit-code"]).code, Some(0));
    clone.add_take("mine");
    fs::remove_file(clone.cassette().join(OTHER)).unwrap();
    clone.add_entry(1);
    let status = clone.status();
    assert_eq!(status[&format!("cassettes/default/{ENTRY}")], "modified");
    assert_eq!(status[&format!("cassettes/default/{OTHER}")], "deleted");
    assert_eq!(status.values().filter(|state| *state == "new").count(), 1, "{status:?}");
    let json = clone.ramtape(&["status", "--json", "--exit-code", "-q"]);
    assert_eq!(json.code, Some(5));
    let objects: Vec<serde_json::Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let modified = objects.iter().find(|object| object["state"] == "modified").unwrap();
    assert_eq!((modified["file"].as_str(), modified["cassette"].as_str()), (Some(ENTRY), Some("cassettes/default")));
    assert_ne!(modified["here"], modified["locked"]);

    // The same seen from the other side.
    clone.ramtape(&["push"]).success();
    clone.commit("two");
    first.git(&["pull", "-q", clone.path("").to_str().unwrap(), "main"]);
    let status = first.status();
    assert_eq!(status[&format!("cassettes/default/{ENTRY}")], "outdated");
    assert_eq!(status[&format!("cassettes/default/{OTHER}")], "dropped");
    assert_eq!(status.values().filter(|state| *state == "missing").count(), 1, "{status:?}");
    let pull = first.ramtape(&["pull"]).success();
    assert!(pull.stderr.contains("pulled 2 files") && pull.stderr.contains("removed 1 file"), "{pull:?}");
    assert_eq!(first.files(), clone.files());
    assert!(first.status().is_empty());
}

#[test]
fn checking_out_another_branch_and_pulling_brings_its_recordings() {
    let server = ObjectServer::start();
    let checkout = Checkout::pushed(&server);
    let main = checkout.files();
    checkout.git(&["checkout", "-q", "-b", "feature"]);
    checkout.add_entry(7);
    checkout.ramtape(&["push"]).success();
    checkout.commit("a request more");
    let feature = checkout.files();
    assert_ne!(main, feature);
    checkout.git(&["checkout", "-q", "main"]);
    checkout.ramtape(&["run", "--", "true"]);
    assert_eq!(checkout.files(), main);
    checkout.git(&["checkout", "-q", "feature"]);
    checkout.ramtape(&["pull"]).success();
    assert_eq!(checkout.files(), feature);
}

#[test]
fn a_secret_is_not_pushed() {
    let server = ObjectServer::start();
    let checkout = Checkout::new(&server);
    checkout.edit(ENTRY, "The value ASLEEP", "AKIAQ3EGUCKB2QGYXC4T The value ASLEEP");
    for arguments in [&["push"][..], &["push", "--dry-run"]] {
        let push = checkout.ramtape(arguments);
        assert_eq!(push.code, Some(4), "{push:?}");
        assert!(push.stderr.contains(ENTRY) && push.stderr.contains("nothing was pushed"), "{push:?}");
        assert!(!push.stderr.contains("AKIAQ3EGUCKB2QGYXC4T"), "{push:?}");
    }
    assert_eq!(server.take_requests(), [""; 0]);
    assert!(!checkout.path("cassettes.lock").exists());
}

#[test]
fn without_a_remote_push_says_where_to_set_one() {
    let server = ObjectServer::start();
    let checkout = Checkout::new(&server);
    fs::write(checkout.path("ramtape.toml"), "").unwrap();
    let push = checkout.ramtape(&["push"]);
    assert_eq!(push.code, Some(2), "{push:?}");
    assert!(push.stderr.contains("--remote") && push.stderr.contains("[remote]"), "{push:?}");
    let store = tempfile::tempdir().unwrap();
    let push = checkout.ramtape(&["push", "--remote", store.path().to_str().unwrap()]).success();
    assert!(push.stderr.contains("pushed 5 files"), "{push:?}");
    fs::remove_dir_all(checkout.cassette()).unwrap();
    checkout.ramtape(&["pull", "--remote", &format!("file://{}", store.path().display())]).success();
    assert_eq!(checkout.files().len(), 5);
    assert_eq!(server.take_requests(), [""; 0]);
}

#[test]
fn each_session_of_a_parent_folder_is_pushed_and_pulled() {
    let server = ObjectServer::start();
    let checkout = Checkout::new(&server);
    let parent = checkout.path("tests/cassettes");
    fs::create_dir_all(&parent).unwrap();
    fs::rename(checkout.cassette(), parent.join("test_one")).unwrap();
    let toml = fs::read_to_string(checkout.path("ramtape.toml")).unwrap();
    let toml = format!("cassette = 'tests/cassettes'\ncassette_per_session = true\n{toml}");
    fs::write(checkout.path("ramtape.toml"), toml).unwrap();
    checkout.ramtape(&["push"]).success();
    assert!(checkout.lock().contains(&format!(" tests/cassettes/test_one/{ENTRY}\n")), "{}", checkout.lock());
    fs::remove_dir_all(&parent).unwrap();
    let run = checkout.ramtape(&["run", "--", "true"]);
    assert!(run.stderr.contains("pulled 5 files"), "{run:?}");
    assert!(parent.join("test_one").join(ENTRY).is_file());
}

#[test]
fn a_cassette_that_somebody_records_into_or_replays_is_left_alone() {
    let server = ObjectServer::start();
    let checkout = Checkout::pushed(&server);
    let replaying = crate::support::binary::Server::start(&mut checkout.command(&["replay"]));
    checkout.add_take("later");
    let push = checkout.ramtape(&["push"]);
    assert_eq!(push.code, Some(1), "{push:?}");
    assert!(push.stderr.contains("in use by another ramtape"), "{push:?}");
    replaying.stop();
    checkout.ramtape(&["push"]).success();
}
