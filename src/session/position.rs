//! Where each session stands, and what answers its next request.

use super::choices::{Choices, Made};
use super::group::{Cursor, group};
use super::history::History;
use super::rank::{Standing, best_history};
use super::sequences::Signature;
use super::waiting::{Stuck, Wait, Waiter, following, passing_status, stuck};
use crate::fingerprint::Fingerprint;
use crate::interaction::{Entry, Take};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many choices a session remembers for clients that retry.
const REMEMBERED: usize = 1024;

/// What marks a request as a repetition of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// A client's retry: the same `amz-sdk-invocation-id`.
    Invocation(String),
    /// A write that names itself: the same idempotency token.
    Token(String),
}

/// A request for which a take is to be chosen.
pub struct Ask<'a> {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The session that asks, if it is named.
    pub session: Option<&'a str>,
    /// The page size asked for.
    pub max_results: Option<u32>,
    /// What would mark a later request as this one's repetition.
    pub repeats: Vec<Repeat>,
    /// Whether a read gets the last take of its group at once.
    pub at_once: bool,
    /// Which takes can answer it.
    pub can_answer: &'a dyn Fn(&Take) -> bool,
}

/// The take that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its place in the entry.
    pub take: usize,
    /// Whether it repeats an earlier answer, and nothing moved.
    pub is_repeat: bool,
    /// What to tell of a waiter that goes nowhere; once for each.
    pub stuck: Option<Stuck>,
    /// Whether this is the first of the takes that follow where a waiter would have gone nowhere.
    pub went_on: bool,
}

/// Takes among which a session goes on: one fingerprint's, for one page size, recorded after one history.
type Group = (Fingerprint, Option<u32>, Signature);

/// One session's position.
#[derive(Debug, Default)]
pub struct Session {
    /// The writes made or replayed.
    pub history: History,
    /// Whether it has recorded a write: from then on upstream has a state of its own.
    pub recorded_write: bool,
    /// How many writes it has only replayed.
    pub replayed_writes: u64,
    /// Counts the writes begun: reads that straddle one are not the same read.
    pub epoch: u64,
    /// By fingerprint: its writes that concern that, among the takes that they were read for.
    made: HashMap<Fingerprint, (Arc<Choices>, Made)>,
    places: HashMap<Group, (Cursor, Waiter)>,
    last: HashMap<Fingerprint, usize>,
    repeats: HashMap<(Fingerprint, Repeat), usize>,
    order: VecDeque<(Fingerprint, Repeat)>,
}

impl Session {
    /// The take of `entry` that answers `ask`; a write moves the history. `choices` is asked for only where there are several
    /// takes. `None` where no take can answer.
    pub fn choose(&mut self, entry: &Entry, choices: impl FnOnce() -> Arc<Choices>, ask: Ask<'_>) -> Option<Choice> {
        let chosen = match entry.takes.as_slice() {
            [] => return None,
            [_] => {
                Choice { take: 0, is_repeat: self.repeated(entry, &ask, &[]).is_some(), stuck: None, went_on: false }
            }
            takes => {
                let choices = choices();
                match self.repeated(entry, &ask, &choices.rules().transient_errors) {
                    Some(take) => Choice { take, is_repeat: true, stuck: None, went_on: false },
                    None => self.next(takes, &choices, &ask)?,
                }
            }
        };
        if !chosen.is_repeat {
            self.last.insert(ask.fingerprint, chosen.take);
            self.remember(ask.fingerprint, ask.repeats, chosen.take);
            if let Some(take) = entry.takes.get(chosen.take).filter(|take| take.id.is_some()) {
                self.history.replayed(&ask.fingerprint, chosen.take, take);
                self.replayed_writes += 1;
            }
        }
        Some(chosen)
    }

    /// The take that a repeated request was answered from: it gets the same again, and nothing moves. One that was told to try
    /// again goes on (rule 9).
    fn repeated(&self, entry: &Entry, ask: &Ask<'_>, transient: &[String]) -> Option<usize> {
        let known = |repeat: &Repeat| self.repeats.get(&(ask.fingerprint, repeat.clone())).copied();
        let take = ask.repeats.iter().find_map(known)?;
        let recorded = entry.takes.get(take)?;
        (entry.takes.len() == 1 || !asks_to_retry(recorded, transient)).then_some(take)
    }

    /// The next take: of the best history (rule 6) the group (rule 7), and of that the one whose turn it is; or what follows
    /// the group, for a waiter that would go nowhere (rule 8).
    fn next(&mut self, takes: &[Take], choices: &Arc<Choices>, ask: &Ask<'_>) -> Option<Choice> {
        let candidates = self.candidates(takes, choices, ask);
        let known = self.made.entry(ask.fingerprint).or_insert_with(|| (Arc::clone(choices), Made::default()));
        if !Arc::ptr_eq(&known.0, choices) {
            *known = (Arc::clone(choices), Made::default());
        }
        let made = &mut known.1;
        let writes = self.history.places(choices.lines());
        made.read_on(choices, writes);
        let history = best_history(choices, &candidates, &Standing { made, writes })?;
        let group = group(choices, takes, &candidates, history, ask.max_results);
        let last = *group.last()?;
        if takes.get(last)?.id.is_some() {
            return self.next_write(takes, choices, &group, (ask.fingerprint, ask.max_results, history));
        }
        let (cursor, waiter) = self.places.entry((ask.fingerprint, ask.max_results, history)).or_default();
        let mut chosen = Choice { take: last, is_repeat: false, stuck: None, went_on: false };
        if !waiter.is_beyond() {
            if !ask.at_once {
                chosen.take = cursor.next(takes, &group)?;
            }
            let passes = || passing_status(takes.get(last)?, &choices.rules().passing);
            if chosen.take != last || passes().is_none() {
                return Some(chosen);
            }
            match waiter.wait((last, takes.get(last)?.times), writes.len()) {
                Wait::Patient => return Some(chosen),
                Wait::Stuck => {
                    chosen.stuck = stuck(choices, takes, &candidates, last, made);
                    return Some(chosen);
                }
                Wait::Over => {}
            }
        }
        let following = following(choices, takes, &candidates, last);
        chosen.went_on = !waiter.is_beyond() && !following.is_empty();
        let follows = if ask.at_once { following.last().copied() } else { waiter.next(&following) };
        chosen.take = follows.unwrap_or(last);
        Some(chosen)
    }

    /// A write is no poll, and gets its takes in turn however reads are answered.
    fn next_write(&mut self, takes: &[Take], choices: &Choices, group: &[usize], place: Group) -> Option<Choice> {
        // What was given already is no candidate where something is brought: the next one is the first.
        let take = if choices.bring_something() {
            *group.first()?
        } else {
            self.places.entry(place).or_default().0.next(takes, group)?
        };
        Some(Choice { take, is_repeat: false, stuck: None, went_on: false })
    }

    /// The takes that can answer, in recorded order: those of the session's own name, where there are any; of a write that
    /// brings something those that were not given yet, where there are any.
    fn candidates(&self, takes: &[Take], choices: &Choices, ask: &Ask<'_>) -> Vec<usize> {
        let only = |from: Vec<usize>, is_wanted: &dyn Fn(usize, &Take) -> bool| {
            let wanted: Vec<usize> =
                from.iter().copied().filter(|at| takes.get(*at).is_some_and(|take| is_wanted(*at, take))).collect();
            if wanted.is_empty() { from } else { wanted }
        };
        let able = only((0..takes.len()).collect(), &|_, take| (ask.can_answer)(take));
        let own = only(able, &|_, take| take.session.as_deref() == ask.session);
        if choices.bring_something() {
            return only(own, &|at, _| !self.history.was_given(&ask.fingerprint, at));
        }
        own
    }

    /// Remembers what a request was answered from, for its repetitions.
    fn remember(&mut self, fingerprint: Fingerprint, repeats: Vec<Repeat>, take: usize) {
        for repeat in repeats {
            let asked = (fingerprint, repeat);
            if self.repeats.insert(asked.clone(), take).is_some() {
                continue;
            }
            self.order.push_back(asked);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.repeats.remove(&oldest);
            }
        }
    }

    /// The take that the session was last answered from; `None` where it never had to choose.
    #[must_use]
    pub fn current(&self, fingerprint: Fingerprint) -> Option<usize> {
        self.last.get(&fingerprint).copied()
    }
}

/// Whether a client that gets `take` asks again: a fault of the service, or an error that is one of `transient`.
fn asks_to_retry(take: &Take, transient: &[String]) -> bool {
    take.pages
        .last()
        .is_some_and(|page| page.status >= 500 || page.error_kind().is_some_and(|kind| transient.contains(&kind)))
}

/// All sessions of a run.
#[derive(Debug, Default)]
pub struct Sessions {
    named: Mutex<HashMap<Option<String>, Arc<Mutex<Session>>>>,
}

impl Sessions {
    /// The session called `name`, made on first sight.
    #[must_use]
    pub fn named(&self, name: Option<&str>) -> Arc<Mutex<Session>> {
        let mut named = lock(&self.named);
        if let Some(session) = named.get(&name.map(str::to_owned)) {
            return Arc::clone(session);
        }
        Arc::clone(named.entry(name.map(str::to_owned)).or_default())
    }

    /// The session called `name`, if it was ever needed.
    #[must_use]
    pub fn known(&self, name: Option<&str>) -> Option<Arc<Mutex<Session>>> {
        lock(&self.named).get(&name.map(str::to_owned)).cloned()
    }

    /// Forgets the session called `name`, unless somebody is at work with it. Says whether there is none now.
    pub fn forget_idle(&self, name: &str) -> bool {
        let (mut named, name) = (lock(&self.named), Some(name.to_owned()));
        let is_idle = named.get(&name).is_none_or(|session| Arc::strong_count(session) == 1);
        if is_idle {
            named.remove(&name);
        }
        is_idle
    }

    /// Rewinds a session: it stands again where it stood at its start. Says whether there was one.
    pub fn reset(&self, name: Option<&str>) -> bool {
        lock(&self.named).remove(&name.map(str::to_owned)).is_some()
    }
}

/// Sessions hold plain data that is whole after every step, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::lines::Lines;
    use super::super::lines::tests::{entry, take};
    use super::super::waiting::Ending;
    use super::super::write::OperationRules;
    use super::*;

    const SHARE: &str = "arn:aws:ram:us-east-1:111122223333:resource-share/1";

    /// A cassette of entries, replayed.
    struct Tape {
        entries: Vec<(Fingerprint, Entry)>,
        lines: Arc<Lines>,
        rules: OperationRules,
        made: HashMap<Fingerprint, Arc<Choices>>,
    }

    impl Tape {
        fn of(entries: Vec<(Fingerprint, Entry)>) -> Self {
            let lines = Arc::new(Lines::of(entries.clone()));
            let rules = OperationRules {
                passing: vec!["PENDING".into()],
                transient_errors: vec!["ThrottlingException".into()],
                ..OperationRules::default()
            };
            Self { entries, lines, rules, made: HashMap::new() }
        }

        fn ask(&mut self, session: &mut Session, at: usize) -> Choice {
            self.ask_as(session, at, None, false, Vec::new())
        }

        fn ask_as(
            &mut self,
            session: &mut Session,
            at: usize,
            name: Option<&str>,
            at_once: bool,
            repeats: Vec<Repeat>,
        ) -> Choice {
            let (fingerprint, entry) = &self.entries[at];
            let made = self.made.entry(*fingerprint);
            let choices =
                Arc::clone(made.or_insert_with(|| Arc::new(Choices::of(fingerprint, entry, &self.lines, &self.rules))));
            let (fingerprint, max_results) = (*fingerprint, None);
            let ask = Ask { fingerprint, session: name, max_results, repeats, at_once, can_answer: &|_| true };
            session.choose(entry, || choices, ask).unwrap()
        }

        fn takes(&mut self, session: &mut Session, asked: &[usize]) -> Vec<usize> {
            asked.iter().map(|at| self.ask(session, *at).take).collect()
        }
    }

    fn share(status: &str) -> String {
        format!(r#"{{"resourceShares":[{{"resourceShareArn":"{SHARE}","status":"{status}"}}]}}"#)
    }

    fn created() -> (Fingerprint, Entry) {
        let answer = format!(r#"{{"resourceShare":{{"resourceShareArn":"{SHARE}"}}}}"#);
        entry("CreateResourceShare", r#"{"name":"x"}"#, vec![take("", "", "create#1", &answer)])
    }

    fn polled(takes: Vec<Take>) -> (Fingerprint, Entry) {
        entry("GetResourceShares", &format!(r#"{{"resourceShareArns":["{SHARE}"]}}"#), takes)
    }

    fn times(take: Take, times: u32) -> Take {
        Take { times, ..take }
    }

    #[test]
    fn each_take_as_often_as_it_was_recorded_in_a_row_and_the_last_one_for_ever() {
        let listing = vec![times(take("", "", "", "0"), 2), times(take("", "", "", "1"), 3), take("", "", "", "0")];
        let mut tape = Tape::of(vec![polled(listing)]);
        let mut session = Session::default();
        assert_eq!(session.current(tape.entries[0].0), None);
        assert_eq!(tape.takes(&mut session, &[0; 8]), [0, 0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(session.current(tape.entries[0].0), Some(2));
        assert_eq!(tape.ask_as(&mut Session::default(), 0, None, true, Vec::new()).take, 2, "--poll final");
    }

    #[test]
    fn a_write_that_does_not_concern_a_request_changes_nothing_for_it() {
        let other =
            entry("CreateResourceShare", r#"{"name":"y"}"#, vec![take("", "create#1", "other#1", r#"{"a":"arn:y"}"#)]);
        let polls = vec![take("", "create#1", "", &share("PENDING")), take("", "other#1", "", &share("ACTIVE"))];
        let mut tape = Tape::of(vec![created(), other, polled(polls)]);
        assert_eq!(tape.takes(&mut Session::default(), &[0, 2, 2, 2]), [0, 0, 1, 1]);
        assert_eq!(tape.takes(&mut Session::default(), &[1, 0, 2, 1, 2]), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn the_own_session_comes_before_any_history() {
        let polls = ["", "s", "t"].map(|session| take(session, "", "", session)).to_vec();
        let mut tape = Tape::of(vec![polled(polls)]);
        for (name, chosen) in [(None, 0), (Some("s"), 1), (Some("t"), 2), (Some("u"), 0)] {
            assert_eq!(tape.ask_as(&mut Session::default(), 0, name, false, Vec::new()).take, chosen, "{name:?}");
        }
    }

    #[test]
    fn equal_creations_get_each_recorded_answer_once() {
        let answer = |n: u32| format!(r#"{{"resourceShareArn":"arn:{n}"}}"#);
        let ids = ["a", "b", "c"];
        let takes = (0..3).map(|n| take("", "", ids[n as usize], &answer(n))).collect();
        let mut tape = Tape::of(vec![entry("CreateResourceShare", r#"{"name":"x"}"#, takes)]);
        assert_eq!(tape.takes(&mut Session::default(), &[0; 4])[..3], [0, 1, 2]);
    }

    #[test]
    fn a_repetition_gets_the_same_take_and_one_after_a_passing_error_the_next() {
        let mut throttled = take("", "", "", r#"{"__type":"ThrottlingException"}"#);
        throttled.pages[0].status = 400;
        let fault = {
            let mut fault = take("", "", "", "{}");
            fault.pages[0].status = 503;
            fault
        };
        let polls = vec![take("", "", "", "1"), fault, throttled, take("", "", "", "2")];
        let mut tape = Tape::of(vec![polled(polls)]);
        let (mut session, mut ask) = (Session::default(), Vec::new());
        for id in ["a", "a", "b", "b", "b", "b", "a", "c"] {
            let repeats = vec![Repeat::Invocation(id.to_owned())];
            ask.push(tape.ask_as(&mut session, 0, None, false, repeats).take);
        }
        assert_eq!(ask, [0, 0, 1, 2, 3, 3, 0, 3]);
    }

    #[test]
    fn the_memory_for_repetitions_is_bounded() {
        let mut tape = Tape::of(vec![polled(vec![take("", "", "", "1"), take("", "", "", "2")])]);
        let mut session = Session::default();
        for n in 0..5000 {
            let repeats = vec![Repeat::Invocation(n.to_string()), Repeat::Token(n.to_string())];
            tape.ask_as(&mut session, 0, None, false, repeats);
        }
        assert_eq!((session.repeats.len(), session.order.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn a_waiter_that_goes_nowhere_is_told_once_and_gets_what_follows() {
        // ACTIVE was recorded after a tag that this run never sets.
        let tag = entry(
            "TagResource",
            &format!(r#"{{"resourceShareArn":"{SHARE}","tagKeys":[]}}"#),
            vec![take("", "create#1", "tag#1", "{}")],
        );
        let polls = vec![take("", "create#1", "", &share("PENDING")), take("", "tag#1", "", &share("ACTIVE"))];
        let mut tape = Tape::of(vec![created(), tag, polled(polls)]);
        let mut session = Session::default();
        tape.ask(&mut session, 0);
        let polls: Vec<_> = (0..10).map(|_| tape.ask(&mut session, 2)).collect();
        assert_eq!(polls.iter().map(|choice| choice.take).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
        let stuck: Vec<_> = polls.iter().filter_map(|choice| choice.stuck.clone()).collect();
        let ending = Ending { status: Some("ACTIVE".into()), lacking: vec!["TagResource".into()] };
        assert_eq!(stuck, [Stuck { status: "PENDING".into(), ending: Some(ending), goes_on: true }]);
        assert_eq!(polls.iter().map(|choice| choice.went_on).position(|went_on| went_on), Some(7));
    }

    #[test]
    fn a_waiter_whose_end_lacks_one_of_its_writes_gets_the_same_for_ever() {
        let tag =
            entry("TagResource", &format!(r#"{{"resourceShareArn":"{SHARE}"}}"#), vec![take("", "", "tag#1", "{}")]);
        let polls = vec![take("", "create#1", "", &share("PENDING")), take("", "tag#1", "", &share("ACTIVE"))];
        let mut tape = Tape::of(vec![created(), tag, polled(polls)]);
        let mut session = Session::default();
        tape.ask(&mut session, 0);
        let polls: Vec<_> = (0..20).map(|_| tape.ask(&mut session, 2)).collect();
        assert!(polls.iter().all(|choice| choice.take == 0));
        assert_eq!(polls.iter().filter(|choice| choice.stuck.is_some()).count(), 1);
    }

    #[test]
    fn a_chain_recorded_in_part_and_then_whole_is_one() {
        let page = |text: &str| take("", "", "", text).pages;
        let part = Take { complete: false, ..take("", "", "", "a") };
        let whole = Take { pages: [page("a"), page("b")].concat(), ..take("", "", "", "a") };
        for takes in [vec![part.clone(), whole.clone()], vec![whole.clone(), part]] {
            let at = takes.iter().position(|take| take.complete).unwrap();
            let mut tape = Tape::of(vec![polled(takes)]);
            assert_eq!(tape.takes(&mut Session::default(), &[0; 3]), [at; 3]);
        }
    }
}
