//! What was changed here and by others.

use super::checkout::{Checkout, ENTRY};
use crate::support::object_server::ObjectServer;

/// A checkout whose entry was changed by `here`, and whose lock names another version of it.
fn both_changed(server: &ObjectServer, here: impl Fn(&Checkout), there: impl Fn(&Checkout)) -> Checkout {
    let first = Checkout::pushed(server);
    let second = first.clone_repository();
    second.ramtape(&["pull"]).success();
    there(&second);
    second.ramtape(&["push"]).success();
    second.commit("theirs");
    here(&first);
    first.git(&["pull", "-q", second.path("").to_str().unwrap(), "main"]);
    first
}

fn said(checkout: &Checkout) -> String {
    String::from_utf8(checkout.files()[ENTRY].clone()).unwrap()
}

#[test]
fn additions_on_both_sides_are_merged() {
    let server = ObjectServer::start();
    let checkout = both_changed(&server, |here| here.add_take("here"), |there| there.add_take("there"));
    assert_eq!(checkout.status()[&format!("cassettes/default/{ENTRY}")], "conflict");
    for (arguments, code, part) in
        [(&["push"][..], 1, "run `ramtape pull` first"), (&["run", "--", "true"], 1, "run `ramtape pull --cassette")]
    {
        let refused = checkout.ramtape(arguments);
        assert_eq!(refused.code, Some(code), "{refused:?}");
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
    let pull = checkout.ramtape(&["pull"]).success();
    assert!(pull.stderr.contains(ENTRY) && pull.stderr.contains("`ramtape push` brings"), "{pull:?}");
    assert!(said(&checkout).contains("recorded by here") && said(&checkout).contains("recorded by there"));
    assert_eq!(checkout.status()[&format!("cassettes/default/{ENTRY}")], "modified");
    assert_eq!(checkout.ramtape(&["run", "--", "true"]).code, Some(0));
    checkout.ramtape(&["push"]).success();
    assert!(checkout.status().is_empty());
}

#[test]
fn one_take_changed_in_two_ways_has_to_be_chosen() {
    let server = ObjectServer::start();
    let edit = |to: &'static str| move |checkout: &Checkout| checkout.edit(ENTRY, "The value ASLEEP", to);
    for (flag, expected) in [("--ours", "Our value"), ("--theirs", "Their value")] {
        let checkout = both_changed(&server, edit("Our value"), edit("Their value"));
        let before = checkout.files();
        let pull = checkout.ramtape(&["pull"]);
        assert_eq!(pull.code, Some(1), "{pull:?}");
        for part in [ENTRY, "nothing was pulled", "--ours", "--theirs"] {
            assert!(pull.stderr.contains(part), "{pull:?}");
        }
        assert_eq!(checkout.files(), before);
        checkout.ramtape(&["pull", flag]).success();
        assert!(said(&checkout).contains(expected), "{}", said(&checkout));
        checkout.ramtape(&["push"]).success();
        assert!(checkout.status().is_empty());
    }
}

#[test]
fn what_others_removed_and_was_changed_here_is_not_lost() {
    let server = ObjectServer::start();
    let remove = |there: &Checkout| std::fs::remove_file(there.cassette().join(ENTRY)).unwrap();
    let checkout = both_changed(&server, |here| here.add_take("here"), remove);
    let pull = checkout.ramtape(&["pull"]);
    assert_eq!(pull.code, Some(1), "{pull:?}");
    assert!(pull.stderr.contains("changed here and removed by others"), "{pull:?}");
    checkout.ramtape(&["pull", "--ours"]).success();
    assert_eq!(checkout.status()[&format!("cassettes/default/{ENTRY}")], "new");
    checkout.ramtape(&["push"]).success();
    assert!(checkout.lock().contains(ENTRY));
}
