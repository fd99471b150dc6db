//! Counting what happens, without a lock where requests are many.

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
const KEPT: usize = 1000;

/// The counters of a run.
#[derive(Debug, Default)]
pub(in crate::engine) struct RunStats {
    pub(in crate::engine) requests: AtomicU64,
    pub(in crate::engine) replayed: AtomicU64,
    pub(in crate::engine) recorded: AtomicU64,
    passed_on: AtomicU64,
    pub(in crate::engine) after_replayed_writes: AtomicU64,
    /// Waiters that would have gone nowhere and were given what was recorded later.
    pub(in crate::engine) went_on: AtomicU64,
    missed: AtomicU64,
    saved_microseconds: AtomicU64,
    damaged: AtomicU64,
    unsigned: AtomicU64,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    misses: Vec<Miss>,
    not_recorded: Vec<String>,
    refused: BTreeMap<String, u64>,
    passed: BTreeMap<PassedOn, u64>,
    stuck: Vec<String>,
    /// That a client who sent a real value got what stands for it, told once.
    stand_in_served: Option<String>,
    /// By folder and fingerprint.
    used: BTreeMap<(String, Fingerprint), UsedTakes>,
}

/// One more.
pub(in crate::engine) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl RunStats {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock()
    }

    /// Adds to what upstream would have taken.
    pub(in crate::engine) fn saved(&self, microseconds: u64) {
        if microseconds > 0 {
            self.saved_microseconds.fetch_add(microseconds, Ordering::Relaxed);
        }
    }

    /// Notes a request that ended in an error.
    pub(in crate::engine) fn failed(&self, error: &EngineError) {
        match error {
            EngineError::Cassette(_) | EngineError::Unfilled(_) => count(&self.damaged),
            EngineError::Caller(_)
            | EngineError::Profile { .. }
            | EngineError::UnclaimedAccount { .. }
            | EngineError::OtherAccount { .. }
            | EngineError::OtherProfile { .. }
            | EngineError::ActorOfOtherAccount { .. }
            | EngineError::ActorWithoutProfile { .. }
            | EngineError::Upstream(UpstreamError::Credentials(_)) => count(&self.unsigned),
            _ => {}
        }
        let mut noted = self.noted();
        if let Some(miss) = error.miss() {
            count(&self.missed);
            if noted.misses.len() < KEPT {
                noted.misses.push(miss.clone());
            }
        } else {
            let reason = error.explained();
            if noted.refused.len() < KEPT || noted.refused.contains_key(&reason) {
                *noted.refused.entry(reason).or_default() += 1;
            }
        }
    }

    /// Notes an answer that is passed on by rule.
    pub(in crate::engine) fn passed_on(&self, identified: &IdentifiedRequest, answer: &Answer) {
        count(&self.passed_on);
        let passed = PassedOn {
            operation: identified.name.as_str().to_owned(),
            region: identified.region.clone(),
            error: error_kind(answer),
            status: answer.status.as_u16(),
        };
        let mut noted = self.noted();
        if noted.passed.len() < KEPT || noted.passed.contains_key(&passed) {
            *noted.passed.entry(passed).or_default() += 1;
        }
    }

    /// Notes an answer that the client got and the cassette did not.
    pub(in crate::engine) fn not_recorded(&self, reason: String) {
        let mut noted = self.noted();
        if noted.not_recorded.len() < KEPT {
            noted.not_recorded.push(reason);
        }
    }

    /// Tells of a waiter that goes nowhere, at once and at the end.
    pub(in crate::engine) fn stuck(&self, told: &str) {
        tracing::warn!("{told}");
        let mut noted = self.noted();
        if noted.stuck.len() < KEPT {
            noted.stuck.push(told.to_owned());
        }
    }

    /// Tells, the first time, of a client who sent a real value and got what stands for it.
    pub(in crate::engine) fn stand_in_served(&self, told: &str) {
        let mut noted = self.noted();
        if noted.stand_in_served.is_none() {
            tracing::warn!("{told}");
            noted.stand_in_served = Some(told.to_owned());
        }
    }

    /// The latest such reason, taken back.
    pub(in crate::engine) fn take_unrecorded(&self) -> Option<String> {
        self.noted().not_recorded.pop()
    }

    /// Notes that a take has answered something.
    pub(in crate::engine) fn used(&self, prepared: &PreparedEntry, take: usize) {
        let key = (prepared.entry.operation.folder(), prepared.fingerprint);
        let mut noted = self.noted();
        let used = noted.used.entry(key).or_default();
        used.takes = prepared.entry.takes.len();
        used.used.insert(take);
    }

    /// What has answered anything.
    pub(in crate::engine) fn all_used(&self) -> BTreeMap<(String, Fingerprint), UsedTakes> {
        self.noted().used.clone()
    }

    /// Of `known` entries, how many nobody asked for.
    pub(in crate::engine) fn never_used(&self, known: impl Iterator<Item = (String, Fingerprint)>) -> u64 {
        let noted = self.noted();
        known.filter(|entry| !noted.used.contains_key(entry)).count() as u64
    }

    pub(in crate::engine) fn summary(&self) -> Summary {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let noted = self.noted();
        Summary {
            requests: of(&self.requests),
            replayed: of(&self.replayed),
            recorded: of(&self.recorded),
            passed_on: of(&self.passed_on),
            passed: noted.passed.clone().into_iter().collect(),
            after_replayed_writes: of(&self.after_replayed_writes),
            missed: of(&self.missed),
            went_on: of(&self.went_on),
            unused_takes: noted.used.values().map(|used| used.takes.saturating_sub(used.used.len()) as u64).sum(),
            stuck: noted.stuck.clone(),
            time_saved: Some(of(&self.saved_microseconds)).filter(|saved| *saved > 0).map(Duration::from_micros),
            damaged: of(&self.damaged),
            unsigned: of(&self.unsigned),
            misses: noted.misses.clone(),
            not_recorded: noted.not_recorded.clone(),
            refused: noted.refused.clone().into_iter().collect(),
            notices: noted.stand_in_served.iter().cloned().collect(),
            ..Summary::default()
        }
    }
}
