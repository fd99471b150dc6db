//! Which of several takes answers: the one recorded after a history most like the session's own.
//!
//! Counting calls instead would break under retries, extra polls and parallel tests. Ranked first by session name, then by
//! the longest common suffix of the two histories, then by their smallest symmetric difference, then by recorded order.
//!
//! A write's id is a hash over the whole sequence before it, so two histories that end with the same id are the same. A
//! suffix in common therefore means an equal last write, and the takes recorded after that write are the best group; all
//! others have no suffix in common, and the difference decides.

use super::history::History;
use super::writes::Places;
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
/// `places` is asked for only where no candidate was recorded after the session's latest write.
#[must_use]
pub fn best_group<'a, P: Deref<Target = Places>>(
    candidates: &[Candidate<'a>],
    session: Option<&str>,
    history: &mut History,
    places: impl FnOnce() -> P,
) -> Vec<Candidate<'a>> {
    let named: Vec<Candidate<'a>> = candidates.iter().filter(|take| take.session == session).copied().collect();
    let ranked = if named.is_empty() { candidates } else { &named };
    let latest = ranked.iter().map(|take| take.after).find(|after| *after == history.latest());
    let after = latest.unwrap_or_else(|| nearest(ranked, history, &places()));
    ranked.iter().filter(|take| take.after == after).copied().collect()
}

/// The last write of the history that differs least from `history`; the earliest recorded among equals.
fn nearest<'a>(candidates: &[Candidate<'a>], history: &mut History, places: &Places) -> Option<&'a str> {
    let differences = history.differences(places.writes());
    // Of equal ones `min_by_key` gives the first.
    candidates.iter().min_by_key(|take| differences.from(places.of(take.take))).and_then(|take| take.after)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::writes::Writes;
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::sync::Arc;

    fn history(ids: &[&str]) -> History {
        let mut history = History::default();
        for id in ids {
            history.moved_to((*id).to_owned());
        }
        history
    }

    fn writes(links: &[(&str, Option<&str>)]) -> Arc<Writes> {
        Arc::new(links.iter().map(|(id, before)| ((*id).to_owned(), before.map(str::to_owned))).collect())
    }

    fn best(
        takes: &[(Option<&str>, Option<&str>)],
        session: Option<&str>,
        made: &[&str],
        links: &Arc<Writes>,
    ) -> Vec<usize> {
        let places = Places::among(links, takes.iter().map(|(_, after)| *after));
        let takes = takes.iter().enumerate();
        let candidates: Vec<_> =
            takes.map(|(take, (session, after))| Candidate { take, session: *session, after: *after }).collect();
        best_group(&candidates, session, &mut history(made), || &places).into_iter().map(|found| found.take).collect()
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

    /// A write with the one before it, or a take's session with the write that it was recorded after.
    type Link<T> = (T, Option<String>);

    /// The rule of the contract, spelled out over whole sequences.
    fn by_the_rule(
        takes: &[Link<Option<&str>>],
        session: Option<&str>,
        made: &[String],
        links: &[Link<String>],
    ) -> Vec<usize> {
        let link = |id: &String| links.iter().find(|(known, _)| known == id);
        let rank = |after: &Option<String>| {
            let back: Vec<String> = std::iter::successors(after.clone(), |id| link(id)?.1.clone()).collect();
            let suffix = back.iter().zip(made.iter().rev()).take_while(|(taken, made)| taken == made).count();
            let differs = suffix == 0 && !(back.is_empty() && made.is_empty());
            let recorded: Vec<String> = back.into_iter().filter(|id| link(id).is_some()).collect();
            let only = |these: &[String], those: &[String]| these.iter().filter(|id| !those.contains(id)).count();
            (differs, Reverse(suffix), only(&recorded, made) + only(made, &recorded))
        };
        let own = takes.iter().any(|take| take.0 == session);
        let ranked: Vec<_> = takes.iter().enumerate().filter(|(_, take)| !own || take.0 == session).collect();
        let (_, best) = ranked.iter().min_by_key(|(_, take)| rank(&take.1)).unwrap();
        ranked.iter().filter(|(_, take)| take.1 == best.1).map(|(at, _)| *at).collect()
    }

    proptest! {
        /// At every step of a session; at one of them the cassette's writes are read anew.
        #[test]
        fn agrees_with_whole_sequences(
            parents in prop::collection::vec(prop::option::of(0_usize..14), 1..12),
            takes in prop::collection::vec((prop::option::of(0_usize..2), prop::option::of(0_usize..14)), 1..8),
            made in prop::collection::vec(0_usize..14, 0..8),
            renewed in 0_usize..8,
        ) {
            let id = |n: usize| format!("w{n}");
            // Write n comes after an earlier one, after one that is not there, or after none.
            let count = parents.len();
            let before = |(n, parent): (usize, Option<usize>)| parent.filter(|parent| *parent < n || *parent >= count);
            let links: Vec<_> =
                parents.into_iter().enumerate().map(|link| (id(link.0), before(link).map(id))).collect();
            let takes: Vec<_> =
                takes.into_iter().map(|(name, after)| (name.map(|name| ["s", "t"][name]), after.map(id))).collect();
            let afters = || takes.iter().map(|(_, after)| after.as_deref());
            let candidates: Vec<_> = takes.iter().zip(afters()).enumerate()
                .map(|(take, ((session, _), after))| Candidate { take, session: *session, after }).collect();

            let (mut history, mut in_order) = (History::default(), Vec::new());
            let (few, all) = (&links[..count / 2], &links[..]);
            let places = |links: &[Link<String>]| Places::among(&Arc::new(links.iter().cloned().collect()), afters());
            let (first, second) = (places(few), places(all));
            for step in 0..=made.len() {
                if let Some(write) = made[..step].last().copied().map(id) {
                    history.moved_to(write.clone());
                    in_order.retain(|earlier| *earlier != write);
                    in_order.push(write);
                }
                let (links, places) = if step < renewed { (few, &first) } else { (all, &second) };
                for session in [None, Some("s"), Some("u")] {
                    let found = best_group(&candidates, session, &mut history, || places);
                    let found: Vec<usize> = found.into_iter().map(|take| take.take).collect();
                    prop_assert_eq!(found, by_the_rule(&takes, session, &in_order, links));
                }
            }
        }
    }
}
