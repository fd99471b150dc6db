//! Takes of one fingerprint from two sides that go back to a common base, as one sequence. Pure.
//!
//! Each session's takes are combined for themselves: a replay never asks how those of different sessions stand to each
//! other. Without a base everything is an addition, and what both sides have is there once.

use super::add_takes::{arranged, begins};
use super::subsequence::{common_places, places_within};
use crate::model::Take;
use std::collections::BTreeSet;

/// A place in the combined sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A take that no side speaks against.
    Agreed(Take),
    /// One take, said differently; `None` where that side has removed it.
    Clash {
        /// What our side says.
        ours: Option<Take>,
        /// What their side says.
        theirs: Option<Take>,
    },
}

/// The takes of both sides. `base` is what both began with; empty where nothing is known of that.
///
/// Sides clash where they changed one take of the base differently, and where both hold an answer of their own to one
/// write of one session: a replay could not tell them apart.
#[must_use]
pub fn combine(base: &[Take], ours: &[Take], theirs: &[Take]) -> Vec<Piece> {
    let agreed = |takes: &[Take]| takes.iter().cloned().map(Piece::Agreed).collect();
    if ours == theirs || theirs == base {
        return agreed(ours);
    }
    if ours == base {
        return agreed(theirs);
    }
    let sessions: BTreeSet<Option<&str>> = ours.iter().chain(theirs).map(|take| take.session.as_deref()).collect();
    let pieces = sessions.into_iter().flat_map(|session| {
        let sides = Sides {
            base: of_session(base, session),
            ours: continued(of_session(ours, session), theirs),
            theirs: continued(of_session(theirs, session), ours),
        };
        sides.combined()
    });
    in_order(pieces.map(|placed| placed.piece).collect())
}

fn of_session<'t>(takes: &'t [Take], session: Option<&str>) -> Vec<&'t Take> {
    takes.iter().filter(|take| take.session.as_deref() == session).collect()
}

/// `side` with each chain that only `other` recorded further as it is there.
fn continued<'t>(side: Vec<&'t Take>, other: &'t [Take]) -> Vec<&'t Take> {
    let further = |take: &&'t Take| {
        let here = side.iter().any(|whole| begins(take, whole));
        if here { *take } else { other.iter().find(|whole| begins(take, whole)).unwrap_or(take) }
    };
    side.iter().map(further).collect()
}

/// The pieces as the text has them; where a person has to decide first, as they are.
fn in_order(pieces: Vec<Piece>) -> Vec<Piece> {
    let takes: Option<Vec<Take>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Agreed(take) => Some(take.clone()),
            Piece::Clash { .. } => None,
        })
        .collect();
    takes.map_or(pieces, |takes| arranged(takes).into_iter().map(Piece::Agreed).collect())
}

/// A piece, and who has it.
struct Placed {
    piece: Piece,
    of: Of,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Ours,
    Theirs,
    Both,
}

/// One session's takes.
struct Sides<'t> {
    base: Vec<&'t Take>,
    ours: Vec<&'t Take>,
    theirs: Vec<&'t Take>,
}

/// What became of the base on one side.
struct Edits<'t> {
    /// For every take of the base what is there now; `None` where it was removed.
    fates: Vec<Option<&'t Take>>,
    /// What was added before every take of the base, and at its end.
    added: Vec<Vec<&'t Take>>,
}

impl Sides<'_> {
    fn combined(&self) -> Vec<Placed> {
        let (ours, theirs) = (edits(&self.base, &self.ours), edits(&self.base, &self.theirs));
        let mut combined = Vec::new();
        for (at, (added, added_too)) in ours.added.iter().zip(&theirs.added).enumerate() {
            combined.extend(union(added, added_too));
            if let (Some(base), Some(fate), Some(other)) = (self.base.get(at), ours.fates.get(at), theirs.fates.get(at))
            {
                combined.extend(judged(base, *fate, *other));
            }
        }
        settled(combined)
    }
}

/// What is left of one take of the base.
fn judged(base: &Take, ours: Option<&Take>, theirs: Option<&Take>) -> Option<Placed> {
    let piece = match (ours, theirs) {
        (None, None) => return None,
        (Some(left), None) | (None, Some(left)) if left.is_same_as(base) => return None,
        (Some(mine), Some(other)) if mine == base => Piece::Agreed(other.clone()),
        (Some(mine), Some(other)) if other == base => Piece::Agreed(mine.clone()),
        // How often a waiter asked is no change that speaks against another.
        (Some(mine), Some(other)) if mine.is_same_as(base) && !other.is_same_as(base) => Piece::Agreed(other.clone()),
        (Some(mine), Some(other)) if other.is_same_as(base) && !mine.is_same_as(base) => Piece::Agreed(mine.clone()),
        (Some(mine), Some(other)) => joined(mine, other),
        (mine, other) => Piece::Clash { ours: mine.cloned(), theirs: other.cloned() },
    };
    let of = match (ours, theirs) {
        (_, None) => Of::Ours,
        (None, _) => Of::Theirs,
        _ => Of::Both,
    };
    Some(Placed { piece, of })
}

/// What both sides have in one place.
fn joined(ours: &Take, theirs: &Take) -> Piece {
    if ours.is_same_as(theirs) {
        Piece::Agreed(Take { times: ours.times.max(theirs.times), ..ours.clone() })
    } else {
        Piece::Clash { ours: Some(ours.clone()), theirs: Some(theirs.clone()) }
    }
}

/// Whether both answer the same write: they can't both stand.
fn is_same_write(ours: &Take, theirs: &Take) -> bool {
    ours.id.is_some() && ours.id == theirs.id
}

/// What both sides added at one place, ours first.
fn union(ours: &[&Take], theirs: &[&Take]) -> Vec<Placed> {
    let one = |at: usize, other: usize| {
        let pair = ours.get(at).zip(theirs.get(other));
        pair.is_some_and(|(mine, other)| mine.is_same_as(other) || is_same_write(mine, other))
    };
    let added = |takes: Option<&[&Take]>, of: Of| {
        let takes = takes.unwrap_or_default().iter();
        takes.map(|take| Placed { piece: Piece::Agreed((*take).clone()), of }).collect::<Vec<_>>()
    };
    let holds = |whole: &Take, part: &Take| whole.is_same_as(part) && whole.times >= part.times;
    // Of polls that answer the same the longest sequence could join a run with a longer one, and count it too often: what
    // one side has all of is paired with what holds it.
    let mut pairs = if let Some(places) = places_within(ours, theirs, |mine, other| holds(mine, other)) {
        places.into_iter().zip(0..).collect()
    } else if let Some(places) = places_within(theirs, ours, |other, mine| holds(other, mine)) {
        (0..).zip(places).collect()
    } else {
        common_places(ours.len(), theirs.len(), one)
    };
    pairs.push((ours.len(), theirs.len()));
    let (mut placed, mut next) = (Vec::new(), (0, 0));
    for (at, other) in pairs {
        placed.extend(added(ours.get(next.0..at), Of::Ours));
        placed.extend(added(theirs.get(next.1..other), Of::Theirs));
        if let (Some(mine), Some(their)) = (ours.get(at), theirs.get(other)) {
            placed.push(Placed { piece: joined(mine, their), of: Of::Both });
        }
        next = (at + 1, other + 1);
    }
    placed
}

/// One session's sequence without what is there twice because each side had it at another place. Writes stand where our
/// side has them: so to combine once more changes nothing.
fn settled(placed: Vec<Placed>) -> Vec<Placed> {
    let mut settled: Vec<Placed> = Vec::with_capacity(placed.len());
    for next in placed {
        let last = settled.len().checked_sub(1);
        let twin = settled.iter().enumerate().find_map(|(at, other)| {
            let (Piece::Agreed(known), Piece::Agreed(take)) = (&other.piece, &next.piece) else { return None };
            let (ours, theirs) = match (other.of, next.of) {
                (Of::Ours, Of::Theirs) => (known, take),
                (Of::Theirs, Of::Ours) => (take, known),
                _ => return None,
            };
            // A read can have been answered the same before and after something else.
            let is_twin = is_same_write(ours, theirs) || (ours.is_same_as(theirs) && Some(at) == last);
            is_twin.then(|| (at, joined(ours, theirs)))
        });
        let Some((at, piece)) = twin else {
            settled.push(next);
            continue;
        };
        let twin = settled.remove(at);
        let at = if twin.of == Of::Ours { at } else { settled.len() };
        settled.insert(at, Placed { piece, of: Of::Both });
    }
    settled
}

/// How `side` came from `base`: what is unchanged, what was put in place of another take of the same place in the
/// session's history, what was removed and added.
fn edits<'t>(base: &[&Take], side: &[&'t Take]) -> Edits<'t> {
    let same =
        |at: usize, other: usize| base.get(at).zip(side.get(other)).is_some_and(|(base, take)| base.is_same_as(take));
    let mut kept = common_places(base.len(), side.len(), same);
    kept.push((base.len(), side.len()));
    let mut edits = Edits { fates: vec![None; base.len()], added: vec![Vec::new(); base.len() + 1] };
    let mut next = (0, 0);
    for (at, other) in kept {
        let mut from = next.1;
        for old in next.0..at {
            let place = base.get(old);
            let changed = (from..other).find(|new| place.zip(side.get(*new)).is_some_and(|(a, b)| stands_for(a, b)));
            let Some(changed) = changed else { continue };
            added_at(&mut edits, old, side.get(from..changed));
            if let Some(fate) = edits.fates.get_mut(old) {
                *fate = side.get(changed).copied();
            }
            from = changed + 1;
        }
        added_at(&mut edits, at, side.get(from..other));
        if let Some(fate) = edits.fates.get_mut(at) {
            *fate = side.get(other).copied();
        }
        next = (at + 1, other + 1);
    }
    edits
}

fn added_at<'t>(edits: &mut Edits<'t>, at: usize, takes: Option<&[&'t Take]>) {
    if let Some(added) = edits.added.get_mut(at) {
        added.extend(takes.unwrap_or_default());
    }
}

/// Whether both have the same place in the session's history.
fn stands_for(one: &Take, other: &Take) -> bool {
    one.after == other.after && one.id == other.id && one.max_results == other.max_results
}

#[cfg(test)]
mod tests;
