//! The latest calls of a run, in memory.

use super::call::{AskedParameters, Call, CallFilter, CallOutcome, CallRequest, OutcomeKind, TakeChosen};
use super::counts::{CallCounts, OperationId, RunningCounts};
use super::notes::{AnswerNote, Asked, RepeatedRequest};
use crate::model::OperationName;
use crate::session::{ChoicePosition, Session};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How many calls are remembered one by one. An old one is forgotten for each new one from there on.
const MAX_CALLS: usize = 10_000;

/// The latest calls one by one, and counts of all.
#[derive(Debug)]
pub(in crate::engine) struct CallLog {
    /// When it began, by either clock.
    began: (SystemTime, Instant),
    ring: Mutex<Ring>,
}

impl Default for CallLog {
    fn default() -> Self {
        Self { began: (SystemTime::now(), Instant::now()), ring: Mutex::default() }
    }
}

#[derive(Debug, Default)]
struct Ring {
    calls: VecDeque<StoredCall>,
    /// How many calls there were before those.
    forgotten: u64,
    counts: RunningCounts,
}

/// A call in memory. Thousands of requests a second repeat themselves: those are kept in one piece, and
/// touch no memory elsewhere.
#[derive(Debug)]
enum StoredCall {
    Again(RepeatedCall),
    Other(Box<LoggedCall>),
}

/// A repeated request, answered by the only take.
#[derive(Debug)]
struct RepeatedCall {
    /// Microseconds since 1970.
    at: u64,
    /// In microseconds; what takes longer than an hour is as good as an hour.
    took: u32,
    status: u16,
    session: Option<String>,
    request: RepeatedRequest,
}

/// A call as it is remembered: what the cassette tells of it is read again when somebody looks.
#[derive(Clone, Debug)]
pub(in crate::engine) struct LoggedCall {
    pub(in crate::engine) at: SystemTime,
    pub(in crate::engine) took: Duration,
    pub(in crate::engine) session: Option<String>,
    /// `None` where it could not be read.
    pub(in crate::engine) asked: Option<Asked>,
    /// Method and path of what could not be read; of a repeated request its operation, once it is read from the log.
    pub(in crate::engine) name: Option<Arc<str>>,
    pub(in crate::engine) status: u16,
    pub(in crate::engine) outcome: LoggedOutcome,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(in crate::engine) enum LoggedOutcome {
    Answered(AnswerNote),
    Missed(Box<str>),
    Refused(Box<str>),
}

impl CallLog {
    /// The time of `instant`. Times of one log are in order even where the system's clock is set meanwhile.
    pub(in crate::engine) fn time_of(&self, instant: Instant) -> SystemTime {
        self.began.0 + instant.saturating_duration_since(self.began.1)
    }

    /// Adds a call; gives its number.
    pub(in crate::engine) fn add(&self, call: LoggedCall) -> u64 {
        let stored = StoredCall::new(call);
        let mut ring = self.ring.lock();
        let ring = &mut *ring;
        let (operation, kind, took) = match &stored {
            StoredCall::Again(call) => {
                (call.request.operation, OutcomeKind::Replayed, Duration::from_micros(call.took.into()))
            }
            StoredCall::Other(call) => (ring.counts.id(call.operation(), false), call.kind(), call.took),
        };
        ring.counts.add(operation, kind, took);
        if ring.calls.len() == MAX_CALLS {
            ring.calls.pop_front();
            ring.forgotten += 1;
        }
        ring.calls.push_back(stored);
        ring.forgotten + ring.calls.len() as u64
    }

    /// The number of the operation called `name`, of which something is recorded.
    pub(in crate::engine) fn operation_id(&self, name: &str) -> OperationId {
        self.ring.lock().counts.id(name, true)
    }

    /// The calls that `filter` wants, the latest first: `limit` of those before the one with the number `before`.
    pub(in crate::engine) fn latest(
        &self,
        filter: &CallFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Vec<(u64, LoggedCall)> {
        let ring = self.ring.lock();
        let newest = ring.forgotten + ring.calls.len() as u64;
        let numbered = (0..).map(|back| newest - back).zip(ring.calls.iter().rev());
        let wanted = numbered
            .skip_while(|(number, _)| before.is_some_and(|before| *number >= before))
            .filter(|(_, call)| ring.matches(filter, call));
        wanted.take(limit).map(|(number, call)| (number, ring.read(call))).collect()
    }

    /// The calls after the one with the number `after` that `filter` wants, the earliest first, `limit` at most.
    pub(in crate::engine) fn after(&self, filter: &CallFilter, after: u64, limit: usize) -> Vec<(u64, LoggedCall)> {
        let ring = self.ring.lock();
        let seen = usize::try_from(after.saturating_sub(ring.forgotten)).unwrap_or(usize::MAX);
        let numbered = (ring.forgotten + 1..).zip(&ring.calls).skip(seen);
        let wanted = numbered.filter(|(_, call)| ring.matches(filter, call));
        wanted.take(limit).map(|(number, call)| (number, ring.read(call))).collect()
    }

    /// The call with the number `number`, while it is remembered.
    pub(in crate::engine) fn get(&self, number: u64) -> Option<LoggedCall> {
        let ring = self.ring.lock();
        let at = usize::try_from(number.checked_sub(ring.forgotten + 1)?).ok()?;
        ring.calls.get(at).map(|call| ring.read(call))
    }

    /// All calls that are remembered, the earliest first.
    pub(in crate::engine) fn all(&self) -> Vec<(u64, LoggedCall)> {
        let ring = self.ring.lock();
        (ring.forgotten + 1..).zip(ring.calls.iter().map(|call| ring.read(call))).collect()
    }

    /// How many calls there were, and how many of them are forgotten.
    pub(in crate::engine) fn extent(&self) -> (u64, u64) {
        let ring = self.ring.lock();
        (ring.forgotten + ring.calls.len() as u64, ring.forgotten)
    }

    /// All calls, counted.
    pub(in crate::engine) fn counts(&self) -> CallCounts {
        self.ring.lock().counts.read()
    }
}

impl Ring {
    fn matches(&self, filter: &CallFilter, call: &StoredCall) -> bool {
        match call {
            StoredCall::Again(call) => {
                let operation = self.counts.name(call.request.operation).map(|name| &**name).unwrap_or_default();
                filter.matches(call.session.as_deref(), operation, OutcomeKind::Replayed)
            }
            StoredCall::Other(call) => filter.matches(call.session.as_deref(), call.operation(), call.kind()),
        }
    }

    /// The call as it was added.
    fn read(&self, call: &StoredCall) -> LoggedCall {
        match call {
            StoredCall::Again(RepeatedCall { at, took, status, session, request }) => LoggedCall {
                at: UNIX_EPOCH + Duration::from_micros(*at),
                took: Duration::from_micros((*took).into()),
                session: session.clone(),
                asked: Some(Asked::Again(*request)),
                name: self.counts.name(request.operation).cloned(),
                status: *status,
                outcome: LoggedOutcome::Answered(AnswerNote::Take(
                    TakeChosen { page: request.page, ..TakeChosen::default() },
                    None,
                )),
            },
            StoredCall::Other(call) => LoggedCall::clone(call),
        }
    }
}

impl StoredCall {
    fn new(call: LoggedCall) -> Self {
        match call {
            LoggedCall { at, took, session, asked: Some(Asked::Again(request)), status, .. } => {
                let at = to_microseconds(at.duration_since(UNIX_EPOCH).unwrap_or_default());
                let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
                Self::Again(RepeatedCall { at, took, status, session, request })
            }
            other => Self::Other(Box::new(other)),
        }
    }
}

fn to_microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl LoggedCall {
    pub(in crate::engine) fn operation(&self) -> &str {
        match &self.asked {
            Some(Asked::Identified(identified)) => identified.name.as_str(),
            Some(Asked::Again(_)) | None => self.name.as_deref().unwrap_or_default(),
        }
    }

    fn kind(&self) -> OutcomeKind {
        match &self.outcome {
            LoggedOutcome::Answered(AnswerNote::Take(..)) => OutcomeKind::Replayed,
            LoggedOutcome::Answered(AnswerNote::Recorded) => OutcomeKind::Recorded,
            LoggedOutcome::Answered(AnswerNote::PassedOn) => OutcomeKind::PassedOn,
            LoggedOutcome::Missed(_) => OutcomeKind::Missed,
            LoggedOutcome::Refused(_) => OutcomeKind::Refused,
        }
    }

    /// The session that it belonged to and where that stood, where a take was chosen by its writes.
    pub(in crate::engine) fn choice(&self) -> Option<(&Arc<Mutex<Session>>, ChoicePosition)> {
        match &self.outcome {
            LoggedOutcome::Answered(AnswerNote::Take(chosen, Some(session))) => Some((session, chosen.position?)),
            _ => None,
        }
    }

    /// The call as it is shown.
    pub(in crate::engine) fn to_call(&self, number: u64) -> Call {
        let request = self.asked.as_ref().map(|asked| self.request(asked));
        Call {
            number,
            at: to_microseconds(self.at.duration_since(UNIX_EPOCH).unwrap_or_default()),
            took: to_microseconds(self.took),
            session: self.session.clone(),
            operation: self.operation().to_owned(),
            is_write: match &self.asked {
                Some(Asked::Again(_)) => false,
                Some(Asked::Identified(identified)) => identified.is_write(),
                None => true,
            },
            request,
            status: self.status,
            outcome: match &self.outcome {
                LoggedOutcome::Answered(AnswerNote::Take(chosen, _)) => {
                    CallOutcome::Replayed(TakeChosen::clone(chosen))
                }
                LoggedOutcome::Answered(AnswerNote::Recorded) => CallOutcome::Recorded,
                LoggedOutcome::Answered(AnswerNote::PassedOn) => CallOutcome::PassedOn,
                LoggedOutcome::Missed(message) => CallOutcome::Missed { message: message.to_string() },
                LoggedOutcome::Refused(message) => CallOutcome::Refused { message: message.to_string() },
            },
        }
    }

    fn request(&self, asked: &Asked) -> CallRequest {
        match asked {
            Asked::Again(repeated) => CallRequest {
                folder: OperationName::parse(self.operation().to_owned()).folder(),
                fingerprint: repeated.fingerprint,
                asked: None,
                page_size: repeated.page_size.map(NonZeroU32::get),
                continues: repeated.continues,
            },
            Asked::Identified(identified) => CallRequest {
                folder: identified.folder.clone(),
                fingerprint: identified.fingerprint,
                asked: Some(AskedParameters {
                    region: identified.region.clone(),
                    actor: identified.actor.to_string(),
                    parameters: identified.parameters.clone(),
                }),
                page_size: identified.page.max_results,
                continues: identified.page.token.is_some() || identified.page.foreign_token,
            },
        }
    }
}
