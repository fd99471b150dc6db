//! What it costs to choose among many takes of one fingerprint: 1,000 of them, recorded over 1,000 writes that concern it.

use crate::shared::figures::{median, micros};
use crate::shared::sample;
use ramtape::fingerprint::Fingerprint;
use ramtape::model::{Entry, IdentifierRules, OperationName, Take};
use ramtape::session::{OperationRules, Session, TakeHistories, TakeQuery, WriteTree};
use std::hint::black_box;
use std::sync::Arc;

pub(crate) const TAKES: usize = 1000;
pub(crate) const ROUNDS: usize = 201;

/// A write that the cassette has, but no take was recorded after.
pub(crate) const OTHER: &str = "disassociate-resource-share/another0000write#1";

const SHARE: &str = "arn:aws:ram:us-east-1:111122223333:resource-share/1";

/// How the writes of a cassette follow each other: how many there are, the number of the one before number `n`, and how many
/// different requests they are.
type Shape = (usize, fn(usize) -> Option<usize>, usize);

const SHAPES: [(&str, Shape); 5] = [
    ("1,000 of one session", (TAKES, |n| n.checked_sub(1), TAKES)),
    ("1,000 of 20 sessions", (TAKES, |n| n.checked_sub(20), TAKES)),
    (
        "1,000, branches of branches",
        (TAKES, |n| n.checked_sub(1).map(|last| last.wrapping_mul(2_654_435_761) % n), TAKES),
    ),
    ("1,000 that set and unset a tag", (TAKES, |n| n.checked_sub(1), 2)),
    ("10,000 of one session", (TAKES * 10, |n| n.checked_sub(1), TAKES * 10)),
];

/// The id of a write.
pub(crate) fn id(number: usize) -> String {
    format!("create-resource-share/{number:016}#1")
}

/// A cassette of writes, and one request with the takes recorded after them.
struct Recorded {
    writes: Vec<(Fingerprint, Entry)>,
    /// Of which entry, and which of its takes, each write is.
    places: Vec<(usize, usize)>,
    polled: (Fingerprint, Entry),
    lines: Arc<WriteTree>,
}

impl Recorded {
    fn of((count, before, kinds): Shape) -> Self {
        let write = |kind: usize| {
            let tag = if kind == count { "other".to_owned() } else { format!("k{kind}") };
            entry("TagResource", &format!(r#"{{"resourceShareArn":"{SHARE}","tagKeys":["{tag}"]}}"#))
        };
        let mut writes: Vec<_> = (0..kinds).chain([count]).map(write).collect();
        let mut places = Vec::new();
        for number in 0..count {
            let takes = &mut writes[number % kinds].1.takes;
            places.push((number % kinds, takes.len()));
            takes.push(Take { id: Some(id(number)), after: before(number).map(id), ..sample::take("{}".to_owned()) });
        }
        writes[kinds].1.takes.push(Take { id: Some(OTHER.to_owned()), ..sample::take("{}".to_owned()) });
        places.push((kinds, 0));
        let mut polled = entry("GetResourceShares", &format!(r#"{{"resourceShareArns":["{SHARE}"]}}"#));
        let tags: Vec<String> = (0..kinds).map(|kind| format!("\"k{kind}\"")).collect();
        polled.1.takes = (0..TAKES)
            .map(|take| Take {
                after: Some(id(take * (count / TAKES))),
                ..sample::take(format!(
                    r#"{{"take":{take},"tags":["other",{}]}}"#,
                    if take == 0 { tags.join(",") } else { tags[0].clone() }
                ))
            })
            .collect();
        let lines = Arc::new(WriteTree::from_entries(writes.iter().cloned(), &IdentifierRules::default()));
        Self { writes, places, polled, lines }
    }

    fn choices(&self) -> TakeHistories {
        TakeHistories::build(&self.polled.0, &self.polled.1, &self.lines, &OperationRules::default())
    }

    /// A session that has made the writes up to that of take `last`, and then the other one, if it is to.
    fn session(&self, last: usize, other: bool) -> Session {
        let mut session = Session::default();
        let made = self.places.iter().take(last * ((self.places.len() - 1) / TAKES) + 1);
        for (entry, take) in made.chain(self.places.last().filter(|_| other)) {
            let (fingerprint, entry) = &self.writes[*entry];
            session.history.push_replayed(fingerprint, *take, &entry.takes[*take]);
        }
        session
    }

    /// What one choice takes, in microseconds: of the session that `session` makes, after `warm` choices that do not count.
    fn choice(&self, session: impl Fn() -> Session, warm: usize) -> f64 {
        let choices = Arc::new(self.choices());
        let (fingerprint, entry) = &self.polled;
        let choose = |session: &mut Session| {
            let (fingerprint, can_answer) = (*fingerprint, &|_: &Take| true);
            let ask = TakeQuery {
                fingerprint,
                session: None,
                max_results: None,
                retry_keys: Vec::new(),
                skip_to_last: false,
                can_answer,
            };
            black_box(session.select_take(black_box(entry), || Arc::clone(&choices), ask));
        };
        median((0..ROUNDS).map(|_| {
            let mut session = session();
            (0..warm).for_each(|_| choose(&mut session));
            micros(|| choose(&mut session))
        }))
    }
}

fn entry(operation: &str, request: &str) -> (Fingerprint, Entry) {
    let (region, actor) = ("us-east-1".to_owned(), "default".to_owned());
    let fingerprint = Fingerprint::hash(&format!("{operation} {request}"));
    let operation = OperationName::Known(operation.to_owned());
    (fingerprint, Entry { operation, region, actor, request: request.to_owned(), takes: Vec::new() })
}

/// Measures and prints.
pub(crate) fn measure() {
    println!("\nChoosing among {TAKES} takes, one choice, median of {ROUNDS}, us:");
    let columns = ["same writes", "half of them", "last in no take", "the first such"];
    println!("  {:<32}{}", "over how many writes", columns.map(|column| format!("{column:>17}")).concat());
    for (what, shape) in SHAPES {
        let recorded = Recorded::of(shape);
        let times = [
            recorded.choice(|| recorded.session(TAKES - 1, false), 1),
            recorded.choice(|| recorded.session(TAKES / 2, false), 1),
            recorded.choice(|| recorded.session(TAKES - 1, true), 1),
            recorded.choice(|| recorded.session(TAKES - 1, true), 0),
        ];
        println!("  {what:<32}{}", times.map(|time| format!("{time:>17.1}")).concat());
    }
    let recorded = Recorded::of(SHAPES[0].1);
    let choices = median((0..ROUNDS / 10).map(|_| micros(|| drop(black_box(recorded.choices())))));
    let lines = median((0..ROUNDS / 10).map(|_| {
        let writes = recorded.writes.clone();
        micros(|| drop(black_box(WriteTree::from_entries(writes, &IdentifierRules::default()))))
    }));
    println!("  once for a file that was read: {choices:.1} us; once for the writes of a cassette: {lines:.1} us");
}
