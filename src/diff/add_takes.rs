//! What is in the text and what was recorded since, as one sequence of takes. Pure.

use crate::model::Take;
use std::collections::HashMap;

/// A take that is not in the text yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTake {
    /// The take.
    pub take: Take,
    /// Whether it was recorded in mode `all`: earlier takes of its session give way to it.
    pub replace: bool,
}

/// The takes of one fingerprint after `recorded` (in recorded order) has been added to `old`.
#[must_use]
pub fn add_takes(old: Vec<Take>, recorded: Vec<RecordedTake>) -> Vec<Take> {
    let (replacing, appended): (Vec<_>, Vec<_>) = recorded.into_iter().partition(|recorded| recorded.replace);
    let mut takes = old;
    for recorded in appended {
        append(&mut takes, recorded.take);
    }
    let mut sessions: Vec<Vec<Take>> = Vec::new();
    for RecordedTake { take, .. } in replacing {
        match sessions.iter_mut().find(|fresh| fresh.first().is_some_and(|first| first.session == take.session)) {
            Some(fresh) => append(fresh, take),
            None => sessions.push(vec![take]),
        }
    }
    for fresh in sessions {
        takes = replace(takes, fresh);
    }
    arranged(takes)
}

/// `takes` in the one order that they have in the text, whichever of them came first: by session; in a session as its
/// writes came; between two writes by page size; what is then alike (polls) as recorded.
pub(super) fn arranged(takes: Vec<Take>) -> Vec<Take> {
    let mut places: HashMap<(Option<String>, Option<String>), usize> = HashMap::new();
    let mut keyed: Vec<_> = takes
        .into_iter()
        .map(|take| {
            let next = places.len();
            let at = *places.entry((take.session.clone(), take.after.clone())).or_insert(next);
            ((take.session.clone(), at, take.max_results), take)
        })
        .collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    keyed.into_iter().map(|(_, take)| take).collect()
}

/// Adds `take` where it is news. What its session was just answered, for the same page size, counts once more; a beginning
/// of a chain that is there counts nothing.
fn append(takes: &mut Vec<Take>, take: Take) {
    if take.id.is_some() {
        takes.push(take);
        return;
    }
    let in_a_row = |other: &&mut Take| {
        other.session == take.session && other.after == take.after && other.max_results == take.max_results
    };
    if let Some(previous) = takes.iter_mut().rev().find(in_a_row).filter(|previous| previous.is_same_as(&take)) {
        previous.times = previous.times.saturating_add(take.times);
        return;
    }
    let related = takes.iter_mut().rev().find(|other| begins(other, &take) || begins(&take, other));
    match related {
        Some(shorter) if begins(shorter, &take) => *shorter = take,
        Some(_) => {}
        None => takes.push(take),
    }
}

/// Whether `part` was recorded in part and `whole` goes on from there.
pub(super) fn begins(part: &Take, whole: &Take) -> bool {
    part.goes_on_in(whole) && part.is_prefix_of(whole)
}

/// Puts `fresh`, all of one session, in the places of that session's takes. What a partial chain only repeats stays whole;
/// where the run then recorded that chain to its end after all, it is the same take.
fn replace(takes: Vec<Take>, fresh: Vec<Take>) -> Vec<Take> {
    let session = fresh.first().and_then(|take| take.session.clone());
    let earlier: Vec<Take> = takes.iter().filter(|take| take.session == session).cloned().collect();
    let mut kept: Vec<Take> = Vec::with_capacity(fresh.len());
    let mut standing_in: Vec<Take> = Vec::new();
    for take in fresh {
        let whole = earlier.iter().find(|whole| whole.complete && begins(&take, whole));
        if whole.is_some_and(|whole| standing_in.iter().any(|other| other.is_same_as(whole))) {
            continue;
        }
        if let Some(at) = standing_in.iter().position(|whole| whole.is_same_as(&take)) {
            standing_in.remove(at);
            continue;
        }
        standing_in.extend(whole.cloned());
        append(&mut kept, whole.cloned().unwrap_or(take));
    }
    let mut kept = kept.into_iter();
    let mut left = earlier.len();
    let mut merged = Vec::with_capacity(takes.len());
    for take in takes {
        if take.session == session {
            merged.extend(kept.next());
            left -= 1;
            if left == 0 {
                merged.extend(kept.by_ref());
            }
        } else {
            merged.push(take);
        }
    }
    merged.extend(kept);
    merged
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::{Body, Page};
    use bytes::Bytes;
    use proptest::prelude::*;

    /// `a1 a2` is a chain's pages; `+` at the end: it goes on. Before `:` the session, behind `*` how often.
    fn take(text: &str) -> Take {
        let (text, times) = text.split_once('*').map_or((text, 1), |(text, times)| (text, times.parse().unwrap()));
        let (session, pages) = text.split_once(':').unwrap_or(("", text));
        let complete = !pages.ends_with('+');
        let page =
            |name: &str| Page { status: 200, headers: Vec::new(), body: Body::literal(Bytes::from(name.to_owned())) };
        Take {
            session: Some(session.to_owned()).filter(|session| !session.is_empty()),
            after: None,
            id: None,
            max_results: None,
            complete,
            times,
            pages: pages.trim_end_matches('+').split(' ').map(page).collect(),
        }
    }

    fn takes(texts: &[&str]) -> Vec<Take> {
        texts.iter().map(|text| take(text)).collect()
    }

    fn recorded(texts: &[&str], replace: bool) -> Vec<RecordedTake> {
        takes(texts).into_iter().map(|take| RecordedTake { take, replace }).collect()
    }

    #[test]
    fn appending_keeps_every_change_and_no_repetition() {
        for (old, new, merged) in [
            (&["x"][..], &["x"][..], &["x*2"][..]),
            (&["x"], &["y", "y", "x"], &["x", "y*2", "x"]),
            (&["x*3"], &["x", "x"], &["x*5"]),
            (&["s:x"], &["x", "t:x", "s:x"], &["x", "s:x*2", "t:x"]),
            (&["a+", "z"], &["a b"], &["a b", "z"]),
            (&["a b", "z"], &["a+"], &["a b", "z"]),
            (&["a b+"], &["a+", "a b c"], &["a b c"]),
            (&["a+"], &["t:a b"], &["a+", "t:a b"]),
            (&["a b"], &["a c"], &["a b", "a c"]),
        ] {
            assert_eq!(add_takes(takes(old), recorded(new, false)), takes(merged), "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_write_is_never_dropped() {
        let mut write = take("w");
        write.id = Some("create/x#1".into());
        let twice = vec![RecordedTake { take: write.clone(), replace: false }; 2];
        assert_eq!(add_takes(Vec::new(), twice), vec![write.clone(), write]);
    }

    #[test]
    fn replacing_touches_one_session_and_never_shortens_a_chain() {
        for (old, new, merged) in [
            (&["x", "y", "s:x"][..], &["z"][..], &["z", "s:x"][..]),
            (&["x", "s:x"], &["y", "z"], &["y", "z", "s:x"]),
            (&["a b c"], &["a+"], &["a b c"]),
            (&["a b c"], &["a z+"], &["a z+"]),
            (&["a b+"], &["a+"], &["a+"]),
            (&["s:x"], &["x"], &["x", "s:x"]),
            (&["x*3"], &["x", "x"], &["x*2"]),
            (&["s:1", "s:2", "t:1", "t:2"], &["t:1", "s:1", "s:2", "t:2"], &["s:1", "s:2", "t:1", "t:2"]),
        ] {
            assert_eq!(add_takes(takes(old), recorded(new, true)), takes(merged), "{old:?} {new:?}");
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_show() {
        let take = |session: &str, after: Option<&str>, size: u32, body: &str| Take {
            after: after.map(str::to_owned),
            max_results: Some(size),
            ..take(&format!("{session}:{body}"))
        };
        let all = [
            take("s", None, 5, "1"),
            take("s", None, 7, "1"),
            take("s", Some("w"), 5, "2"),
            take("s", Some("w"), 5, "3"),
            take("s", Some("v"), 5, "2"),
            take("t", None, 5, "1"),
        ];
        for order in [[5, 1, 0, 2, 3, 4], [0, 2, 1, 3, 5, 4], [1, 0, 2, 5, 3, 4]] {
            let takes = order.iter().filter_map(|at| all.get(*at).cloned());
            let recorded = takes.map(|take| RecordedTake { take, replace: false }).collect();
            assert_eq!(add_takes(Vec::new(), recorded), all, "{order:?}");
        }
    }

    fn any_take() -> impl Strategy<Value = Take> {
        let pages = prop::sample::select(vec!["x", "y", "a+", "a b+", "a b c", "a z", "a z q+"]);
        (prop::sample::select(vec!["", "s:", "t:"]), pages)
            .prop_map(|(session, pages)| take(&format!("{session}{pages}")))
    }

    proptest! {
        #[test]
        fn sealing_in_between_changes_nothing(
            old in prop::collection::vec(any_take(), 0..5),
            new in prop::collection::vec(any_take(), 0..8),
            cut in 0_usize..8,
        ) {
            let new: Vec<_> = new.into_iter().map(|take| RecordedTake { take, replace: false }).collect();
            let (first, second) = new.split_at(cut.min(new.len()));
            let stepwise = add_takes(add_takes(old.clone(), first.to_vec()), second.to_vec());
            prop_assert_eq!(add_takes(old, new.clone()), stepwise);
        }

        #[test]
        fn recording_the_same_run_again_changes_nothing(
            others in prop::collection::vec(any_take(), 0..5),
            run in prop::collection::vec(any_take(), 1..8),
        ) {
            let run: Vec<_> = run.into_iter().map(|take| RecordedTake { take, replace: true }).collect();
            let once = add_takes(others, run.clone());
            prop_assert_eq!(add_takes(once.clone(), run), once);
        }

        #[test]
        fn every_last_answer_survives(old in prop::collection::vec(any_take(), 0..5), new in any_take(), replace: bool) {
            let merged = add_takes(old, vec![RecordedTake { take: new.clone(), replace }]);
            let beginning = |take: &Take| new.is_prefix_of(take);
            prop_assert!(merged.iter().any(beginning));
        }
    }
}
