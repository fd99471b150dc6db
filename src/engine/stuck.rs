//! What to tell of a waiter that goes nowhere.

use super::identify::Call;
use crate::session::{Ending, Stuck};

/// `stuck`, met by `session` while it asked `call`, in words; `command` records everything anew.
pub(super) fn describe(call: &Call, session: Option<&str>, stuck: &Stuck, command: &str) -> String {
    let Stuck { status, ending, goes_on } = stuck;
    let who = session.map(|name| format!(" to session {name}")).unwrap_or_default();
    let (operation, fingerprint) = (call.name.as_str(), call.fingerprint);
    let seen =
        format!("{operation} {fingerprint} answers {status}{who} again and again, and nothing is written meanwhile");
    let ends = match ending {
        Some(Ending { status, lacking }) => {
            let ends = status.as_deref().unwrap_or("the answer that ends it");
            match lacking.as_slice() {
                [] => format!("{ends} was recorded later"),
                lacking => format!("{ends} was recorded after {}, which this run has not made", lacking.join(", ")),
            }
        }
        None => "the recording never got further".to_owned(),
    };
    let follows = if *goes_on { "the answers recorded later follow now" } else { "the client may wait for ever" };
    format!("{seen}; {ends}: {follows}. To record what this run does: {command}")
}
