//! Replaying a graph of tasks, and judging each answer: right is what RAM would say after the writes that were made.

use super::answer::Answer;
use super::client::{Call, Next, Noise, REACHED, Run, Running, Task};
use super::random::Random;
use super::recording::{Recording, Told, next_ready};
use super::tape::{Chosen, Player};
use super::world::World;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write;
use std::rc::Rc;

/// How many more polls than all that was recorded for its request a waiter may take.
const SLACK: usize = 10;

/// What was counted in replays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) runs: usize,
    pub(crate) reads: usize,
    /// Reads of requests to which more than one answer was recorded.
    pub(crate) choices: usize,
    pub(crate) wrong: usize,
    /// Answers such as were never recorded would have been right.
    pub(crate) unrecorded: usize,
    /// Writes that were answered wrongly, though a right answer was recorded.
    pub(crate) wrong_writes: usize,
    /// Waits that did not end, though an answer was recorded that would have ended them and was right.
    pub(crate) hangs: usize,
    /// Of those, the ones that no notice told.
    pub(crate) untold: usize,
    pub(crate) hanging_runs: usize,
    /// Answers to a waiter that were further from its end than those before.
    pub(crate) back: usize,
    /// Steps of a task as recorded, and those of them that were answered otherwise.
    pub(crate) steps: usize,
    pub(crate) inexact: usize,
    /// Retries that were answered otherwise than what they repeat.
    pub(crate) unlike_retries: usize,
}

impl Figures {
    pub(crate) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.runs, other.runs),
            (&mut self.reads, other.reads),
            (&mut self.choices, other.choices),
            (&mut self.wrong, other.wrong),
            (&mut self.unrecorded, other.unrecorded),
            (&mut self.wrong_writes, other.wrong_writes),
            (&mut self.hangs, other.hangs),
            (&mut self.untold, other.untold),
            (&mut self.hanging_runs, other.hanging_runs),
            (&mut self.back, other.back),
            (&mut self.steps, other.steps),
            (&mut self.inexact, other.inexact),
            (&mut self.unlike_retries, other.unlike_retries),
        ];
        for (sum, more) in pairs {
            *sum += more;
        }
    }

    /// Reads of which it can be said whether they were right.
    pub(crate) const fn judged(&self) -> usize {
        self.reads - self.unrecorded
    }
}

/// Whatever answers a replay.
pub(crate) trait Answers {
    fn choose(&mut self, session: Option<&str>, call: &Call) -> Option<Chosen>;

    /// Whether a waiter on `call` was told of.
    fn has_told(&self, session: Option<&str>, call: &Call) -> bool;
}

impl Answers for Player<'_> {
    fn choose(&mut self, session: Option<&str>, call: &Call) -> Option<Chosen> {
        Self::choose(self, session, &call.request, call.invocation.as_deref())
    }

    fn has_told(&self, session: Option<&str>, call: &Call) -> bool {
        Self::has_told(self, session, &call.request)
    }
}

/// How a recording is replayed.
pub(crate) struct Replay<'a> {
    pub(crate) parallel: usize,
    pub(crate) seed: u64,
    pub(crate) noise: Noise,
    pub(crate) limit: usize,
    /// Whether each step has to be answered as it was when recorded, rather than by what was written since.
    pub(crate) exact: bool,
    pub(crate) recording: &'a Recording,
}

/// What comes of an answer.
enum Verdict {
    GoOn(Answer),
    /// The task waits for ever.
    Hangs,
    /// Nothing after this can be judged.
    Ends,
}

impl Replay<'_> {
    /// Runs `tasks`. With a `trace` each call is written into it.
    pub(crate) fn run(&self, tasks: &[&Task], player: &mut dyn Answers, trace: Option<&mut String>) -> Figures {
        let mut random = Random::new(self.seed);
        let run = Run::new(self.noise, self.seed);
        let mut judge = Judge::new(self, trace);
        let mut waiting = tasks.to_vec();
        let mut running: Vec<(Running, Option<Answer>)> = Vec::new();
        let (mut done, mut failed) = (HashSet::new(), HashSet::new());
        loop {
            loop {
                let before = waiting.len();
                waiting.retain(|task| {
                    let fails = task.after.iter().any(|before| failed.contains(before));
                    if fails {
                        failed.insert(task.name.clone());
                    }
                    !fails
                });
                if waiting.len() == before {
                    break;
                }
            }
            if waiting.is_empty() && running.is_empty() {
                break;
            }
            if let Some(task) = next_ready(&mut waiting, &done, running.len(), self.parallel, &mut random) {
                running.push((Running::new(task, &run), None));
                continue;
            }
            let at = random.below(running.len());
            let (task, answer) = &mut running[at];
            match task.go_on(answer.take()) {
                Next::Sends(call) => match judge.answer(task, &call, player) {
                    Verdict::GoOn(given) => *answer = Some(given),
                    Verdict::Hangs => drop(failed.insert(running.swap_remove(at).0.name)),
                    Verdict::Ends => break,
                },
                Next::IsDone => drop(done.insert(running.swap_remove(at).0.name)),
                Next::GaveUp => drop(failed.insert(running.swap_remove(at).0.name)),
            }
        }
        let hanging_runs = usize::from(judge.figures.hangs > 0);
        Figures { runs: 1, hanging_runs, ..judge.figures }
    }
}

struct Judge<'a> {
    replay: &'a Replay<'a>,
    world: World,
    figures: Figures,
    /// What creations were answered with.
    given: HashSet<String>,
    /// The answers to calls that can be sent again.
    answered: HashMap<(Rc<str>, String), String>,
    /// By wait: how near it came, and how often it has asked.
    waits: HashMap<usize, (usize, usize)>,
    /// By task: what is to be answered to its next steps.
    expected: HashMap<String, VecDeque<&'a (Rc<str>, String)>>,
    trace: Option<&'a mut String>,
}

impl<'a> Judge<'a> {
    fn new(replay: &'a Replay<'a>, trace: Option<&'a mut String>) -> Self {
        let steps = replay.recording.steps.iter();
        let expected = steps.map(|(task, steps)| (task.clone(), steps.iter().collect())).collect();
        Self {
            replay,
            world: World::settled(replay.limit),
            figures: Figures::default(),
            given: HashSet::new(),
            answered: HashMap::new(),
            waits: HashMap::new(),
            expected,
            trace,
        }
    }

    fn answer(&mut self, task: &Running, call: &Call, player: &mut dyn Answers) -> Verdict {
        let line = call.request.line();
        let session = task.session.as_deref();
        let Some(chosen) = player.choose(session, call) else {
            self.say(|| format!("{}: {line}\n    was never recorded", task.name));
            return Verdict::Ends;
        };
        let told = self.replay.recording.told.get(&line).map_or(&[][..], Vec::as_slice);
        let answer = told.iter().find(|told| told.body == chosen.body && told.answer.status() == chosen.status);
        let answer = &answer.unwrap_or_else(|| panic!("{line} was answered what was never recorded")).answer;
        self.say(|| format!("{}: {line}\n    take {}: {answer:?}", task.name, chosen.take));
        if let Some(invocation) = &call.invocation {
            let key = (Rc::clone(&line), invocation.clone());
            if let Some(before) = self.answered.insert(key, chosen.body.clone()) {
                self.figures.unlike_retries += usize::from(before != chosen.body);
                return Verdict::GoOn(answer.clone());
            }
        }
        if self.replay.exact {
            self.compare(&task.name, call, &line, &chosen.body);
        }
        let goes_on = if call.request.is_write() {
            self.judge_write(call, answer, told)
        } else {
            if !self.replay.exact {
                self.judge_read(call, answer, told);
            }
            true
        };
        if !goes_on {
            Verdict::Ends
        } else if self.hangs(session, call, answer, told, player) {
            Verdict::Hangs
        } else {
            Verdict::GoOn(answer.clone())
        }
    }

    /// Holds a step's answer against the one recorded to the same step.
    fn compare(&mut self, task: &str, call: &Call, line: &str, body: &str) {
        if call.wait.is_some() || call.extra {
            return;
        }
        if let Some((asked, answered)) = self.expected.get_mut(task).and_then(VecDeque::pop_front) {
            self.figures.steps += 1;
            if **asked != *line || answered != body {
                self.figures.inexact += 1;
                self.say(|| format!("    INEXACT: recorded was {asked}: {answered}"));
            }
        }
    }

    /// Whether what follows can be judged.
    fn judge_write(&mut self, call: &Call, answer: &Answer, told: &[Told]) -> bool {
        let created = answer.created().filter(|_| call.request.operation == "CreateResourceShare");
        if let Some(arn) = created {
            let is_fresh = |told: &Told| told.answer.created().is_some_and(|arn| !self.given.contains(arn));
            let other = told.iter().any(is_fresh);
            if !self.given.insert(arn.to_owned()) || self.world.has_share(arn) {
                self.say(|| "    TWICE: this share was made before".to_owned());
                self.figures.wrong_writes += usize::from(other);
                return other;
            }
        }
        let right = self.world.write(&call.request, created);
        if right.is_refusal() == answer.is_refusal() {
            return true;
        }
        self.say(|| format!("    UNLIKE: RAM would answer {right:?}"));
        if told.iter().any(|told| told.answer.is_refusal() == right.is_refusal()) {
            self.figures.wrong_writes += 1;
        }
        // The client knows nothing of a share that was refused to it.
        right.created().is_none() || call.request.operation != "CreateResourceShare"
    }

    fn judge_read(&mut self, call: &Call, answer: &Answer, told: &[Told]) {
        let (_, right) = self.world.read(&call.request);
        self.figures.reads += 1;
        self.figures.choices += usize::from(told.iter().any(|told| told.answer != *answer));
        if told.iter().any(|told| told.settled == right && told.answer == *answer) {
            return;
        }
        if told.iter().any(|told| told.settled == right) {
            self.figures.wrong += 1;
            self.say(|| format!("    WRONG: with all arrived it is {right:?}"));
        } else {
            self.figures.unrecorded += 1;
            self.say(|| format!("    UNRECORDED: with all arrived it is {right:?}"));
        }
    }

    /// Whether a wait that `call` belongs to has asked more often than can be of use.
    fn hangs(
        &mut self,
        session: Option<&str>,
        call: &Call,
        answer: &Answer,
        told: &[Told],
        player: &dyn Answers,
    ) -> bool {
        let Some((number, goal)) = &call.wait else { return false };
        let rank = goal.rank(answer);
        let (near, polls) = self.waits.entry(*number).or_default();
        let back = rank < *near;
        *near = rank;
        *polls += usize::from(rank < REACHED);
        let hangs = *polls > told.len() + SLACK;
        if back {
            self.figures.back += 1;
            self.say(|| "    BACK: the waiter was nearer to its end before".to_owned());
        }
        if !hangs {
            return false;
        }
        let (_, right) = self.world.read(&call.request);
        if told.iter().any(|told| told.settled == right && goal.rank(&told.answer) == REACHED) {
            self.figures.hangs += 1;
            let is_told = player.has_told(session, call);
            self.figures.untold += usize::from(!is_told);
            self.say(|| format!("    HANGS: ended by {right:?}; told: {is_told}"));
        }
        true
    }

    fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            writeln!(trace, "{}", line()).unwrap();
        }
    }
}
