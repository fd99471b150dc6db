//! What to tell of a client that polls and would wait for ever.

use crate::engine::request_context::RequestContext;
use crate::session::{StuckWaiter, WaiterEnd};

/// `stuck`, met while `context` was answered, in words; `command` records everything anew.
pub(super) fn describe_stuck_waiter(context: &RequestContext<'_>, stuck: &StuckWaiter, command: &str) -> String {
    let StuckWaiter { status, ending, advances } = stuck;
    let who = context.session_name().map(|name| format!(" to session {name}")).unwrap_or_default();
    let (operation, fingerprint) = (context.identified.name.as_str(), context.identified.fingerprint);
    let seen =
        format!("{operation} {fingerprint} answers {status}{who} again and again, and nothing is written meanwhile");
    let ends = match ending {
        Some(WaiterEnd { status, missing_writes, .. }) => {
            let ends = status.as_deref().unwrap_or("the answer that ends it");
            match missing_writes.as_slice() {
                [] => format!("{ends} was recorded later"),
                missing => format!("{ends} was recorded after {}, which this run has not made", missing.join(", ")),
            }
        }
        None => "the recording has no later answer".to_owned(),
    };
    let follows = if *advances { "the answers recorded later are given now" } else { "the client may wait forever" };
    format!("{seen}; {ends}: {follows}. To record what this run does: {command}")
}
