//! Counting what happens, without a lock where requests are many.

use super::used_takes::UsedIndex;
use crate::aws::{Answer, UpstreamError};
use crate::cassette::UsedTakes;
use crate::engine::classify::error_kind;
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::stats::summary::{Miss, PassedOn, Summary};
use crate::fingerprint::Fingerprint;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many misses, and how many reasons of any kind, are kept word for word.
const MAX_NOTES: usize = 1000;

/// The counters of a run.
#[derive(Debug, Default)]
pub(in crate::engine) struct RunStats {
    pub(in crate::engine) requests: AtomicU64,
    pub(in crate::engine) replayed: AtomicU64,
    pub(in crate::engine) recorded: AtomicU64,
    passed_on: AtomicU64,
    pub(in crate::engine) after_replayed_writes: AtomicU64,
    /// Waiters that would have gone nowhere and were given what was recorded later.
    pub(in crate::engine) waiters_advanced: AtomicU64,
    missed: AtomicU64,
    saved_microseconds: AtomicU64,
    damaged: AtomicU64,
    unsigned: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    misses: Vec<Miss>,
    not_recorded: Vec<String>,
    refused: BTreeMap<String, u64>,
    passed: BTreeMap<PassedOn, u64>,
    stuck: Vec<String>,
    /// That a client who sent a real value got what stands for it, told once.
    redacted_answer: Option<String>,
    used: UsedIndex,
}

/// One more.
pub(in crate::engine) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl RunStats {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock()
    }

    /// Adds to what upstream would have taken.
    pub(in crate::engine) fn add_saved_time(&self, microseconds: u64) {
        if microseconds > 0 {
            self.saved_microseconds.fetch_add(microseconds, Ordering::Relaxed);
        }
    }

    /// Notes a request that ended in an error.
    pub(in crate::engine) fn count_failure(&self, error: &EngineError) {
        match error {
            EngineError::Cassette(_) | EngineError::Unfilled(_) => count(&self.damaged),
            EngineError::Caller(_)
            | EngineError::Profile { .. }
            | EngineError::UnclaimedAccount { .. }
            | EngineError::OtherAccount { .. }
            | EngineError::ActorOfOtherAccount { .. }
            | EngineError::ActorWithoutProfile { .. }
            | EngineError::Upstream(UpstreamError::Credentials(_)) => count(&self.unsigned),
            _ => {}
        }
        let mut notes = self.notes();
        if let Some(miss) = error.miss() {
            count(&self.missed);
            if notes.misses.len() < MAX_NOTES {
                notes.misses.push(miss.clone());
            }
        } else {
            let reason = error.explained();
            if notes.refused.len() < MAX_NOTES || notes.refused.contains_key(&reason) {
                *notes.refused.entry(reason).or_default() += 1;
            }
        }
    }

    /// What the clients of the session called `name` were told of their misses, as far as they are kept.
    pub(in crate::engine) fn misses_of(&self, name: &str) -> Vec<String> {
        let notes = self.notes();
        let own = notes.misses.iter().filter(|miss| miss.session.as_deref() == Some(name));
        own.map(|miss| miss.message.clone()).collect()
    }

    /// Takes back that `answers` were recorded.
    pub(in crate::engine) fn uncount_recorded(&self, answers: u64) {
        self.recorded.fetch_sub(answers, Ordering::Relaxed);
    }

    /// Notes an answer that is passed on by rule.
    pub(in crate::engine) fn count_passed_on(&self, identified: &IdentifiedRequest, answer: &Answer) {
        count(&self.passed_on);
        let passed = PassedOn {
            operation: identified.name.as_str().to_owned(),
            region: identified.region.clone(),
            error: error_kind(answer),
            status: answer.status.as_u16(),
        };
        let mut notes = self.notes();
        if notes.passed.len() < MAX_NOTES || notes.passed.contains_key(&passed) {
            *notes.passed.entry(passed).or_default() += 1;
        }
    }

    /// Notes an answer that the client got and the cassette did not.
    pub(in crate::engine) fn note_unrecorded(&self, reason: String) {
        let mut notes = self.notes();
        if notes.not_recorded.len() < MAX_NOTES {
            notes.not_recorded.push(reason);
        }
    }

    /// Tells of a waiter that goes nowhere, at once and at the end.
    pub(in crate::engine) fn note_stuck_waiter(&self, notice: &str) {
        tracing::warn!("{notice}");
        let mut notes = self.notes();
        if notes.stuck.len() < MAX_NOTES {
            notes.stuck.push(notice.to_owned());
        }
    }

    /// Tells, the first time, of a client who sent a real value and got what stands for it.
    pub(in crate::engine) fn note_redacted_answer(&self, notice: &str) {
        let mut notes = self.notes();
        if notes.redacted_answer.is_none() {
            tracing::warn!("{notice}");
            notes.redacted_answer = Some(notice.to_owned());
        }
    }

    /// Says in the log and the summary what the client got and the cassette did not.
    pub(in crate::engine) fn report_unrecorded(&self, identified: &IdentifiedRequest, error: &dyn std::error::Error) {
        let reason = format!("{} {}: {error}", identified.name.as_str(), identified.fingerprint);
        tracing::error!("answered, but not recorded: {reason}");
        self.note_unrecorded(reason);
    }

    /// The latest such reason, taken back.
    pub(in crate::engine) fn take_unrecorded(&self) -> Option<String> {
        self.notes().not_recorded.pop()
    }

    /// Notes that a take has answered something.
    pub(in crate::engine) fn note_take_used(&self, prepared: &PreparedEntry, take: usize) {
        self.notes().used.note(prepared, take);
    }

    /// What has answered anything.
    pub(in crate::engine) fn used_takes(&self) -> BTreeMap<(String, Fingerprint), UsedTakes> {
        self.notes().used.collect()
    }

    /// Of `known` entries, how many nobody asked for.
    pub(in crate::engine) fn count_never_used(&self, known: impl Iterator<Item = (String, Fingerprint)>) -> u64 {
        let notes = self.notes();
        known.filter(|(_, fingerprint)| !notes.used.has(fingerprint)).count() as u64
    }

    pub(in crate::engine) fn summary(&self) -> Summary {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let notes = self.notes();
        Summary {
            requests: of(&self.requests),
            replayed: of(&self.replayed),
            recorded: of(&self.recorded),
            passed_on: of(&self.passed_on),
            passed: notes.passed.clone().into_iter().collect(),
            after_replayed_writes: of(&self.after_replayed_writes),
            missed: of(&self.missed),
            waiters_advanced: of(&self.waiters_advanced),
            unused_takes: notes.used.count_unused(),
            stuck: notes.stuck.clone(),
            time_saved: Some(of(&self.saved_microseconds)).filter(|saved| *saved > 0).map(Duration::from_micros),
            damaged: of(&self.damaged),
            unsigned: of(&self.unsigned),
            misses: notes.misses.clone(),
            not_recorded: notes.not_recorded.clone(),
            refused: notes.refused.clone().into_iter().collect(),
            notices: notes.redacted_answer.iter().cloned().collect(),
            ..Summary::default()
        }
    }
}
