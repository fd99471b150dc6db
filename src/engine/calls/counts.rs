//! Calls counted, for metrics.

use super::call::OutcomeKind;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The upper bounds of the latencies that are told apart, in seconds; what is slower is counted behind them.
pub const LATENCY_BOUNDS: [f64; 12] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];

/// How many operations are counted apart: anybody may ask for paths that no service has.
const MAX_OPERATIONS: usize = 1000;

/// The operation that the others are counted as.
const OTHERS: &str = "other";

/// All calls of a run, counted.
#[derive(Clone, Debug, Default)]
pub struct CallCounts {
    /// By operation: how many had which outcome, in the order of [`OutcomeKind::ALL`].
    pub operations: HashMap<Arc<str>, [u64; OutcomeKind::ALL.len()]>,
    /// How long their answers took, by outcome.
    pub latencies: [LatencyCounts; OutcomeKind::ALL.len()],
}

/// How long answers took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyCounts {
    /// How many were within each of [`LATENCY_BOUNDS`] and within none before; the last one counts the slower ones.
    pub buckets: [u64; LATENCY_BOUNDS.len() + 1],
    /// All of them together.
    pub sum: Duration,
}

/// How many had which outcome, in the order of [`OutcomeKind::ALL`].
type OutcomeCounts = [u64; OutcomeKind::ALL.len()];

/// An operation, as the log of calls numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct OperationId(u16);

/// Counts while the calls go on: by number, as a look at the name takes longer.
#[derive(Debug, Default)]
pub(super) struct RunningCounts {
    ids: HashMap<Arc<str>, OperationId>,
    /// By number.
    operations: Vec<(Arc<str>, OutcomeCounts)>,
    latencies: [LatencyCounts; OutcomeKind::ALL.len()],
}

impl RunningCounts {
    /// The number of the operation called `name`; one of what is recorded has its own, whatever else was asked.
    pub(super) fn id(&mut self, name: &str, is_recorded: bool) -> OperationId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let others = self.operations.len() >= MAX_OPERATIONS && !is_recorded;
        let name = if others { OTHERS } else { name };
        if let Some(id) = self.ids.get(name).filter(|_| others) {
            return *id;
        }
        let (name, id): (Arc<str>, _) =
            (name.into(), OperationId(u16::try_from(self.operations.len()).unwrap_or(u16::MAX)));
        self.ids.insert(Arc::clone(&name), id);
        self.operations.push((name, OutcomeCounts::default()));
        id
    }

    /// The name of an operation.
    pub(super) fn name(&self, id: OperationId) -> Option<&Arc<str>> {
        self.operations.get(usize::from(id.0)).map(|(name, _)| name)
    }

    /// Counts a call.
    pub(super) fn add(&mut self, operation: OperationId, outcome: OutcomeKind, took: Duration) {
        let at = outcome as usize;
        if let Some(latencies) = self.latencies.get_mut(at) {
            latencies.add(took);
        }
        let counts = self.operations.get_mut(usize::from(operation.0));
        if let Some(count) = counts.and_then(|(_, counts)| counts.get_mut(at)) {
            *count += 1;
        }
    }

    /// The counts so far.
    pub(super) fn read(&self) -> CallCounts {
        let called = self.operations.iter().filter(|(_, counts)| counts.iter().any(|count| *count > 0));
        CallCounts { operations: called.cloned().collect(), latencies: self.latencies }
    }
}

impl LatencyCounts {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = LATENCY_BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(LATENCY_BOUNDS.len());
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket += 1;
        }
        self.sum += took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_no_service_has_do_not_fill_the_memory() {
        let mut running = RunningCounts::default();
        for number in 0..2 * MAX_OPERATIONS {
            let id = running.id(&format!("GET /{number}"), false);
            running.add(id, OutcomeKind::Missed, Duration::from_micros(60));
        }
        let recorded = running.id("GetX", true);
        assert_eq!(running.name(recorded).map(|name| &**name), Some("GetX"));
        let counts = running.read();
        assert_eq!(counts.operations.len(), MAX_OPERATIONS + 1);
        assert_eq!(counts.operations.get(OTHERS), Some(&[0, 0, 0, MAX_OPERATIONS as u64, 0]));
        let latencies = counts.latencies[OutcomeKind::Missed as usize];
        assert_eq!((latencies.buckets[1], latencies.sum), (2000, Duration::from_millis(120)));
    }

    #[test]
    fn latencies_are_counted_once_each() {
        let mut latencies = LatencyCounts::default();
        for took in [0, 50, 51, 10_000_000] {
            latencies.add(Duration::from_micros(took));
        }
        assert_eq!((latencies.buckets[0], latencies.buckets[1], latencies.buckets[LATENCY_BOUNDS.len()]), (2, 1, 1));
        assert_eq!(latencies.buckets.iter().sum::<u64>(), 4);
    }
}
