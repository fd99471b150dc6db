//! What it costs to choose among many takes of one fingerprint: 1,000 of them, recorded over 1,000 writes.

use ramtape::session::{Candidate, History, Writes, best_group};
use std::hint::black_box;
use std::time::{Duration, Instant};

const TAKES: usize = 1000;
const ROUNDS: usize = 201;

pub(crate) fn measure() {
    let ids: Vec<String> = (0..TAKES).map(|n| format!("create-resource-share/{n:016}#1")).collect();
    let mut writes = Writes::default();
    for (n, id) in ids.iter().enumerate() {
        writes.add(id.clone(), n.checked_sub(1).and_then(|before| ids.get(before)).cloned());
    }
    let candidates: Vec<Candidate<'_>> =
        ids.iter().enumerate().map(|(take, id)| Candidate { take, session: None, after: Some(id) }).collect();
    let history = |made: &[String]| {
        let mut history = History::default();
        made.iter().for_each(|id| history.moved_to(id.clone()));
        history
    };
    println!("\nChoosing among {TAKES} takes over {TAKES} writes, one choice, median of {ROUNDS}:");
    for (what, made) in [
        ("a session that made the same writes", history(&ids)),
        ("a session that made half of them", history(&ids[..TAKES / 2])),
        ("a session whose last write is in no take", {
            let mut other = history(&ids[..TAKES / 2]);
            other.moved_to("another/write#1".to_owned());
            other
        }),
    ] {
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let begun = Instant::now();
                black_box(best_group(black_box(&candidates), None, &made, || &writes));
                begun.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("  {what:<42} {:>7.1} us", times[ROUNDS / 2].as_secs_f64() * 1e6);
    }
}
