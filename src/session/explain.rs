//! Why a take was chosen: the same functions that chose it are asked once more, and what they found is kept.

use super::best_take::{DecidingRule, SessionStanding};
use super::candidates::{Exclusion, find_candidates};
use super::session::ChoicePosition;
use super::session_history::SessionHistory;
use super::take_group::{GroupCursor, TakeGroup, Turn};
use super::take_histories::{ConcerningWrites, TakeHistories};
use super::take_query::TakeQuery;
use super::waiters::{StuckWaiter, Waiter, find_later_takes, find_stuck_waiter};
use crate::model::{Entry, Take};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// How many takes are told of; a request can have thousands.
const MAX_TAKES: usize = 100;

/// How many writes of a history are told of: its last ones, by which it is chosen.
const MAX_WRITES: usize = 20;

/// Why one of several takes was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceExplanation {
    /// The take that was chosen: its place in its entry, from 0, as all takes here.
    pub chosen: usize,
    /// What set its history apart from those of the others.
    pub rule: DecidingRule,
    /// Which of the takes with that history it is.
    pub turn: Turn,
    /// The session's writes that concern the request.
    pub session_writes: WriteList,
    /// How many writes the session had made that do not.
    pub unrelated_writes: usize,
    /// The id of the session's latest write, whether it concerns the request or not.
    pub latest_write: Option<String>,
    /// The takes with the best history, in the order in which they answer.
    pub group: Vec<usize>,
    /// How many answers of these the session had been given.
    pub served: u32,
    /// The take that answers the same request next, if nothing is written before; where they answer in turn.
    pub next: Option<usize>,
    /// What a session waits for that is given a status in passing again and again.
    pub waiter: Option<StuckWaiter>,
    /// The takes, those that matter most where there are many.
    pub takes: Vec<TakeExplanation>,
    /// How many more there are.
    pub takes_left_out: usize,
}

/// How a take compares with where the session stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeExplanation {
    /// Its place in its entry, from 0.
    pub take: usize,
    /// The session that recorded it.
    pub session: Option<String>,
    /// How often it was given in a row when it was recorded.
    pub times: u32,
    /// Why it could not answer.
    pub exclusion: Option<Exclusion>,
    /// The concerning writes that it was recorded after.
    pub writes: WriteList,
    /// Whether those are the session's.
    pub is_same_history: bool,
    /// How many of the last writes it has in common with the session.
    pub common_end: usize,
    /// Whether it was recorded right after the write that is the session's latest.
    pub is_right_after: bool,
    /// How many writes it has that the session has not, and the other way round.
    pub difference: usize,
}

/// Writes in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteList {
    /// The last of them.
    pub last: Vec<WriteLabel>,
    /// How many came before those.
    pub earlier: usize,
}

/// A write, as people tell it from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteLabel {
    /// Its id in the cassette.
    pub id: String,
    /// Its operation.
    pub operation: String,
}

impl WriteList {
    fn from_places(histories: &TakeHistories, places: &[usize]) -> Self {
        let earlier = places.len().saturating_sub(MAX_WRITES);
        let placed = places.iter().skip(earlier).filter_map(|place| histories.write_tree().get(*place));
        let label = |id: &String, operation: &String| WriteLabel { id: id.clone(), operation: operation.clone() };
        Self { last: placed.map(|placed| label(&placed.id, &placed.write.operation)).collect(), earlier }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.earlier + self.last.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a session that stood at `position` was given a take of `entry` for `query`. `history` has the writes that it had made then,
/// or more of them. `None` where no take can answer.
#[must_use]
pub fn explain_choice(
    entry: &Entry,
    histories: &TakeHistories,
    history: &SessionHistory,
    query: &TakeQuery<'_>,
    position: ChoicePosition,
) -> Option<ChoiceExplanation> {
    let takes = entry.takes.as_slice();
    let mut history = history.prefix(position.writes);
    let mut exclusions = HashMap::new();
    let candidates = find_candidates(takes, histories, &history, query, |at, exclusion| {
        exclusions.insert(at, exclusion);
    });
    let latest_write = history.latest_write().map(str::to_owned);
    let mut concerning = ConcerningWrites::default();
    let writes = history.positions_in(histories.write_tree());
    concerning.read_new(histories, writes);
    let standing = SessionStanding { concerning: &concerning, writes };
    let group = TakeGroup::select(histories, takes, &candidates, &standing, query.max_results)?;
    let last = *group.takes.last()?;
    let turn = position.turn;
    let (chosen, next) = if matches!(turn, Turn::Later | Turn::LastOfLater) {
        let later = find_later_takes(histories, takes, &group.own, last);
        let mut waiter = Waiter::advanced_by(position.served as usize);
        let mut give = || waiter.next_of_later(&later, turn == Turn::LastOfLater).unwrap_or(last);
        (give(), Some(give()))
    } else {
        let mut cursor = GroupCursor::at(position.served);
        let chosen = group.give(takes, turn, &mut cursor)?;
        (chosen, group.give(takes, turn, &mut cursor).filter(|_| turn == Turn::InTurn))
    };
    let is_write = takes.first()?.id.is_some();
    let is_waiting = !is_write && (chosen == last || matches!(turn, Turn::Later | Turn::LastOfLater));
    let waiter = is_waiting.then(|| find_stuck_waiter(histories, takes, &group.own, last, &concerning)).flatten();
    let shown = pick_shown(histories, &standing, takes.len(), (chosen, &group), &exclusions);
    let distances = histories.distances(&concerning);
    let explain_take = |at: usize| -> Option<TakeExplanation> {
        let take: &Take = takes.get(at)?;
        Some(TakeExplanation {
            take: at,
            session: take.session.clone(),
            times: take.times,
            exclusion: exclusions.get(&at).copied(),
            writes: WriteList::from_places(histories, &histories.history_of(at)),
            is_same_history: standing.has_history(histories, at),
            common_end: histories.common_suffix(at, &concerning),
            is_right_after: standing.is_right_after(histories.preceding_write(at)),
            difference: histories.distance_of(at, &distances),
        })
    };
    let is_concerning = |place: &usize| histories.is_concerned_by(*place);
    let made: Vec<usize> = writes.iter().flatten().copied().filter(is_concerning).collect();
    Some(ChoiceExplanation {
        chosen,
        rule: group.best.rule,
        turn,
        unrelated_writes: writes.len() - made.len(),
        session_writes: WriteList::from_places(histories, &made),
        latest_write,
        served: position.served,
        next,
        waiter,
        takes_left_out: takes.len() - shown.len(),
        takes: shown.into_iter().filter_map(explain_take).collect(),
        group: group.takes,
    })
}

/// The takes to tell of, in recorded order: all, or those that matter most.
fn pick_shown(
    histories: &TakeHistories,
    standing: &SessionStanding<'_>,
    count: usize,
    (chosen, group): (usize, &TakeGroup),
    exclusions: &HashMap<usize, Exclusion>,
) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..count).collect();
    if count > MAX_TAKES {
        let in_group: HashSet<usize> = group.takes.iter().copied().collect();
        shown.sort_by_cached_key(|take| {
            (
                *take != chosen,
                !in_group.contains(take),
                exclusions.contains_key(take),
                !standing.has_history(histories, *take),
                Reverse(histories.common_suffix(*take, standing.concerning)),
                take.abs_diff(chosen),
            )
        });
        shown.truncate(MAX_TAKES);
        shown.sort_unstable();
    }
    shown
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::session::Session;
    use super::super::write_tree::tests::{entry, take};
    use super::super::{OperationRules, StuckWaiter, WaiterEnd, WriteTree};
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::model::IdentifierRules;
    use proptest::prelude::*;
    use std::sync::Arc;

    const SHARE: &str = "arn:aws:ram:us-east-1:111122223333:resource-share/1";

    fn share(status: &str) -> String {
        format!(r#"{{"resourceShares":[{{"resourceShareArn":"{SHARE}","status":"{status}"}}]}}"#)
    }

    /// A cassette of a share that is created, tagged and renamed, with these takes of a read of it.
    struct Tape(Vec<(Fingerprint, Entry)>, Arc<WriteTree>);

    impl Tape {
        fn new(polls: Vec<Take>) -> Self {
            let brought = format!(r#"{{"resourceShare":{{"resourceShareArn":"{SHARE}"}}}}"#);
            let named = format!(r#"{{"resourceShareArn":"{SHARE}"}}"#);
            let entries = vec![
                entry("CreateResourceShare", r#"{"name":"x"}"#, vec![take("", "", "create#1", &brought)]),
                entry("TagResource", &named, vec![take("", "create#1", "tag#1", "{}")]),
                entry(
                    "UpdateResourceShare",
                    &named,
                    vec![take("", "tag#1", "update#1", "{}"), take("s", "", "update#2", "{}")],
                ),
                entry("GetResourceShares", &format!(r#"{{"resourceShareArns":["{SHARE}"]}}"#), polls),
            ];
            let tree = Arc::new(WriteTree::from_entries(entries.clone(), &IdentifierRules::default()));
            Self(entries, tree)
        }

        /// Asks in turn for the entries `asked`; gives how each of the answers that were chosen came about.
        fn explain(
            &self,
            name: Option<&str>,
            size: Option<u32>,
            skip: bool,
            asked: &[usize],
        ) -> Vec<ChoiceExplanation> {
            let rules = OperationRules { passing: vec!["PENDING".into()], ..OperationRules::default() };
            let made: Vec<Arc<TakeHistories>> = self
                .0
                .iter()
                .map(|(fingerprint, entry)| Arc::new(TakeHistories::build(fingerprint, entry, &self.1, &rules)))
                .collect();
            let can_answer = |take: &Take| take.complete || take.max_results == size;
            let (mut session, mut choices) = (Session::default(), Vec::new());
            for at in asked {
                let (fingerprint, entry) = &self.0[*at];
                let query = || TakeQuery {
                    fingerprint: *fingerprint,
                    session: name,
                    max_results: size,
                    retry_keys: Vec::new(),
                    skip_to_last: skip,
                    can_answer: &can_answer,
                };
                let Some(choice) = session.select_take(entry, || Arc::clone(&made[*at]), query()) else { continue };
                choices.extend(choice.position.map(|position| (*at, choice.take, position)));
            }
            // All is explained at the end: later writes make no difference.
            let explain = |(at, chosen, position): (usize, usize, ChoicePosition)| {
                let (fingerprint, entry) = &self.0[at];
                let query = TakeQuery {
                    fingerprint: *fingerprint,
                    session: name,
                    max_results: size,
                    retry_keys: Vec::new(),
                    skip_to_last: skip,
                    can_answer: &can_answer,
                };
                let explained = explain_choice(entry, &made[at], &session.history, &query, position).unwrap();
                assert_eq!(explained.chosen, chosen, "{explained:?}");
                assert!(explained.takes.iter().any(|take| take.take == chosen && take.exclusion.is_none()));
                explained
            };
            choices.into_iter().map(explain).collect()
        }
    }

    fn operations(writes: &WriteList) -> Vec<&str> {
        writes.last.iter().map(|write| write.operation.as_str()).collect()
    }

    #[test]
    fn a_choice_is_told_with_its_rule_its_writes_and_what_comes_next() {
        let polls = vec![
            take("", "create#1", "", &share("PENDING")),
            take("", "create#1", "", &share("ACTIVE")),
            take("", "tag#1", "", &share("ACTIVE")),
        ];
        let told = Tape::new(polls).explain(None, None, false, &[0, 3, 3, 1, 3]);
        assert!(told.iter().all(|told| told.rule == DecidingRule::SameHistory && told.turn == Turn::InTurn));
        assert_eq!(
            told.iter().map(|told| (told.chosen, told.next)).collect::<Vec<_>>(),
            [(0, Some(1)), (1, Some(1)), (2, Some(2))]
        );
        assert_eq!((told[1].group.as_slice(), told[1].served), (&[0, 1][..], 1));
        assert_eq!(operations(&told[2].session_writes), ["CreateResourceShare", "TagResource"]);
        assert_eq!(operations(&told[2].takes[0].writes), ["CreateResourceShare"]);
        let compared: Vec<_> =
            told[2].takes.iter().map(|it| (it.is_same_history, it.common_end, it.difference)).collect();
        assert_eq!(compared, [(false, 0, 1), (false, 0, 1), (true, 2, 0)]);
        assert_eq!(told[2].takes.iter().map(|take| take.is_right_after).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn each_rule_can_decide() {
        let polls = || vec![take("", "create#1", "", "a"), take("", "update#1", "", "b")];
        let rule = |polls: Vec<Take>, asked: &[usize]| {
            let told = Tape::new(polls).explain(None, None, false, asked);
            told.last().map(|told| (told.chosen, told.rule)).unwrap()
        };
        assert_eq!(rule(polls(), &[0, 3]), (0, DecidingRule::SameHistory));
        assert_eq!(rule(polls(), &[0, 2, 3]), (1, DecidingRule::LongestCommonEnd));
        assert_eq!(rule(polls(), &[3]), (0, DecidingRule::SmallestDifference));
        let alike = vec![take("", "create#1", "", "a"), take("", "create#1", "", "b")];
        assert_eq!(rule(alike, &[3]), (0, DecidingRule::OneHistory), "the group begins with its first");
        let own = vec![take("s", "", "", "a"), take("", "create#1", "", "b"), take("t", "", "", "c")];
        assert_eq!(rule(own, &[3]), (1, DecidingRule::OnlyTake));
        let tied = vec![take("", "tag#1", "", "a"), take("s", "update#2", "", "b")];
        let told = Tape::new(tied).explain(Some("u"), None, false, &[0, 3]);
        assert_eq!((told[0].chosen, told[0].rule), (0, DecidingRule::SmallestDifference));
    }

    #[test]
    fn a_waiter_is_told_what_it_lacks_and_what_it_was_given_later() {
        let polls = vec![take("", "create#1", "", &share("PENDING")), take("", "tag#1", "", &share("ACTIVE"))];
        let told = Tape::new(polls).explain(None, None, false, &[0, 3, 3, 3, 3, 3, 3, 3, 3]);
        let ending = WaiterEnd { take: 1, status: Some("ACTIVE".into()), missing_writes: vec!["TagResource".into()] };
        let waiter = StuckWaiter { status: "PENDING".into(), ending: Some(ending), advances: true };
        assert!(told.iter().all(|told| told.waiter.as_ref() == Some(&waiter)));
        let last = told.last().unwrap();
        assert_eq!((last.chosen, last.turn, last.next), (1, Turn::Later, Some(1)));
    }

    #[test]
    fn of_many_takes_those_that_matter_are_told() {
        let mut polls: Vec<Take> = (0..300).map(|_| take("s", "update#2", "", "old")).collect();
        polls.insert(150, take("", "tag#1", "", "fits"));
        let told = Tape::new(polls).explain(None, None, false, &[0, 1, 3]);
        let [told] = told.as_slice() else { unreachable!() };
        assert_eq!((told.chosen, told.takes.len(), told.takes_left_out), (150, MAX_TAKES, 301 - MAX_TAKES));
        assert!(told.takes.iter().any(|take| take.take == 150) && told.takes.is_sorted_by_key(|take| take.take));
    }

    proptest! {
        /// What is told is what was chosen, whatever was recorded and asked.
        #[test]
        fn the_take_that_is_explained_is_the_one_that_was_chosen(
            polls in prop::collection::vec(
                (0..3_usize, 0..5_usize, 0..3_usize, any::<bool>(), 1..4_u32, any::<bool>()), 2..9
            ),
            asked in prop::collection::vec(0..6_usize, 1..40),
            (name, size, skip) in (0..4_usize, 0..3_usize, any::<bool>()),
        ) {
            let sizes = [None, Some(2), Some(5)];
            let polls = polls.into_iter().map(|(session, after, size, complete, times, passes)| {
                let after = ["", "create#1", "tag#1", "update#1", "update#2"][after];
                let body = share(if passes { "PENDING" } else { "ACTIVE" });
                Take { times, complete, max_results: sizes[size], ..take(["", "s", "t"][session], after, "", &body) }
            });
            // Polls are what is asked most.
            let asked: Vec<usize> = asked.into_iter().map(|at| at.min(3)).collect();
            let name = [None, Some("s"), Some("t"), Some("u")][name];
            Tape::new(polls.collect()).explain(name, sizes[size], skip, &asked);
        }
    }
}
