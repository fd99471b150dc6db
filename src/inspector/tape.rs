//! What the inspector reads from.

use super::index::{CassetteIndex, RequestKey};
use crate::cassette::UsedTakes;
use crate::engine::{Call, CallFilter, CallJournal, CallOutcome, Engine, Explanation};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The cassettes that are shown.
pub trait Tapes: Send + Sync + 'static {
    /// All that are open, by name.
    fn open(&self) -> Vec<Tape>;
}

/// A cassette with the calls that it answered.
#[derive(Clone, Debug)]
pub struct Tape {
    /// What it is called: the last part of its folder.
    pub name: String,
    /// What answers from it.
    pub engine: Engine,
    /// The calls of the latest run, where they are shown in place of the engine's own.
    pub calls: Option<Arc<CallJournal>>,
}

impl Tape {
    /// The calls that `filter` wants, the latest first: `limit` of those before the one with the number `before`.
    pub(super) fn latest_calls(&self, filter: &CallFilter, before: Option<u64>, limit: usize) -> Vec<Call> {
        let Some(journal) = &self.calls else { return self.engine.latest_calls(filter, before, limit) };
        let earlier = journal.calls.iter().rev().filter(|call| before.is_none_or(|before| call.number < before));
        earlier.filter(|call| matches(filter, call)).take(limit).cloned().collect()
    }

    /// The calls that `filter` wants after the one with the number `after`, the earliest first, `limit` at most.
    pub(super) fn calls_after(&self, filter: &CallFilter, after: u64, limit: usize) -> Vec<Call> {
        let Some(journal) = &self.calls else { return self.engine.calls_after(filter, after, limit) };
        let later = journal.calls.iter().filter(|call| call.number > after && matches(filter, call));
        later.take(limit).cloned().collect()
    }

    /// The call with the number `number`, while it is remembered.
    pub(super) fn call(&self, number: u64) -> Option<Call> {
        match &self.calls {
            Some(journal) => journal.calls.iter().find(|call| call.number == number).cloned(),
            None => self.engine.call(number),
        }
    }

    /// Why `call` was answered as it was.
    pub(super) fn explain(&self, call: &Call) -> Option<Explanation> {
        match &self.calls {
            Some(journal) => Some(self.engine.explain_earlier_call(call, journal.history(call.number))),
            None => self.engine.explain_call(call.number),
        }
    }

    /// How many calls there were, and how many of them are remembered no more.
    pub(super) fn call_extent(&self) -> (u64, u64) {
        match &self.calls {
            Some(journal) => {
                let number = |call: Option<&Call>| call.map_or(0, |call| call.number);
                (number(journal.calls.last()), number(journal.calls.first()).saturating_sub(1))
            }
            None => self.engine.call_extent(),
        }
    }

    /// The sessions of the calls, by name; `None` is that of callers that name none.
    pub(super) fn sessions(&self) -> BTreeSet<Option<String>> {
        match &self.calls {
            Some(journal) => journal.calls.iter().map(|call| call.session.clone()).collect(),
            None => self.engine.sessions().into_iter().map(|session| session.name).collect(),
        }
    }

    /// The operations of the calls, by name.
    pub(super) fn operations_called(&self) -> BTreeSet<String> {
        match &self.calls {
            Some(journal) => journal.calls.iter().map(|call| call.operation.clone()).collect(),
            None => self.engine.call_counts().operations.keys().map(ToString::to_string).collect(),
        }
    }

    /// What answered any of the calls, by folder and fingerprint.
    pub(super) fn used_takes(&self, index: &CassetteIndex) -> BTreeMap<RequestKey, UsedTakes> {
        let Some(calls) = &self.calls else { return self.engine.used_takes() };
        let mut used: BTreeMap<RequestKey, UsedTakes> = BTreeMap::new();
        for call in &calls.calls {
            if let (CallOutcome::Replayed(chosen), Some(request)) = (&call.outcome, &call.request) {
                let entry = used.entry((request.folder.clone(), request.fingerprint)).or_default();
                entry.used.insert(chosen.take);
            }
        }
        // How many there were is not in the log: it is as many as there are.
        let keys: Vec<RequestKey> = used.keys().cloned().collect();
        for (used, request) in used.values_mut().zip(index.requests(self.engine.cassette(), &keys)) {
            used.takes = request.ok().flatten().map_or(0, |request| request.takes.len());
        }
        used
    }

    /// What is recorded under `fingerprint`; `None` where nothing is or it cannot be read.
    pub(super) fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Option<Entry> {
        self.engine.cassette().entry(folder, fingerprint).ok().flatten()
    }
}

fn matches(filter: &CallFilter, call: &Call) -> bool {
    filter.matches(call.session.as_deref(), &call.operation, call.outcome.kind())
}
