//! Classes of clients, each with the limits that its replays have to keep, over a fixed range of seeds.

use super::client::{Noise, Step, Task};
use super::graphs;
use super::random::Random;
use super::recording::{Recording, record};
use super::replay::{Answers, Figures, Replay};
use super::suites::{self, Cycle, Pool};
use super::tape::{Player, Poll};
use super::world::{LIMIT, World};
use std::fmt::Write;

/// What answers a replay of a recording.
pub(crate) type Open = for<'a> fn(&'a Recording) -> Box<dyn Answers + 'a>;

/// The product.
pub(crate) fn product(recording: &Recording) -> Box<dyn Answers + '_> {
    Box::new(Player::new(&recording.cassette, Poll::Recorded))
}

/// A kind of client.
#[derive(Clone, Copy)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) seeds: u64,
    pub(crate) replays: fn(&mut Bench),
}

/// Where one seed of a class is recorded and replayed.
pub(crate) struct Bench {
    pub(crate) seed: u64,
    open: Open,
    figures: Figures,
    trace: Option<String>,
}

impl Bench {
    pub(crate) fn new(seed: u64, open: Open, traces: bool) -> Self {
        Self { seed, open, figures: Figures::default(), trace: traces.then(String::new) }
    }

    fn random(&self, salt: u64) -> Random {
        Random::new(self.seed.wrapping_mul(1009).wrapping_add(salt))
    }

    fn record(&self, tasks: &[Task], parallel: usize, limit: usize) -> Option<Recording> {
        record(tasks, parallel, self.seed, World::slow(self.seed, limit))
    }

    fn replay(&mut self, replay: &Replay<'_>, tasks: &[&Task]) {
        if let Some(trace) = &mut self.trace {
            let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            writeln!(trace, "\nreplayed at {} at a time, {:?}: {names:?}", replay.parallel, replay.noise).unwrap();
        }
        let mut player = (self.open)(replay.recording);
        self.figures.add(&replay.run(tasks, player.as_mut(), self.trace.as_mut()));
    }
}

impl Class {
    /// What comes of one seed, and the trace of it.
    pub(crate) fn one(&self, seed: u64, open: Open, traces: bool) -> (Figures, String) {
        let mut bench = Bench::new(seed, open, traces);
        (self.replays)(&mut bench);
        (bench.figures, bench.trace.unwrap_or_default())
    }
}

const fn plain(recording: &Recording, parallel: usize, seed: u64) -> Replay<'_> {
    Replay { parallel, seed, noise: QUIET, limit: LIMIT, exact: false, recording }
}

const QUIET: Noise = Noise { extra: 0, fewer: 0, retry: 0, overpoll: 0 };
const EXTRA: Noise = Noise { extra: 30, overpoll: 50, ..QUIET };
const FEWER: Noise = Noise { fewer: 50, ..QUIET };
const RETRY: Noise = Noise { retry: 30, ..QUIET };

/// Recorded and replayed at every combination of parallelism, most often at ten, which is Terraform's.
fn graph(bench: &mut Bench, tasks: fn(u64) -> Vec<Task>, noise: Noise) {
    const PARALLEL: [(usize, usize); 10] =
        [(10, 10), (10, 10), (10, 4), (10, 1), (4, 10), (4, 4), (4, 1), (1, 10), (1, 4), (1, 1)];
    let tasks = tasks(bench.seed);
    let (recorded, replayed) = PARALLEL[bench.random(0).below(PARALLEL.len())];
    // Tasks that undo each other's work may wait for ever: those can't be replayed.
    let Some(recording) = bench.record(&tasks, recorded, LIMIT) else { return };
    let replay = Replay { noise, ..plain(&recording, replayed, bench.seed + 1) };
    bench.replay(&replay, &tasks.iter().collect::<Vec<_>>());
}

macro_rules! graphs {
    ($($name:literal $seeds:literal $tasks:expr, $noise:expr;)*) => {
        &[$(Class { name: $name, seeds: $seeds, replays: |bench| graph(bench, $tasks, $noise) }),*]
    };
}

pub(crate) const TERRAFORM: &[Class] = graphs! {
    "issue" 80 graphs::issue, QUIET;
    "five" 80 graphs::five, QUIET;
    "mixed" 100 graphs::mixed, QUIET;
    "shared" 80 graphs::shared, QUIET;
    "regions" 80 graphs::regions, QUIET;
    "update" 80 graphs::update, QUIET;
    "organization" 100 graphs::organization, QUIET;
    "any" 250 graphs::any, QUIET;
    "any, more polls" 80 graphs::any, EXTRA;
    "any, fewer polls" 80 graphs::any, FEWER;
    "any, retries" 80 graphs::any, RETRY;
};

pub(crate) const ACCEPTING: &[Class] = graphs! {
    "invite" 100 graphs::invite, QUIET;
    "invite, more polls" 60 graphs::invite, EXTRA;
    "beside" 300 graphs::invite_beside, QUIET;
};

pub(crate) const LISTINGS: &[Class] = graphs! {
    "lists" 200 graphs::lists, QUIET;
    "threads" 300 graphs::threads, QUIET;
};

const TESTS: usize = 3;

fn suite(bench: &Bench, pool: fn(Pool) -> Pool, named: bool) -> Vec<Task> {
    let task = |i: usize| {
        let seed = bench.seed * 10 + u64::try_from(i).unwrap();
        let steps = suites::test(seed, i, &pool(Pool::of_test(bench.seed, i)));
        Task { session: named.then(|| format!("t{i}")), ..Task::new(format!("t{i}"), steps) }
    };
    (0..TESTS).map(task).collect()
}

/// Recorded one test after the other; then all of them, and four times some of them in any order, in one session.
fn in_any_order(bench: &mut Bench, pool: fn(Pool) -> Pool, recorded_named: bool, limit: usize, noise: Noise) {
    let recorded = suite(bench, pool, recorded_named);
    let Some(recording) = bench.record(&recorded, 1, limit) else { return };
    let tasks = suite(bench, pool, false);
    let mut random = bench.random(5);
    for nth in 0..5_u64 {
        let count = if nth == 0 { TESTS } else { random.between(1, TESTS) };
        let mut order = random.sample(TESTS, count);
        if nth == 0 {
            order.sort_unstable();
        }
        let picked: Vec<&Task> = order.iter().map(|at| &tasks[*at]).collect();
        let noise = if nth == 0 { QUIET } else { noise };
        let replay = Replay { noise, limit, ..plain(&recording, 1, bench.seed + nth) };
        bench.replay(&replay, &picked);
    }
}

/// Recorded one after the other or all at once, each in a session of its own; then in any order, and all at once.
fn in_sessions(bench: &mut Bench, pool: fn(Pool) -> Pool, noise: Noise) {
    let tasks = suite(bench, pool, true);
    for recorded in [1, TESTS] {
        let Some(recording) = bench.record(&tasks, recorded, LIMIT) else { return };
        for replayed in [1, TESTS] {
            let mut picked: Vec<&Task> = tasks.iter().collect();
            bench.random(5).shuffle(&mut picked);
            let replay = Replay { noise, exact: true, ..plain(&recording, replayed, bench.seed + 1) };
            bench.replay(&replay, &picked);
        }
    }
}

pub(crate) const SUITES: &[Class] = &[
    Class { name: "one after the other", seeds: 150, replays: |it| in_any_order(it, |it| it, false, LIMIT, QUIET) },
    Class { name: "more reads", seeds: 60, replays: |it| in_any_order(it, |it| it, false, LIMIT, EXTRA) },
    Class { name: "fewer polls", seeds: 60, replays: |it| in_any_order(it, |it| it, false, LIMIT, FEWER) },
    Class { name: "retries", seeds: 60, replays: |it| in_any_order(it, |it| it, false, LIMIT, RETRY) },
    Class { name: "two actors", seeds: 100, replays: |it| in_any_order(it, Pool::with_consumer, false, LIMIT, EXTRA) },
    Class { name: "refusals", seeds: 100, replays: |it| in_any_order(it, Pool::with_refusals, false, 2, QUIET) },
];

/// Recorded with names and replayed without: each session's takes are a story of their own, and only one can be told.
pub(crate) const UNNAMED: &[Class] =
    &[Class { name: "names only recorded", seeds: 60, replays: |it| in_any_order(it, |it| it, true, LIMIT, QUIET) }];

pub(crate) const SESSIONS: &[Class] = &[
    Class { name: "sessions", seeds: 80, replays: |it| in_sessions(it, |it| it, QUIET) },
    Class { name: "sessions, more reads", seeds: 60, replays: |it| in_sessions(it, |it| it, EXTRA) },
    Class { name: "sessions, retries", seeds: 60, replays: |it| in_sessions(it, |it| it, RETRY) },
    Class { name: "sessions, two actors", seeds: 60, replays: |it| in_sessions(it, Pool::with_consumer, EXTRA) },
];

/// All cycles; then fewer, more, and in another order.
fn cycles(bench: &mut Bench) {
    let (kind, all) = suites::cycles(bench.seed);
    let flat = |cycles: &[&Vec<Step>]| vec![Task::new("t", cycles.iter().copied().flatten().cloned().collect())];
    let all: Vec<&Vec<Step>> = all.iter().collect();
    let Some(recording) = bench.record(&flat(&all), 1, LIMIT) else { return };
    let variants = if kind == Cycle::Share {
        vec![all.clone(), all[..1].to_vec(), all[..all.len() - 1].to_vec()]
    } else {
        let (head, body) = (&all[..1], &all[1..]);
        let mut shuffled = body.to_vec();
        bench.random(3).shuffle(&mut shuffled);
        vec![
            all.clone(),
            [head, &body[..1]].concat(),
            [head, body, &body[..1]].concat(),
            [head, &body[1..]].concat(),
            [head, &shuffled].concat(),
        ]
    };
    for variant in variants {
        let tasks = flat(&variant);
        bench.replay(&plain(&recording, 1, bench.seed), &tasks.iter().collect::<Vec<_>>());
    }
}

pub(crate) const CYCLES: &[Class] = &[Class { name: "cycles", seeds: 300, replays: cycles }];

/// Some of the threads that were recorded, at another parallelism.
fn crowd(bench: &mut Bench, size: usize, noise: Noise) {
    let tasks = suites::crowd(bench.seed, size);
    let mut random = bench.random(0);
    let (recorded, replayed) = [(1, 1), (1, 4), (4, 1), (4, 4), (4, 4)][random.below(5)];
    let Some(recording) = bench.record(&tasks, recorded, LIMIT) else { return };
    let count = if random.chance(70) { tasks.len() - 1 } else { random.between(1, tasks.len() - 1) };
    let mut order = random.sample(tasks.len() - 1, count);
    if random.chance(50) {
        order.sort_unstable();
    }
    let picked: Vec<&Task> = std::iter::once(&tasks[0]).chain(order.iter().map(|at| &tasks[at + 1])).collect();
    let replay = Replay { noise, ..plain(&recording, replayed, bench.seed + 1) };
    bench.replay(&replay, &picked);
}

pub(crate) const CROWDS: &[Class] = &[
    Class { name: "two threads", seeds: 500, replays: |it| crowd(it, 2, QUIET) },
    Class { name: "three threads", seeds: 500, replays: |it| crowd(it, 3, QUIET) },
    Class { name: "three, more reads", seeds: 300, replays: |it| crowd(it, 3, EXTRA) },
    Class { name: "five threads", seeds: 300, replays: |it| crowd(it, 5, QUIET) },
];
