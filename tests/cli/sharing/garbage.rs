//! What nobody needs any more.

use super::checkout::Checkout;
use crate::support::object_server::ObjectServer;

#[test]
fn what_any_branch_needs_stays() {
    let server = ObjectServer::start();
    server.state().modified = Some("2020-01-01T00:00:00.000Z");
    let checkout = Checkout::pushed(&server);
    checkout.git(&["checkout", "-q", "-b", "feature"]);
    checkout.add_take("feature");
    checkout.ramtape(&["push"]).success();
    checkout.commit("feature");
    checkout.git(&["checkout", "-q", "main"]);
    checkout.ramtape(&["pull"]).success();
    // Twice changed, once committed: the first of them is garbage, and so is what all branches have left behind.
    for session in ["one", "two"] {
        checkout.add_take(session);
        checkout.ramtape(&["push"]).success();
    }
    checkout.commit("main");
    let all = server.state().objects.len();
    let dry = checkout.ramtape(&["gc", "--dry-run"]).success();
    assert!(dry.stderr.contains("2 objects") && dry.stderr.contains("would be removed"), "{dry:?}");
    assert_eq!(dry.stdout.lines().count(), 2);
    assert_eq!(server.state().objects.len(), all);
    // Without somebody to ask.
    let asked = checkout.ramtape(&["gc"]);
    assert_eq!(asked.code, Some(2), "{asked:?}");
    assert!(asked.stderr.contains("--yes"), "{asked:?}");
    checkout.ramtape(&["gc", "--yes"]).success();
    assert_eq!(server.state().objects.len(), all - 2);
    // The branch alone is named: main's is garbage, but for what the working directory needs.
    let dry = checkout.ramtape(&["gc", "--dry-run", "--branch", "main"]).success();
    assert!(dry.stdout.lines().count() == 1, "the one of feature: {dry:?}");
    for branch in ["main", "feature"] {
        checkout.git(&["checkout", "-q", branch]);
        checkout.ramtape(&["pull"]).success();
    }
}

#[test]
fn what_is_young_stays() {
    let server = ObjectServer::start();
    let checkout = Checkout::pushed(&server);
    for session in ["one", "two"] {
        checkout.add_take(session);
        checkout.ramtape(&["push"]).success();
    }
    checkout.commit("two");
    server.state().modified = Some("2099-01-01T00:00:00.000Z");
    let collected = checkout.ramtape(&["gc", "--yes", "--older-than", "2"]).success();
    assert!(collected.stderr.contains("; 2 that nobody needs stored in the last 2 days"), "{collected:?}");
    assert_eq!(server.state().objects.len(), 7);
    assert_eq!(checkout.ramtape(&["gc", "--older-than", "1"]).code, Some(2));
}

#[test]
fn a_clone_that_does_not_know_every_branch_removes_nothing() {
    let server = ObjectServer::start();
    server.state().modified = Some("2020-01-01T00:00:00.000Z");
    let origin = Checkout::pushed(&server);
    let clone = origin.clone_repository();
    clone.ramtape(&["pull"]).success();
    clone.ramtape(&["gc", "--yes"]).success();
    origin.git(&["checkout", "-q", "-b", "later"]);
    origin.add_take("later");
    origin.ramtape(&["push"]).success();
    origin.commit("later");
    let refused = clone.ramtape(&["gc", "--yes"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("nothing was removed: 1 branch of origin") && refused.stderr.contains("git fetch"),
        "{refused:?}"
    );
    clone.git(&["fetch", "-q"]);
    clone.ramtape(&["gc", "--yes"]).success();
    assert_eq!(server.state().objects.len(), 6);

    let shallow = Checkout::new(&server);
    std::fs::remove_dir_all(shallow.path(".git")).unwrap();
    let nowhere = shallow.ramtape(&["gc"]);
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.stderr.contains("no git repository"), "{nowhere:?}");
    shallow.git(&["clone", "-q", "--depth", "1", &format!("file://{}", origin.path("").display()), "shallow"]);
    let refused = shallow.command(&["gc"]).current_dir(shallow.path("shallow")).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("this clone is shallow"), "{told}");
}

#[test]
fn missing_objects_are_told_and_sent_again() {
    let server = ObjectServer::start();
    let checkout = Checkout::pushed(&server);
    let lost = server.state().objects.pop_first().unwrap();
    let told = checkout.ramtape(&["gc", "--dry-run"]);
    assert_eq!(told.code, Some(5), "{told:?}");
    assert!(
        told.stderr.contains("1 object that a lock names is not in") && told.stderr.contains("push --all"),
        "{told:?}"
    );
    checkout.ramtape(&["push", "--all"]).success();
    assert_eq!(server.state().objects.get(&lost.0), Some(&lost.1));
    assert_eq!(server.take_requests().iter().filter(|request| request.starts_with("PUT")).count(), 1);
}
