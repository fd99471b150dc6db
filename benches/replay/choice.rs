//! What it costs to choose among many takes of one fingerprint: 1,000 of them, recorded over 1,000 writes.

use crate::figures::{median, micros};
use crate::polling;
use ramtape::session::{Candidate, History, Places, Writes, best_group};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

pub(crate) const TAKES: usize = 1000;
pub(crate) const ROUNDS: usize = 201;

/// A write that the cassette has, but no take was recorded after.
pub(crate) const OTHER: &str = "disassociate-resource-share/another0000write#1";

/// How the writes of a cassette follow each other: how many there are, and the number of the one before number `n`.
type Shape = (usize, fn(usize) -> Option<usize>);

const SHAPES: [(&str, Shape); 4] = [
    ("1,000 of one session", (TAKES, |n| n.checked_sub(1))),
    ("1,000 of 20 sessions", (TAKES, |n| n.checked_sub(20))),
    ("1,000, branches of branches", (TAKES, |n| n.checked_sub(1).map(|last| last.wrapping_mul(2_654_435_761) % n))),
    ("10,000 of one session", (TAKES * 10, |n| n.checked_sub(1))),
];

/// The id of a write.
pub(crate) fn id(number: usize) -> String {
    format!("create-resource-share/{number:016}#1")
}

/// The writes of a cassette, and the takes recorded after each.
struct Recorded {
    links: Vec<(String, Option<String>)>,
    writes: Arc<Writes>,
}

impl Recorded {
    fn of((count, before): Shape) -> Self {
        let mut links: Vec<_> = (0..count).map(|n| (id(n), before(n).map(id))).collect();
        links.push((OTHER.to_owned(), None));
        let writes = Arc::new(links.iter().cloned().collect());
        Self { links, writes }
    }

    fn afters(&self) -> impl Iterator<Item = Option<&str>> {
        self.links.iter().step_by(self.links.len() / TAKES).take(TAKES).map(|(id, _)| Some(id.as_str()))
    }

    /// A session that has made the writes up to that of take `last`, and then `other`.
    fn session(&self, last: usize, other: Option<&str>) -> History {
        let mut history = History::default();
        let made = self.links.iter().take(last * (self.links.len() / TAKES) + 1).map(|(id, _)| id.as_str());
        made.chain(other).for_each(|id| history.moved_to(id.to_owned()));
        history
    }

    /// What one choice takes, in microseconds: of the session that `session` makes, after `warm` choices that do not count.
    fn choice(&self, session: impl Fn() -> History, warm: usize) -> f64 {
        let places = Places::among(&self.writes, self.afters());
        let candidates: Vec<_> =
            self.afters().enumerate().map(|(take, after)| Candidate { take, session: None, after }).collect();
        median((0..ROUNDS).map(|_| {
            let mut history = session();
            for _ in 0..warm {
                black_box(best_group(&candidates, None, &mut history, || &places));
            }
            micros(|| drop(black_box(best_group(black_box(&candidates), None, &mut history, || &places))))
        }))
    }
}

/// Measures and prints; `folder` is for a cassette.
pub(crate) fn measure(folder: &Path) {
    println!("\nChoosing among {TAKES} takes, one choice, median of {ROUNDS}, us:");
    let columns = ["same writes", "half of them", "last in no take", "the first such"];
    println!("  {:<28}{}", "over how many writes", columns.map(|column| format!("{column:>17}")).concat());
    for (what, shape) in SHAPES {
        let recorded = Recorded::of(shape);
        let times = [
            recorded.choice(|| recorded.session(TAKES - 1, None), 0),
            recorded.choice(|| recorded.session(TAKES / 2, None), 0),
            recorded.choice(|| recorded.session(TAKES - 1, Some(OTHER)), 1),
            recorded.choice(|| recorded.session(TAKES - 1, Some(OTHER)), 0),
        ];
        println!("  {what:<28}{}", times.map(|time| format!("{time:>17.1}")).concat());
    }
    let recorded = Recorded::of((TAKES, |n| n.checked_sub(1)));
    let places =
        median((0..ROUNDS).map(|_| micros(|| drop(black_box(Places::among(&recorded.writes, recorded.afters()))))));
    let writes = median((0..ROUNDS).map(|_| {
        let links = recorded.links.clone();
        micros(|| drop(black_box(links.into_iter().collect::<Writes>())))
    }));
    println!("  once for a file that was read: {places:.1} us; once for the writes of a cassette: {writes:.1} us");
    polling::measure(folder);
}
