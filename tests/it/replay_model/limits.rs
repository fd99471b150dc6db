//! The limits that each class of clients has to keep.

use super::classes::{ACCEPTING, CROWDS, CYCLES, Class, LISTINGS, Open, SESSIONS, SUITES, TERRAFORM, UNNAMED, product};
use super::client::Call;
use super::recording::Recording;
use super::replay::{Answers, Figures};
use super::tape::Chosen;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

/// What may go wrong, in percent.
#[derive(Clone, Copy)]
struct Limits {
    /// Of the reads of which it can be said, and of the steps as recorded.
    wrong: f64,
    /// Of the runs: those in which a waiter never ends.
    hanging: f64,
    /// Of the waiters that never end: those that no notice tells of.
    untold: f64,
}

const NONE: Limits = Limits { wrong: 0.0, hanging: 0.0, untold: 0.0 };
const TERRAFORM_LIMITS: Limits = Limits { wrong: 0.2, hanging: 0.0, untold: 0.0 };
const ACCEPTING_LIMITS: Limits = Limits { wrong: 0.5, hanging: 0.0, untold: 0.0 };
const LISTINGS_LIMITS: Limits = Limits { wrong: 1.5, hanging: 3.0, untold: 0.0 };
const SUITES_LIMITS: Limits = Limits { wrong: 0.05, hanging: 0.0, untold: 0.0 };
const UNNAMED_LIMITS: Limits = Limits { wrong: 0.1, hanging: 0.0, untold: 0.0 };
const CYCLES_LIMITS: Limits = Limits { wrong: 0.1, hanging: 0.0, untold: 0.0 };
/// Threads that undo each other's work, in part only: here a waiter may wait for what shows no status in passing.
const CROWDS_LIMITS: Limits = Limits { wrong: 1.5, hanging: 0.5, untold: 100.0 };

#[test]
fn terraform_never_waits_for_ever() {
    check("terraform", TERRAFORM, TERRAFORM_LIMITS);
}

#[test]
fn accepting_while_associating() {
    check("accepting", ACCEPTING, ACCEPTING_LIMITS);
}

#[test]
fn waiting_by_listings_that_others_change() {
    check("listings", LISTINGS, LISTINGS_LIMITS);
}

#[test]
fn suites_in_any_order_and_in_part() {
    check("suites", SUITES, SUITES_LIMITS);
}

#[test]
fn suites_that_had_names_when_they_were_recorded() {
    check("unnamed", UNNAMED, UNNAMED_LIMITS);
}

#[test]
fn sessions_get_what_they_were_recorded_with() {
    check("sessions", SESSIONS, NONE);
}

#[test]
fn cycles_of_equal_writes() {
    check("cycles", CYCLES, CYCLES_LIMITS);
}

#[test]
fn threads_over_the_same_few_things() {
    check("crowds", CROWDS, CROWDS_LIMITS);
}

/// The judge has teeth: who only counts calls keeps the limits of no family.
#[test]
fn counting_calls_keeps_no_limits() {
    for (classes, limits) in [
        (TERRAFORM, TERRAFORM_LIMITS),
        (ACCEPTING, ACCEPTING_LIMITS),
        (LISTINGS, LISTINGS_LIMITS),
        (SUITES, SUITES_LIMITS),
        (SESSIONS, NONE),
        (CYCLES, CYCLES_LIMITS),
        (CROWDS, CROWDS_LIMITS),
    ] {
        let breaks = |class: &Class| {
            let mut sum = Figures::default();
            (0..20).for_each(|seed| sum.add(&class.one(seed, counted, false).0));
            measures(&sum, limits).into_iter().any(|(_, part, of, limit)| percent(part, of) > limit)
        };
        assert!(classes.iter().any(breaks), "{}", classes[0].name);
    }
}

/// Answers each request with its next recorded answer, the last one for ever.
struct Counting<'a> {
    recording: &'a Recording,
    next: HashMap<Rc<str>, usize>,
}

fn counted(recording: &Recording) -> Box<dyn Answers + '_> {
    Box::new(Counting { recording, next: HashMap::new() })
}

impl Answers for Counting<'_> {
    fn choose(&mut self, _: Option<&str>, call: &Call) -> Option<Chosen> {
        let line = call.request.line();
        let told = self.recording.told.get(&line)?;
        let next = self.next.entry(line).or_default();
        let take = (*next).min(told.len() - 1);
        *next += 1;
        Some(Chosen { take, status: told[take].answer.status(), body: told[take].body.clone() })
    }

    fn has_told(&self, _: Option<&str>, _: &Call) -> bool {
        false
    }
}

fn percent(part: usize, of: usize) -> f64 {
    let float = |number: usize| f64::from(u32::try_from(number).unwrap());
    if part == 0 { 0.0 } else { 100.0 * float(part) / float(of) }
}

/// What can be wrong with figures: what it is, how much of it there is, of how many, and how many in a hundred may be.
fn measures(figures: &Figures, limits: Limits) -> [(&'static str, usize, usize, f64); 5] {
    [
        ("wrong reads", figures.wrong, figures.judged(), limits.wrong),
        ("steps not as recorded", figures.inexact, figures.steps, limits.wrong),
        ("runs that hang", figures.hanging_runs, figures.runs, limits.hanging),
        ("hangs that no notice told", figures.untold, figures.hangs, limits.untold),
        ("retries not as what they repeat", figures.unlike_retries, figures.runs, 0.0),
    ]
}

fn check(family: &str, classes: &[Class], limits: Limits) {
    if let Ok(only) = std::env::var("RAMTAPE_MODEL_ONLY") {
        let (name, seed) = only.rsplit_once(':').unwrap_or_else(|| panic!("RAMTAPE_MODEL_ONLY is CLASS:SEED"));
        for class in classes.iter().filter(|class| class.name == name) {
            one(class, seed.parse().unwrap(), product);
        }
        return;
    }
    let times = std::env::var("RAMTAPE_MODEL_SEEDS").map_or(1, |times| times.parse::<u64>().unwrap());
    let mut table = format!(
        "{family:22}{:>7}{:>8}{:>8}{:>8}{:>7}{:>7}{:>6}{:>6}{:>7}{:>8}{:>9}\n",
        "runs", "reads", "choices", "wrong%", "norec%", "hang%", "hangs", "back", "writes", "steps", "inexact%"
    );
    let mut broken = String::new();
    for class in classes {
        let mut sum = Figures::default();
        let mut first: HashMap<&str, u64> = HashMap::new();
        for seed in 0..class.seeds * times {
            let (figures, _) = class.one(seed, product, false);
            sum.add(&figures);
            for (what, part, ..) in measures(&figures, NONE) {
                if part > 0 {
                    first.entry(what).or_insert(seed);
                }
            }
        }
        writeln!(
            table,
            "{:22}{:7}{:8}{:8}{:8.3}{:7.2}{:7.2}{:6}{:6}{:7}{:8}{:9.3}",
            class.name,
            sum.runs,
            sum.reads,
            sum.choices,
            percent(sum.wrong, sum.judged()),
            percent(sum.unrecorded, sum.reads),
            percent(sum.hanging_runs, sum.runs),
            sum.hangs,
            sum.back,
            sum.wrong_writes,
            sum.steps,
            percent(sum.inexact, sum.steps),
        )
        .unwrap();
        for (what, part, of, limit) in measures(&sum, limits) {
            if percent(part, of) > limit {
                let (name, found, seed) = (class.name, percent(part, of), first[what]);
                writeln!(broken, "{name}: {what}: {part} of {of} are {found:.3} %, more than {limit} %; the first:")
                    .unwrap();
                writeln!(
                    broken,
                    "    RAMTAPE_MODEL_ONLY='{name}:{seed}' cargo test --test it replay_model -- --nocapture"
                )
                .unwrap();
            }
        }
        // A class that replays next to nothing, or never has to choose, shows nothing.
        if sum.choices + sum.steps < 3 * sum.runs || sum.runs == 0 {
            writeln!(broken, "{}: only {} choices in {} runs", class.name, sum.choices, sum.runs).unwrap();
        }
    }
    println!("{table}");
    assert!(broken.is_empty(), "{table}\n{broken}");
}

/// Runs one seed and prints all of it.
fn one(class: &Class, seed: u64, open: Open) {
    let (figures, trace) = class.one(seed, open, true);
    println!("{trace}\n{figures:?}");
    let wrong: Vec<_> = measures(&figures, NONE).into_iter().filter(|(_, part, ..)| *part > 0).collect();
    assert!(wrong.is_empty(), "{} {seed}: {wrong:?}", class.name);
}
