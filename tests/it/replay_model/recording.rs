//! Recording a graph of tasks: several at a time, each call with a start, an effect and an end, and others in between.

use super::answer::Answer;
use super::client::{Call, Next, Noise, Run, Running, Task};
use super::random::Random;
use super::tape::{Cassette, Recorder};
use super::world::World;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// An answer that was recorded to a request.
pub(crate) struct Told {
    pub(crate) body: String,
    pub(crate) answer: Answer,
    /// What was right then; for a write, what was answered.
    pub(crate) settled: Answer,
}

/// A cassette, and what whoever judges a replay of it has to know.
#[derive(Default)]
pub(crate) struct Recording {
    pub(crate) cassette: Cassette,
    /// By request.
    pub(crate) told: HashMap<Rc<str>, Vec<Told>>,
    /// By task: the calls that belong to no wait, and their answers.
    pub(crate) steps: HashMap<String, Vec<(Rc<str>, String)>>,
}

/// Notes answers as they come.
#[derive(Default)]
pub(crate) struct Recordist {
    recorder: Recorder,
    recording: Recording,
}

impl Recordist {
    /// The answer to `call` of `task` has come.
    pub(crate) fn note(&mut self, task: &str, session: Option<&str>, call: &Call, (answer, settled): (Answer, Answer)) {
        let body = answer.body();
        let line = call.request.line();
        self.recorder.answer(session, &call.request, answer.status(), body.clone());
        if call.wait.is_none() {
            let steps = self.recording.steps.entry(task.to_owned()).or_default();
            steps.push((Rc::clone(&line), body.clone()));
        }
        self.recording.told.entry(line).or_default().push(Told { body, answer, settled });
    }

    pub(crate) fn finish(self) -> Recording {
        Recording { cassette: self.recorder.finish(), ..self.recording }
    }
}

/// What `world` does on a call: what it answers, and what it would if all had arrived.
pub(crate) fn effect(world: &mut World, call: &Call) -> (Answer, Answer) {
    if call.request.is_write() {
        let answer = world.write(&call.request, None);
        (answer.clone(), answer)
    } else {
        world.read(&call.request)
    }
}

enum Phase {
    Ready(Option<Answer>),
    Sent(Call),
    Applied(Call, Box<(Answer, Answer)>),
}

/// Records `tasks`, `parallel` of them at a time. `None` where a task waits for what never comes.
pub(crate) fn record(tasks: &[Task], parallel: usize, seed: u64, mut world: World) -> Option<Recording> {
    let mut random = Random::new(seed);
    let run = Run::new(Noise::default(), seed);
    let mut recordist = Recordist::default();
    let mut waiting: Vec<&Task> = tasks.iter().collect();
    let mut running: Vec<(Running, Phase)> = Vec::new();
    let mut done: HashSet<String> = HashSet::new();
    while !(waiting.is_empty() && running.is_empty()) {
        if let Some(task) = next_ready(&mut waiting, &done, running.len(), parallel, &mut random) {
            running.push((Running::new(task, &run), Phase::Ready(None)));
            continue;
        }
        let at = random.below(running.len());
        let (task, phase) = &mut running[at];
        *phase = match std::mem::replace(phase, Phase::Ready(None)) {
            Phase::Ready(answer) => match task.go_on(answer) {
                Next::Sends(call) => Phase::Sent(call),
                Next::IsDone => {
                    done.insert(running.swap_remove(at).0.name);
                    continue;
                }
                Next::GaveUp => return None,
            },
            Phase::Sent(call) => {
                let answers = effect(&mut world, &call);
                Phase::Applied(call, Box::new(answers))
            }
            Phase::Applied(call, answers) => {
                let answer = answers.0.clone();
                recordist.note(&task.name, task.session.as_deref(), &call, *answers);
                Phase::Ready(Some(answer))
            }
        };
    }
    Some(recordist.finish())
}

/// The task to start now, taken out of those that wait, where there is room for one: the first that is ready where only
/// one runs at a time, else any.
pub(crate) fn next_ready<'a>(
    waiting: &mut Vec<&'a Task>,
    done: &HashSet<String>,
    running: usize,
    parallel: usize,
    random: &mut Random,
) -> Option<&'a Task> {
    if running == parallel {
        return None;
    }
    let is_ready = |task: &Task| task.after.iter().all(|before| done.contains(before));
    let ready: Vec<usize> = (0..waiting.len()).filter(|at| is_ready(waiting[*at])).collect();
    if ready.is_empty() || (running > 0 && !random.chance(70)) {
        assert!(running > 0, "tasks wait for each other");
        return None;
    }
    let at = if parallel == 1 { 0 } else { random.below(ready.len()) };
    Some(waiting.remove(ready[at]))
}
