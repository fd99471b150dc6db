//! What to tell of a waiter that goes nowhere.

use crate::engine::identify::IdentifiedRequest;
use crate::session::{StuckWaiter, WaiterEnd};

/// `stuck`, met by `session` while it asked `identified`, in words; `command` records everything anew.
pub(super) fn describe(
    identified: &IdentifiedRequest,
    session: Option<&str>,
    stuck: &StuckWaiter,
    command: &str,
) -> String {
    let StuckWaiter { status, ending, advances } = stuck;
    let who = session.map(|name| format!(" to session {name}")).unwrap_or_default();
    let (operation, fingerprint) = (identified.name.as_str(), identified.fingerprint);
    let seen =
        format!("{operation} {fingerprint} answers {status}{who} again and again, and nothing is written meanwhile");
    let ends = match ending {
        Some(WaiterEnd { status, missing_writes }) => {
            let ends = status.as_deref().unwrap_or("the answer that ends it");
            match missing_writes.as_slice() {
                [] => format!("{ends} was recorded later"),
                missing_writes => {
                    format!("{ends} was recorded after {}, which this run has not made", missing_writes.join(", "))
                }
            }
        }
        None => "the recording never got further".to_owned(),
    };
    let follows = if *advances { "the answers recorded later follow now" } else { "the client may wait for ever" };
    format!("{seen}; {ends}: {follows}. To record what this run does: {command}")
}
