//! TakeHistories of a session over small cassettes.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::session::explain::explain_choice;
use crate::session::recorded_write::OperationRules;
use crate::session::waiters::WaiterEnd;
use crate::session::write_tree::WriteTree;
use crate::session::write_tree::tests::{entry, take};

const SHARE: &str = "arn:aws:ram:us-east-1:111122223333:resource-share/1";

/// A cassette of entries, replayed.
struct Tape {
    entries: Vec<(Fingerprint, Entry)>,
    tree: Arc<WriteTree>,
    rules: OperationRules,
    made: HashMap<Fingerprint, Arc<TakeHistories>>,
}

impl Tape {
    fn new(entries: Vec<(Fingerprint, Entry)>) -> Self {
        let tree = Arc::new(WriteTree::from_entries(entries.clone(), &crate::model::IdentifierRules::default()));
        let rules = OperationRules {
            passing: vec!["PENDING".into()],
            transient_errors: vec!["ThrottlingException".into()],
            ..OperationRules::default()
        };
        Self { entries, tree, rules, made: HashMap::new() }
    }

    fn ask(&mut self, session: &mut Session, at: usize) -> TakeChoice {
        self.ask_as(session, at, None, false, Vec::new())
    }

    fn ask_as(
        &mut self,
        session: &mut Session,
        at: usize,
        name: Option<&str>,
        skip_to_last: bool,
        retry_keys: Vec<RetryKey>,
    ) -> TakeChoice {
        let (fingerprint, entry) = &self.entries[at];
        let made = self.made.entry(*fingerprint);
        let histories = Arc::clone(
            made.or_insert_with(|| Arc::new(TakeHistories::build(fingerprint, entry, &self.tree, &self.rules))),
        );
        let (fingerprint, max_results) = (*fingerprint, None);
        let ask = |retry_keys| TakeQuery {
            fingerprint,
            session: name,
            max_results,
            retry_keys,
            skip_to_last,
            can_answer: &|_| true,
        };
        let choice = session.select_take(entry, || Arc::clone(&histories), ask(retry_keys)).unwrap();
        if let Some(position) = choice.position {
            let explained = explain_choice(entry, &histories, &session.history, &ask(Vec::new()), position).unwrap();
            assert_eq!(explained.chosen, choice.take, "{explained:?}");
        }
        choice
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
    let mut tape = Tape::new(vec![polled(listing)]);
    let mut session = Session::default();
    assert_eq!(session.last_take(tape.entries[0].0), None);
    assert_eq!(tape.takes(&mut session, &[0; 8]), [0, 0, 1, 1, 1, 2, 2, 2]);
    assert_eq!(session.last_take(tape.entries[0].0), Some(2));
    assert_eq!(tape.ask_as(&mut Session::default(), 0, None, true, Vec::new()).take, 2, "--poll final");
}

#[test]
fn a_write_that_does_not_concern_a_request_changes_nothing_for_it() {
    let other =
        entry("CreateResourceShare", r#"{"name":"y"}"#, vec![take("", "create#1", "other#1", r#"{"a":"arn:y"}"#)]);
    let polls = vec![take("", "create#1", "", &share("PENDING")), take("", "other#1", "", &share("ACTIVE"))];
    let mut tape = Tape::new(vec![created(), other, polled(polls)]);
    assert_eq!(tape.takes(&mut Session::default(), &[0, 2, 2, 2]), [0, 0, 1, 1]);
    assert_eq!(tape.takes(&mut Session::default(), &[1, 0, 2, 1, 2]), [0, 0, 0, 0, 1]);
}

#[test]
fn the_own_session_comes_before_any_history() {
    let polls = ["", "s", "t"].map(|session| take(session, "", "", session)).to_vec();
    let mut tape = Tape::new(vec![polled(polls)]);
    for (name, chosen) in [(None, 0), (Some("s"), 1), (Some("t"), 2), (Some("u"), 2)] {
        assert_eq!(tape.ask_as(&mut Session::default(), 0, name, false, Vec::new()).take, chosen, "{name:?}");
    }
}

#[test]
fn equal_creations_get_each_recorded_answer_once() {
    let answer = |n: u32| format!(r#"{{"resourceShareArn":"arn:{n}"}}"#);
    let ids = ["a", "b", "c"];
    let takes = (0..3).map(|n| take("", "", ids[n as usize], &answer(n))).collect();
    let mut tape = Tape::new(vec![entry("CreateResourceShare", r#"{"name":"x"}"#, takes)]);
    assert_eq!(tape.takes(&mut Session::default(), &[0; 5]), [0, 1, 2, 2, 2]);
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
    let mut tape = Tape::new(vec![polled(polls)]);
    let (mut session, mut ask) = (Session::default(), Vec::new());
    for id in ["a", "a", "b", "b", "b", "b", "a", "c"] {
        let retry_keys = vec![RetryKey::Invocation(id.to_owned())];
        ask.push(tape.ask_as(&mut session, 0, None, false, retry_keys).take);
    }
    assert_eq!(ask, [0, 0, 1, 2, 3, 3, 0, 3]);
}

#[test]
fn a_token_that_was_recorded_twice_is_two_writes() {
    let answer = format!(r#"{{"resourceShareArn":"{SHARE}"}}"#);
    let creations = vec![take("", "", "a", &answer), take("", "a", "b", &answer)];
    let polls = vec![take("", "a", "", &share("PENDING")), take("", "b", "", &share("ACTIVE"))];
    let mut tape = Tape::new(vec![entry("CreateResourceShare", r#"{"name":"x"}"#, creations), polled(polls)]);
    let mut session = Session::default();
    let mut create =
        |tape: &mut Tape| tape.ask_as(&mut session, 0, None, false, vec![RetryKey::IdempotencyToken("t".into())]).take;
    assert_eq!([create(&mut tape), create(&mut tape), create(&mut tape)], [0, 1, 1]);
    assert_eq!(tape.ask(&mut session, 1).take, 1);
}

#[test]
fn takes_of_several_sessions_are_told_apart_for_a_session_without_takes() {
    let polls = ["s", "t"].map(|name| [take(name, "", "", "PENDING"), take(name, "", "", "ACTIVE")]).concat();
    let mut tape = Tape::new(vec![polled(polls)]);
    assert_eq!(tape.takes(&mut Session::default(), &[0; 4]), [2, 3, 3, 3]);
}

#[test]
fn the_memory_for_repetitions_is_bounded() {
    let mut tape = Tape::new(vec![polled(vec![take("", "", "", "1"), take("", "", "", "2")])]);
    let mut session = Session::default();
    for n in 0..5000 {
        let retry_keys = vec![RetryKey::Invocation(n.to_string()), RetryKey::IdempotencyToken(n.to_string())];
        tape.ask_as(&mut session, 0, None, false, retry_keys);
    }
    assert_eq!((session.retries.len()), REMEMBERED_RETRIES);
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
    let mut tape = Tape::new(vec![created(), tag, polled(polls)]);
    let mut session = Session::default();
    tape.ask(&mut session, 0);
    let polls: Vec<_> = (0..10).map(|_| tape.ask(&mut session, 2)).collect();
    assert_eq!(polls.iter().map(|choice| choice.take).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    let stuck: Vec<_> = polls.iter().filter_map(|choice| choice.stuck.clone()).collect();
    let ending = WaiterEnd { take: 1, status: Some("ACTIVE".into()), missing_writes: vec!["TagResource".into()] };
    assert_eq!(stuck, [StuckWaiter { status: "PENDING".into(), ending: Some(ending), advances: true }]);
    assert_eq!(polls.iter().map(|choice| choice.advanced).position(|advanced| advanced), Some(7));
}

#[test]
fn a_waiter_whose_end_lacks_one_of_its_writes_gets_the_same_for_ever() {
    let tag = entry("TagResource", &format!(r#"{{"resourceShareArn":"{SHARE}"}}"#), vec![take("", "", "tag#1", "{}")]);
    let polls = vec![take("", "create#1", "", &share("PENDING")), take("", "tag#1", "", &share("ACTIVE"))];
    let mut tape = Tape::new(vec![created(), tag, polled(polls)]);
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
        let mut tape = Tape::new(vec![polled(takes)]);
        assert_eq!(tape.takes(&mut Session::default(), &[0; 3]), [at; 3]);
    }
}
