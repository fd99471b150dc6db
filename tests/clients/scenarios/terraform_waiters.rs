//! Terraform's resource share, its accepter and its principal association, by waiters of any patience.

use super::provider::{Recorded, passed, seen};
use crate::support::clients::{Finished, python};

const SHARE: &[&[&str]] = &[&["absent", "PENDING", "ACTIVE"], &["ACTIVE"], &["DELETING", "absent"]];
const ACCEPTER: &[&[&str]] =
    &[&["PENDING", "ACTIVE"], &["absent", "PENDING"], &["ACCEPTED"], &["ACTIVE"], &["ASSOCIATING", "ASSOCIATED"]];
const PRINCIPAL: &[&[&str]] = &[
    &["PENDING", "ACTIVE"],
    &["absent"],
    &["ASSOCIATING", "ASSOCIATED"],
    &["DISASSOCIATING", "DISASSOCIATED"],
    &["DELETING", "absent"],
];

fn polls(finished: &Finished) -> Vec<usize> {
    seen(finished).iter().map(Vec::len).collect()
}

/// Replays `recorded` by a faster and a slower waiter, and with the final states at once.
fn replays_for_every_waiter(recorded: &Recorded, states: &[&[&str]]) {
    assert_eq!(passed(&recorded.printed), states, "{}", recorded.printed);

    // The reads between two writes that were answered alike are one take: a state lasts one poll, the last one for ever.
    for (patience, more) in [("1", false), ("9", true)] {
        let replayed = recorded.replay(&[], &["--confirm", patience]);
        assert_eq!(passed(&replayed), states, "{replayed}");
        let mut compared = polls(&replayed).into_iter().zip(polls(&recorded.printed));
        assert!(compared.all(|(now, then)| if more { now > then } else { now < then }), "{replayed}");
    }

    let last: Vec<Vec<&str>> = states.iter().map(|states| states[states.len() - 1..].to_vec()).collect();
    let at_once = recorded.replay(&["--poll", "final"], &["--confirm", "1"]);
    assert_eq!(seen(&at_once), last, "{at_once}");
    // What was there at a waiter's end is there for ever.
    let insisting = recorded.replay(&["--poll", "final"], &["--confirm", "9"]);
    assert_eq!((passed(&insisting), polls(&insisting)), (passed(&at_once), vec![9; last.len()]));
}

#[test]
fn a_resource_share() {
    let Some(python) = python() else { return };
    let recorded = Recorded::new(&python, "share", Some(("GetResourceShares", r#"{"resourceShares":[]}"#)));
    replays_for_every_waiter(&recorded, SHARE);

    // Who goes on before the share is there gets the answers to what it then writes all the same.
    let hasty = recorded.replay(&[], &["--at-most", "1"]);
    assert_eq!(seen(&hasty), [["absent"], ["ACTIVE"], ["DELETING"]]);
}

#[test]
fn its_accepter_in_another_account() {
    let Some(python) = python() else { return };
    let late = ("GetResourceShareInvitations", r#"{"resourceShareInvitations":[]}"#);
    replays_for_every_waiter(&Recorded::new(&python, "accepter", Some(late)), ACCEPTER);
}

#[test]
fn its_association_with_a_principal() {
    let Some(python) = python() else { return };
    let recorded = Recorded::new(&python, "principal", None);
    replays_for_every_waiter(&recorded, PRINCIPAL);

    let hasty = recorded.replay(&[], &["--at-most", "1"]);
    assert_eq!(seen(&hasty), [["PENDING"], ["absent"], ["ASSOCIATING"], ["DISASSOCIATING"], ["DELETING"]]);
}
