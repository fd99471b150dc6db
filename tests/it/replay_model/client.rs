//! Clients: graphs of tasks, each a sequence of steps that sends one request at a time and goes on by the answers.

use super::answer::Answer;
use super::random::Random;
use super::request::{Known, Request};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// How often a waiter asks before it gives up while recording: two threads that undo each other's work wait for ever.
const PATIENCE: usize = 40;

/// What a waiter waits for.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// This share is active.
    Active(String),
    /// No share is found.
    Gone,
    /// With or of this principal or resource.
    Associated(String),
    Disassociated,
    /// An invitation is.
    Accepted,
    /// Anything is found.
    Shown,
}

/// The rank of an answer that ends a wait.
pub(crate) const REACHED: usize = 9;

impl Goal {
    /// How near an answer is to it: never falls while nobody else is at work, and ends the wait with [`REACHED`].
    pub(crate) fn rank(&self, answer: &Answer) -> usize {
        let rising = |status: &str, begun: &str, reached: &str| match status {
            _ if status == begun => 1,
            _ if status == reached => REACHED,
            _ => 2,
        };
        let falling = |status: &str, begun: &str| if status == begun { 5 } else { 0 };
        match (self, answer) {
            (Self::Active(arn), Answer::Shares(items)) => {
                let it = items.iter().filter(|item| item.arn == *arn);
                it.map(|item| rising(item.status, "PENDING", "ACTIVE")).min().unwrap_or(0)
            }
            (Self::Gone, Answer::Shares(items)) => {
                items.first().map_or(REACHED, |item| falling(item.status, "DELETING"))
            }
            (Self::Associated(entity), Answer::Associations(items)) => {
                let it = items.iter().filter(|item| item.entity == *entity);
                it.map(|item| rising(item.status, "ASSOCIATING", "ASSOCIATED")).min().unwrap_or(0)
            }
            (Self::Disassociated, Answer::Associations(items)) => {
                items.first().map_or(REACHED, |item| falling(item.status, "DISASSOCIATING"))
            }
            (Self::Accepted, Answer::Invitations(items)) => {
                items.first().map_or(0, |item| rising(item.status, "PENDING", "ACCEPTED"))
            }
            (Self::Shown, Answer::Shares(items)) if !items.is_empty() => REACHED,
            (Self::Gone | Self::Disassociated, Answer::Refused(_)) => REACHED,
            _ => 0,
        }
    }

    fn filled(&self, known: &Known) -> Self {
        let fill = |text: &String| text.strip_prefix('$').and_then(|key| known.get(key)).unwrap_or(text).clone();
        match self {
            Self::Active(arn) => Self::Active(fill(arn)),
            Self::Associated(entity) => Self::Associated(fill(entity)),
            other => other.clone(),
        }
    }
}

/// A step of a task. Steps that name what the client does not know are left out, and so are waits for what was refused.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Request),
    /// The ARN of what it creates is known by this name from then on.
    Create(String, Request),
    /// The last invitation of the answer that is pending is known by this name from then on.
    Find(String, Request),
    Wait(Request, Goal),
}

/// How a client differs from the one that was recorded, in percent: reads repeated, waits ended early, calls sent again
/// as a retry, polls after the end of a wait.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Noise {
    pub(crate) extra: usize,
    pub(crate) fewer: usize,
    pub(crate) retry: usize,
    pub(crate) overpoll: usize,
}

/// One call of a task.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) request: Rc<Request>,
    /// The same for a call and its retries.
    pub(crate) invocation: Option<String>,
    /// The number of the wait that it belongs to.
    pub(crate) wait: Option<(usize, Goal)>,
    /// Whether the client as recorded does not make it.
    pub(crate) extra: bool,
}

/// A task: starts when all tasks named in `after` are done.
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) session: Option<String>,
    pub(crate) after: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

impl Task {
    pub(crate) fn new(name: impl Into<String>, steps: Vec<Step>) -> Self {
        Self { name: name.into(), session: None, after: Vec::new(), steps }
    }
}

/// What the tasks of one run share.
#[derive(Clone)]
pub(crate) struct Run {
    known: Rc<RefCell<Known>>,
    noise: Noise,
    random: Rc<RefCell<Random>>,
    calls: Rc<Cell<usize>>,
}

impl Run {
    pub(crate) fn new(noise: Noise, seed: u64) -> Self {
        Self { known: Rc::default(), noise, random: Rc::new(RefCell::new(Random::new(seed))), calls: Rc::default() }
    }

    fn chance(&self, percent: usize) -> bool {
        percent > 0 && self.random.borrow_mut().chance(percent)
    }

    fn number(&self) -> usize {
        self.calls.set(self.calls.get() + 1);
        self.calls.get()
    }
}

/// Where a task and what runs it meet: each leaves something for the other.
#[derive(Default)]
struct Mailbox {
    call: RefCell<Option<Call>>,
    answer: RefCell<Option<Answer>>,
    gave_up: Cell<bool>,
}

/// A task that runs: a future that is polled once for each answer.
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) session: Option<String>,
    mailbox: Rc<Mailbox>,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

/// What a task does next.
pub(crate) enum Next {
    Sends(Call),
    IsDone,
    GaveUp,
}

impl Running {
    pub(crate) fn new(task: &Task, run: &Run) -> Self {
        let mailbox = Rc::<Mailbox>::default();
        let client = Client { mailbox: Rc::clone(&mailbox), run: run.clone() };
        let (name, session) = (task.name.clone(), task.session.clone());
        Self { name, session, mailbox, future: Box::pin(client.work(task.steps.clone())) }
    }

    /// Goes on with the `answer` to its latest call; with none to make the first.
    pub(crate) fn go_on(&mut self, answer: Option<Answer>) -> Next {
        self.mailbox.answer.replace(answer);
        let done = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match (done, self.mailbox.call.take()) {
            (Poll::Pending, Some(call)) => Next::Sends(call),
            _ if self.mailbox.gave_up.get() => Next::GaveUp,
            _ => Next::IsDone,
        }
    }
}

struct Client {
    mailbox: Rc<Mailbox>,
    run: Run,
}

impl Client {
    async fn work(self, steps: Vec<Step>) {
        let mut refused = false;
        for step in steps {
            let (Step::Send(template) | Step::Create(_, template) | Step::Find(_, template) | Step::Wait(template, _)) =
                &step;
            let Some(request) = template.filled(&self.run.known.borrow()).map(Rc::new) else { continue };
            match step {
                Step::Send(_) if request.is_write() => refused = self.ask(request).await.is_refusal(),
                Step::Send(_) => drop(self.read(request).await),
                Step::Create(key, _) => {
                    let answer = self.ask(request).await;
                    refused = answer.is_refusal();
                    let mut known = self.run.known.borrow_mut();
                    match answer.created() {
                        Some(arn) => drop(known.insert(key, arn.to_owned())),
                        None => drop(known.remove(&key)),
                    }
                }
                Step::Find(key, _) => {
                    let Answer::Invitations(items) = self.read(request).await else { continue };
                    let pending = items.into_iter().rfind(|item| item.status == "PENDING");
                    let mut known = self.run.known.borrow_mut();
                    match pending {
                        Some(item) => drop(known.insert(key, item.arn)),
                        None => drop(known.remove(&key)),
                    }
                }
                Step::Wait(_, goal) => {
                    let goal = goal.filled(&self.run.known.borrow());
                    if !refused && !self.wait(request, goal).await {
                        self.mailbox.gave_up.set(true);
                        return;
                    }
                }
            }
        }
    }

    async fn send(&self, call: Call) -> Answer {
        self.mailbox.call.replace(Some(call));
        poll_fn(|_| self.mailbox.answer.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    async fn call(&self, request: Rc<Request>, wait: Option<(usize, Goal)>, extra: bool) -> Answer {
        let invocation = (self.run.noise.retry > 0).then(|| self.run.number().to_string());
        let call = Call { request, invocation, wait, extra };
        let answer = self.send(call.clone()).await;
        if self.run.chance(self.run.noise.retry) {
            self.send(call).await;
        }
        answer
    }

    async fn ask(&self, request: Rc<Request>) -> Answer {
        self.call(request, None, false).await
    }

    async fn read(&self, request: Rc<Request>) -> Answer {
        let first = self.ask(Rc::clone(&request)).await;
        while self.run.chance(self.run.noise.extra) {
            self.call(Rc::clone(&request), None, true).await;
        }
        first
    }

    /// Polls until `goal` is reached, or what it is about was there and is no more. Whether it did not have to give up.
    async fn wait(&self, request: Rc<Request>, goal: Goal) -> bool {
        let (number, mut seen) = (self.run.number(), false);
        for _ in 0..PATIENCE {
            let answer = self.call(Rc::clone(&request), Some((number, goal.clone())), false).await;
            let rank = goal.rank(&answer);
            if seen && rank == 0 && answer.is_refusal() {
                return true;
            }
            seen |= rank > 0;
            if rank == REACHED || self.run.chance(self.run.noise.fewer) {
                while self.run.chance(self.run.noise.overpoll) {
                    self.call(Rc::clone(&request), Some((number, goal.clone())), true).await;
                }
                return true;
            }
        }
        false
    }
}
