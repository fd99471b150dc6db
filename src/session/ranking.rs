//! Which of several takes answers: the one recorded after a history most like the session's own.
//!
//! Counting calls instead would break under retries, extra polls and parallel tests. Ranked first by session name, then by
//! the longest common suffix of the two histories, then by their smallest symmetric difference, then by recorded order.
//!
//! A write's id is a hash over the whole sequence before it, so two histories that end with the same id are the same. A
//! suffix in common therefore means an equal last write, and the takes recorded after that write are the best group; all
//! others have no suffix in common, and the difference decides.

use super::history::{History, Writes};
use std::collections::HashMap;
use std::ops::Deref;

/// What the rule looks at in a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its index among the takes of its fingerprint.
    pub take: usize,
    /// The session that recorded it.
    pub session: Option<&'a str>,
    /// The latest write before it.
    pub after: Option<&'a str>,
}

/// The candidates that rank best, all recorded after one history, in recorded order. Empty only where there is none.
/// `writes` is asked for only where no candidate was recorded after the session's latest write.
#[must_use]
pub fn best_group<'a, W: Deref<Target = Writes>>(
    candidates: &[Candidate<'a>],
    session: Option<&str>,
    history: &History,
    writes: impl FnOnce() -> W,
) -> Vec<Candidate<'a>> {
    let named: Vec<Candidate<'a>> = candidates.iter().filter(|take| take.session == session).copied().collect();
    let ranked = if named.is_empty() { candidates } else { &named };
    let equal = ranked.iter().any(|take| take.after == history.latest());
    let after = if equal { history.latest() } else { nearest(ranked, history, &writes()) };
    ranked.iter().filter(|take| take.after == after).copied().collect()
}

/// The last write of the history that differs least from `history`; the earliest recorded among equals.
fn nearest<'a>(candidates: &[Candidate<'a>], history: &History, writes: &Writes) -> Option<&'a str> {
    let mut measured = HashMap::new();
    let difference = |take: &&Candidate<'a>| {
        let overlap = take.after.map_or(Overlap::default(), |last| measure(last, history, writes, &mut measured));
        history.len() + overlap.length - 2 * overlap.common
    };
    // Of equal ones `min_by_key` gives the first.
    candidates.iter().min_by_key(difference).and_then(|take| take.after)
}

/// How long a recorded history is, and how much of it the session has made too.
#[derive(Clone, Copy, Debug, Default)]
struct Overlap {
    length: usize,
    common: usize,
}

/// Measures the history that ends with `last`. Histories of a cassette share their beginnings, so what was measured once is
/// kept.
fn measure<'w>(last: &str, history: &History, writes: &'w Writes, measured: &mut HashMap<&'w str, Overlap>) -> Overlap {
    let mut fresh = Vec::new();
    let mut overlap = Overlap::default();
    for id in writes.back_from(last) {
        if let Some(known) = measured.get(id) {
            overlap = *known;
            break;
        }
        fresh.push(id);
    }
    for id in fresh.into_iter().rev() {
        overlap.length += 1;
        overlap.common += usize::from(history.contains(id));
        measured.insert(id, overlap);
    }
    overlap
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use proptest::prelude::*;

    fn history(ids: &[&str]) -> History {
        let mut history = History::default();
        for id in ids {
            history.moved_to((*id).to_owned());
        }
        history
    }

    fn writes(links: &[(&str, Option<&str>)]) -> Writes {
        let mut writes = Writes::default();
        for (id, before) in links {
            writes.add((*id).to_owned(), before.map(str::to_owned));
        }
        writes
    }

    fn best(
        takes: &[(Option<&str>, Option<&str>)],
        session: Option<&str>,
        made: &[&str],
        links: &Writes,
    ) -> Vec<usize> {
        let takes = takes.iter().enumerate();
        let candidates: Vec<_> =
            takes.map(|(take, (session, after))| Candidate { take, session: *session, after: *after }).collect();
        best_group(&candidates, session, &history(made), || links).into_iter().map(|found| found.take).collect()
    }

    #[test]
    fn the_own_session_comes_before_any_history() {
        let links = writes(&[("a", None)]);
        let takes = [(Some("s"), None), (Some("t"), Some("a")), (None, Some("a")), (Some("t"), None)];
        assert_eq!(best(&takes, Some("t"), &["a"], &links), [1]);
        assert_eq!(best(&takes, Some("t"), &[], &links), [3]);
        assert_eq!(best(&takes, Some("new"), &["a"], &links), [1, 2]);
        assert_eq!(best(&takes, None, &[], &links), [2]);
    }

    #[test]
    fn a_common_last_write_comes_before_a_small_difference() {
        // Recorded in one session: test A writes a and reads, then B writes b and reads, then C writes c and reads.
        let links = writes(&[("a", None), ("b", Some("a")), ("c", Some("b"))]);
        let takes = [(None, None), (None, Some("a")), (None, Some("b")), (None, Some("c"))];
        for (made, take) in
            [(&["c"][..], 3), (&["c", "a"], 1), (&["b"], 2), (&["b", "c"], 3), (&["c", "b"], 2), (&[], 0)]
        {
            assert_eq!(best(&takes, None, made, &links), [take], "{made:?}");
        }
    }

    #[test]
    fn without_a_common_last_write_the_smallest_difference_decides() {
        let links = writes(&[("a", None), ("b", Some("a")), ("c", Some("b")), ("d", None)]);
        let takes = [(None, Some("d")), (None, Some("b")), (None, Some("c"))];
        assert_eq!(best(&takes, None, &["a"], &links), [1]);
        assert_eq!(best(&takes, None, &["c", "b", "a"], &links), [2]);
        assert_eq!(best(&takes, None, &[], &links), [0]);
        // A link to an absent write ends the sequence there.
        assert_eq!(best(&[(None, Some("gone")), (None, Some("a"))], None, &["x"], &links), [0]);
    }

    #[test]
    fn a_circle_of_links_ends() {
        let links = writes(&[("a", Some("b")), ("b", Some("a"))]);
        assert_eq!(best(&[(None, Some("a")), (None, Some("x"))], None, &["q"], &links), [1]);
    }

    proptest! {
        /// Against the rule of the contract, spelled out over whole sequences.
        #[test]
        fn agrees_with_whole_sequences(
            parents in prop::collection::vec(0_usize..12, 1..12),
            afters in prop::collection::vec(prop::option::of(0_usize..12), 1..8),
            made in prop::collection::vec(0_usize..12, 0..8),
        ) {
            // Write n comes after an earlier write, or after none.
            let id = |n: usize| format!("w{n}");
            let mut links = Writes::default();
            let mut sequences: Vec<Vec<String>> = Vec::new();
            for (n, parent) in parents.iter().enumerate() {
                let parent = (*parent < n).then_some(*parent);
                links.add(id(n), parent.map(id));
                let mut sequence = parent.map_or(Vec::new(), |parent| sequences[parent].clone());
                sequence.push(id(n));
                sequences.push(sequence);
            }
            let mut made: Vec<String> = made.into_iter().map(id).collect();
            let mut seen = std::collections::HashSet::new();
            made.retain(|id| seen.insert(id.clone()));
            let afters: Vec<Option<String>> = afters.into_iter().map(|after| after.filter(|n| *n < parents.len()).map(id)).collect();
            let candidates: Vec<_> =
                afters.iter().enumerate().map(|(take, after)| Candidate { take, session: None, after: after.as_deref() }).collect();
            let mut session = History::default();
            made.iter().for_each(|id| session.moved_to(id.clone()));

            let sequence = |after: &Option<String>| -> Vec<String> {
                after.as_ref().map_or(Vec::new(), |last| sequences.iter().find(|s| s.last() == Some(last)).unwrap().clone())
            };
            let rank = |after: &Option<String>| {
                let taken = sequence(after);
                // The longest suffix that both end with, write by write.
                let suffix = taken.iter().rev().zip(made.iter().rev()).take_while(|(a, b)| a == b).count();
                let only = |a: &[String], b: &[String]| a.iter().filter(|id| !b.contains(id)).count();
                (usize::MAX - suffix, only(&taken, &made) + only(&made, &taken))
            };
            let first = (0..afters.len()).min_by_key(|at| (rank(&afters[*at]), *at)).unwrap();
            let found = best_group(&candidates, None, &session, || &links);
            prop_assert_eq!(found[0].take, first);
            prop_assert!(found.iter().all(|take| take.after == afters[first].as_deref()));
        }
    }
}
