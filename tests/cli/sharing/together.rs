//! Several at once: pulls, pushes, and branches that git merges.

use super::checkout::{Checkout, ENTRY};
use crate::support::binary::Finished;
use crate::support::object_server::{Fault, ObjectServer};
use std::time::Duration;

#[test]
fn two_pulls_at_once_fetch_everything_once() {
    let server = ObjectServer::start();
    let clone = Checkout::pushed(&server).clone_repository();
    server.fail("GET", [Fault::Wait(Duration::from_millis(1500))]);
    let mut first = clone.command(&["run", "--", "true"]);
    let first = first.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while server.state().requests.is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = clone.ramtape(&["pull"]).success();
    assert!(second.stderr.contains("another ramtape is pulling or pushing here: waiting"), "{second:?}");
    assert!(second.stderr.contains("nothing to pull"), "{second:?}");
    let first = Finished::from(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(server.take_requests().len(), 5);
}

#[test]
fn two_pushers_lose_nothing_of_each_other() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server).with_driver();
    let second = first.clone_repository();
    second.ramtape(&["pull"]).success();
    for (checkout, number) in [(&first, 1), (&second, 2)] {
        checkout.add_entry(number);
        checkout.ramtape(&["push"]).success();
        checkout.commit("recorded");
    }
    first.git(&["pull", "-q", "--no-rebase", "--no-edit", second.path("").to_str().unwrap(), "main"]);
    first.ramtape(&["pull"]).success();
    assert_eq!(first.files().len(), 7);
    assert!(first.status().is_empty());
    let third = first.clone_repository();
    third.ramtape(&["pull"]).success();
    assert_eq!(third.files(), first.files());
}

#[test]
fn takes_added_to_one_request_on_two_branches_are_merged_with_and_without_the_driver() {
    for has_driver in [true, false] {
        let server = ObjectServer::start();
        let first = Checkout::pushed(&server);
        let first = if has_driver { first.with_driver() } else { first };
        let second = first.clone_repository();
        second.ramtape(&["pull"]).success();
        for (checkout, session) in [(&first, "first"), (&second, "second")] {
            checkout.add_take(session);
            checkout.ramtape(&["push"]).success();
            checkout.commit(session);
        }
        let merge =
            first.try_git(&["pull", "-q", "--no-rebase", "--no-edit", second.path("").to_str().unwrap(), "main"]);
        assert_eq!(merge.code, Some(1), "{merge:?}");
        for refused in [&["status"][..], &["push"], &["run", "--", "true"]] {
            let told = first.ramtape(refused);
            assert_eq!(told.code, Some(5), "{told:?}");
            assert!(told.stderr.contains("git left a conflict") && told.stderr.contains("`ramtape pull`"), "{told:?}");
        }
        let pull = first.ramtape(&["pull"]).success();
        assert!(pull.stderr.contains("1 file changed here and by others"), "{pull:?}");
        assert!(pull.stderr.contains("`git add cassettes.lock`"), "{pull:?}");
        let text = String::from_utf8(first.files()[ENTRY].clone()).unwrap();
        for said in ["recorded by first", "recorded by second", "The value ASLEEP"] {
            assert_eq!(text.matches(said).count(), 1, "{text}");
        }
        first.ramtape(&["push"]).success();
        first.commit("merged");
        let third = first.clone_repository();
        third.ramtape(&["pull"]).success();
        assert_eq!(third.files(), first.files());
    }
}
