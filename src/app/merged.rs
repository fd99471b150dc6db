//! One summary of several engines.

use crate::engine::Summary;
use crate::proxy::TunnelCounts;

/// The sums, and the lists one after the other. The way upstream is one, so its connections are not added up.
pub(super) fn merged(summaries: impl Iterator<Item = Summary>) -> Summary {
    let mut whole = summaries.fold(Summary::default(), add);
    whole.sessions.sort_by(|a, b| a.name.cmp(&b.name));
    whole.passed.sort();
    whole
}

fn add(mut whole: Summary, part: Summary) -> Summary {
    // Taken apart by name: what a summary comes to say later cannot be forgotten here.
    let Summary {
        replayed,
        recorded,
        passed_on,
        passed,
        not_recorded,
        secrets,
        broken,
        dangling,
        redacted,
        misses,
        missed,
        damaged,
        unsigned,
        refused,
        requests,
        never_used,
        unused_takes,
        upstream_connections,
        tunnels,
        tunnels_refused,
        after_replayed_writes,
        time_saved,
        partial,
        stuck,
        waiters_advanced,
        notices,
        sessions,
    } = part;
    whole.replayed += replayed;
    whole.recorded += recorded;
    whole.passed_on += passed_on;
    add_counts(&mut whole.passed, passed);
    whole.not_recorded.extend(not_recorded);
    whole.secrets += secrets;
    whole.broken += broken;
    whole.dangling.extend(dangling);
    add_counts(&mut whole.redacted, redacted);
    whole.misses.extend(misses);
    whole.missed += missed;
    whole.damaged += damaged;
    whole.unsigned += unsigned;
    add_counts(&mut whole.refused, refused);
    whole.requests += requests;
    whole.never_used = add_options(whole.never_used, never_used);
    whole.unused_takes += unused_takes;
    whole.upstream_connections = whole.upstream_connections.max(upstream_connections);
    whole.tunnels += tunnels;
    whole.tunnels_refused += tunnels_refused;
    whole.after_replayed_writes += after_replayed_writes;
    whole.time_saved = add_options(whole.time_saved, time_saved);
    whole.partial.extend(partial);
    whole.stuck.extend(stuck);
    whole.waiters_advanced += waiters_advanced;
    whole.notices.extend(notices);
    whole.sessions.extend(sessions);
    whole
}

/// `summary` with what became of CONNECT.
pub(super) fn with_tunnels(mut summary: Summary, tunnels: TunnelCounts) -> Summary {
    summary.tunnels = tunnels.opened;
    for (target, count) in tunnels.refused {
        summary.tunnels_refused += count;
        refuse(&mut summary, format!("no tunnel to {target}"), count);
    }
    summary
}

/// Counts `count` requests more that were refused for `reason`.
pub(super) fn refuse(summary: &mut Summary, reason: String, count: u64) {
    add_counts(&mut summary.refused, [(reason, count)]);
}

/// Adds `more` to what is counted in `counts`; what is new there comes last.
fn add_counts<T: PartialEq>(counts: &mut Vec<(T, u64)>, more: impl IntoIterator<Item = (T, u64)>) {
    for (one, count) in more {
        match counts.iter_mut().find(|(known, _)| *known == one) {
            Some((_, known)) => *known += count,
            None => counts.push((one, count)),
        }
    }
}

fn add_options<T: std::ops::Add<Output = T>>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::SessionState;

    #[test]
    fn sums_are_added_and_connections_are_shared() {
        let session = |name: Option<&str>| SessionState { name: name.map(str::to_owned), ..SessionState::default() };
        let one = Summary {
            replayed: 1,
            requests: 2,
            refused: vec![("no".into(), 1)],
            never_used: Some(3),
            upstream_connections: 4,
            sessions: vec![session(Some("b"))],
            ..Summary::default()
        };
        let other = Summary {
            recorded: 5,
            requests: 5,
            refused: vec![("no".into(), 2), ("never".into(), 1)],
            upstream_connections: 4,
            sessions: vec![session(None), session(Some("a"))],
            ..Summary::default()
        };
        let expected = Summary {
            replayed: 1,
            recorded: 5,
            requests: 7,
            refused: vec![("no".into(), 3), ("never".into(), 1)],
            never_used: Some(3),
            upstream_connections: 4,
            sessions: vec![session(None), session(Some("a")), session(Some("b"))],
            ..Summary::default()
        };
        assert_eq!(merged([one, other].into_iter()), expected);
        assert_eq!(merged(std::iter::empty()), Summary::default());
    }
}
