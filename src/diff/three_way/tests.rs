//! What two sides make of their takes.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

use super::super::add_takes::{RecordedTake, add_takes};
use super::*;
use crate::model::{Body, Page};
use bytes::Bytes;
use proptest::prelude::*;

/// `a1 a2` is a chain's pages; `+` at the end: it goes on. Before `:` the session; `#w` at its end: the answer to write `w`;
/// behind `*` how often it was recorded in a row.
fn take(text: &str) -> Take {
    let (session, pages) = text.split_once(':').unwrap_or(("", text));
    let (pages, times) = pages.split_once('*').map_or((pages, 1), |(pages, times)| (pages, times.parse().unwrap()));
    let (pages, id) = pages.split_once('#').map_or((pages, None), |(pages, id)| (pages, Some(id.to_owned())));
    let page =
        |name: &str| Page { status: 200, headers: Vec::new(), body: Body::literal(Bytes::from(name.to_owned())) };
    Take {
        session: Some(session.to_owned()).filter(|session| !session.is_empty()),
        after: None,
        id,
        max_results: None,
        complete: !pages.ends_with('+'),
        times,
        pages: pages.trim_end_matches('+').split(' ').map(page).collect(),
    }
}

fn takes(texts: &[&str]) -> Vec<Take> {
    texts.iter().map(|text| take(text)).collect()
}

fn spelled(take: &Take) -> String {
    let session = take.session.as_deref().map(|session| format!("{session}:")).unwrap_or_default();
    let body = |page: &Page| match page.body.parts() {
        [crate::model::Part::Literal(bytes)] => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?}"),
    };
    let pages: Vec<String> = take.pages.iter().map(body).collect();
    let goes_on = if take.complete { "" } else { "+" };
    let id = take.id.as_deref().map(|id| format!("#{id}")).unwrap_or_default();
    let times = if take.times > 1 { format!("*{}", take.times) } else { String::new() };
    format!("{session}{}{goes_on}{id}{times}", pages.join(" "))
}

fn combined(base: &[&str], ours: &[&str], theirs: &[&str]) -> String {
    let pieces = combine(&takes(base), &takes(ours), &takes(theirs)).into_iter().map(|piece| match piece {
        Piece::Agreed(take) => spelled(&take),
        Piece::Clash { ours, theirs } => {
            let side = |take: Option<Take>| take.as_ref().map_or("-".to_owned(), spelled);
            format!("<{}|{}>", side(ours), side(theirs))
        }
    });
    pieces.collect::<Vec<_>>().join(", ")
}

#[test]
fn additions_of_both_sides_are_kept_and_equal_ones_once() {
    for (base, ours, theirs, all) in [
        (&["x"][..], &["x", "y"][..], &["x", "z"][..], "x, y, z"),
        (&["x"], &["x", "y"], &["x", "y", "z"], "x, y, z"),
        (&[], &["x", "y"], &["x", "y"], "x, y"),
        (&[], &["x", "y"], &["y", "z"], "x, y, z"),
        (&[], &["s:1", "t:1"], &["t:1", "s:1"], "s:1, t:1"),
        (&["s:1"], &["s:1", "t:1"], &["s:1", "s:2", "u:1"], "s:1, s:2, t:1, u:1"),
        (&[], &["a+"], &["a b"], "a b"),
        (&[], &["x*2", "y"], &["x*5", "y"], "x*5, y"),
        (&["x*3"], &["x*2"], &["x*3", "y"], "x*2, y"),
        (&["x*3"], &["x*2"], &["x*5"], "x*5"),
        (&["x*3"], &["x*2"], &["z"], "z"),
        (&["x*3", "y"], &["y"], &["x*2", "y"], "y"),
        (&["a+"], &["a b+"], &["a b c"], "a b c"),
        (&[], &["w1#w"], &["s:w2#w"], "w1#w, s:w2#w"),
        (&[], &["w1#w"], &["w1#w", "v1#v"], "w1#w, v1#v"),
        (&["a"], &["y", "a"], &["a", "y"], "y, a, y"),
        (&[], &["a+", "x"], &["x", "a b+"], "a b+, x, a b+"),
        (&[], &["v1#v", "w1#w"], &["w1#w", "u1#u", "v1#v"], "v1#v, w1#w, u1#u"),
        (&[], &["v1#v", "u1#u", "w1#w"], &["w1#w", "v1#v", "u1#u"], "v1#v, u1#u, w1#w"),
    ] {
        assert_eq!(combined(base, ours, theirs), all, "{base:?} {ours:?} {theirs:?}");
    }
}

#[test]
fn a_change_or_removal_on_one_side_stands() {
    for (base, ours, theirs, all) in [
        (&["x", "y"][..], &["z", "y"][..], &["x", "y", "n"][..], "z, y, n"),
        (&["x", "y"], &["x"], &["x", "y", "n"], "x, n"),
        (&["x", "y"], &["x", "y", "n"], &["y"], "y, n"),
        (&["s:x", "t:x"], &["s:z", "t:x"], &["s:x", "t:z"], "s:z, t:z"),
        (&["x", "y"], &["1", "2", "3"], &["x", "y", "n"], "1, 2, 3, n"),
        (&["w1#w"], &["w2#w"], &["w1#w", "v1#v"], "w2#w, v1#v"),
    ] {
        assert_eq!(combined(base, ours, theirs), all, "{base:?} {ours:?} {theirs:?}");
    }
}

#[test]
fn what_both_sides_say_differently_of_one_take_is_left_to_a_person() {
    for (base, ours, theirs, all) in [
        (&["x", "y"][..], &["1", "y"][..], &["2", "y"][..], "<1|2>, y"),
        (&["x"], &["1"], &[], "<1|->"),
        (&["x"], &["n"], &["y", "z"], "<n|y>, z"),
        (&[], &["w1#w"], &["w2#w"], "<w1#w|w2#w>"),
        (&["w1#w"], &["w2#w"], &["w3#w"], "<w2#w|w3#w>"),
        (&["v#v"], &["v#v", "w1#w"], &["w2#w", "v#v"], "v#v, <w1#w|w2#w>"),
    ] {
        assert_eq!(combined(base, ours, theirs), all, "{base:?} {ours:?} {theirs:?}");
    }
}

#[test]
fn what_one_side_has_all_of_is_as_it_has_it() {
    // As two polls and one in between may leave it: the first run of them is not as long as the second.
    let (ours, theirs) = (["x", "a*2"], ["a", "b", "a"]);
    let once = ["x", "a", "b", "a*2"];
    assert_eq!(combined(&[], &ours, &theirs), once.join(", "));
    for side in [&ours[..], &theirs] {
        assert_eq!(combined(&[], &once, side), once.join(", "), "{side:?}");
        assert_eq!(combined(&[], side, &once), once.join(", "), "{side:?}");
    }
    let chains = ["t:x", "t:a b c", "t:a z", "t:a b c*2"];
    assert_eq!(combined(&[], &["t:x", "t:a b c*2"], &["t:a b c", "t:a z", "t:a b c"]), chains.join(", "));
    assert_eq!(combined(&[], &chains, &["t:x", "t:a b c*2"]), chains.join(", "));
}

#[test]
fn thousands_of_takes_are_combined_without_a_table_of_all_pairs() {
    let many = |from: usize| -> Vec<Take> { (from..from + 3000).map(|n| take(&n.to_string())).collect() };
    let all = combine(&[], &many(0), &many(1000));
    assert_eq!(all.len(), 4000);
}

fn any_take(pages: &'static [&str]) -> impl Strategy<Value = Take> {
    let session = prop::sample::select(vec!["", "s:", "t:"]);
    (session, prop::sample::select(pages)).prop_map(|(session, pages)| take(&format!("{session}{pages}")))
}

/// As a recording leaves them: no write twice.
fn takes_of(pages: &'static [&str]) -> impl Strategy<Value = Vec<Take>> {
    prop::collection::vec(any_take(pages), 0..6).prop_map(|takes| {
        let mut known = BTreeSet::new();
        let mut is_new = |take: &Take| take.id.is_none() || known.insert((take.session.clone(), take.id.clone()));
        let recorded = takes.into_iter().filter(|take| is_new(take)).map(|take| RecordedTake { take, replace: false });
        add_takes(Vec::new(), recorded.collect())
    })
}

/// Takes of two sides: what a fingerprint asks either reads or writes.
fn two_sides() -> impl Strategy<Value = (Vec<Take>, Vec<Take>)> {
    const READS: &[&str] = &["x", "y", "z", "a+", "a b+", "a b c", "a z"];
    const WRITES: &[&str] = &["w1#w", "w2#w", "v1#v", "u1#u", "t1#t"];
    prop_oneof![(takes_of(READS), takes_of(READS)), (takes_of(WRITES), takes_of(WRITES))]
}

/// The agreed takes; `None` where anything clashes.
fn agreed(pieces: Vec<Piece>) -> Option<Vec<Take>> {
    let takes = pieces.into_iter().map(|piece| match piece {
        Piece::Agreed(take) => Some(take),
        Piece::Clash { .. } => None,
    });
    takes.collect()
}

proptest! {
    #[test]
    fn a_side_without_a_change_gives_way((base, side) in two_sides()) {
        prop_assert_eq!(agreed(combine(&base, &base, &side)), Some(side.clone()));
        prop_assert_eq!(agreed(combine(&base, &side, &base)), Some(side.clone()));
        prop_assert_eq!(agreed(combine(&base, &side, &side)), Some(side));
    }

    #[test]
    fn adding_again_adds_nothing((ours, theirs) in two_sides()) {
        let Some(once) = agreed(combine(&[], &ours, &theirs)) else { return Ok(()) };
        prop_assert_eq!(agreed(combine(&[], &once, &theirs)), Some(once.clone()));
        prop_assert_eq!(agreed(combine(&[], &once, &ours)), Some(once));
    }

    #[test]
    fn whatever_a_side_added_is_there_and_what_it_read_is_in_its_order((ours, theirs) in two_sides()) {
        let pieces = combine(&[], &ours, &theirs);
        for (side, is_ours) in [(&ours, true), (&theirs, false)] {
            let stands = |piece: &Piece, take: &Take| match piece {
                Piece::Agreed(found) => (found.is_same_as(take) && found.times >= take.times) || begins(take, found),
                Piece::Clash { ours, theirs } => (if is_ours { ours } else { theirs }).as_ref() == Some(take),
            };
            for session in [None, Some("s"), Some("t")] {
                let mut rest = pieces.iter();
                for take in side.iter().filter(|take| take.session.as_deref() == session) {
                    prop_assert!(pieces.iter().any(|piece| stands(piece, take)), "{}", spelled(take));
                    let plain = take.id.is_none() && take.complete && take.pages.len() == 1;
                    prop_assert!(!plain || rest.any(|piece| stands(piece, take)), "{} out of order", spelled(take));
                }
            }
        }
    }
}
