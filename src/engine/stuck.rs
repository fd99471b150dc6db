//! What to tell of a waiter that goes nowhere.

use super::identify::Call;
use crate::session::{Ending, Stuck};

/// `stuck`, met by `session` while it asked `call`, in words.
pub(super) fn describe(call: &Call, session: Option<&str>, stuck: &Stuck) -> String {
    let Stuck { status, ending, goes_on } = stuck;
    let who = session.map(|name| format!(" to session {name}")).unwrap_or_default();
    let mut told = format!(
        "{} {} has answered {status}{who} again and again, and nothing was written meanwhile",
        call.name.as_str(),
        call.fingerprint
    );
    match ending {
        Some(Ending { status, lacking }) => {
            let ends = status.as_deref().unwrap_or("the answer that ends it");
            told.push_str(&format!("; {ends} was recorded"));
            match lacking.as_slice() {
                [] => told.push_str(" later"),
                lacking => told.push_str(&format!(" after {}, which this run has not made", lacking.join(", "))),
            }
        }
        None => told.push_str("; the recording never got further"),
    }
    told.push_str(if *goes_on {
        ": the answers recorded later follow now"
    } else {
        ": the client may wait for ever; --poll final gives the last answer recorded at this point, and recording again \
         (--record-mode all) brings what this run does"
    });
    told
}
