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

impl CallCounts {
    /// Counts a call.
    pub(super) fn add(&mut self, operation: &str, outcome: OutcomeKind, took: Duration) {
        let at = outcome as usize;
        if let Some(latencies) = self.latencies.get_mut(at) {
            latencies.add(took);
        }
        if !self.operations.contains_key(operation) {
            let name = if self.operations.len() < MAX_OPERATIONS { operation } else { OTHERS };
            return self.count(name.into(), at);
        }
        if let Some(count) = self.operations.get_mut(operation).and_then(|counts| counts.get_mut(at)) {
            *count += 1;
        }
    }

    /// Counts a call of an operation that may be new.
    fn count(&mut self, operation: Arc<str>, at: usize) {
        if let Some(count) = self.operations.entry(operation).or_default().get_mut(at) {
            *count += 1;
        }
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
        let mut counts = CallCounts::default();
        for number in 0..2 * MAX_OPERATIONS {
            counts.add(&format!("GET /{number}"), OutcomeKind::Missed, Duration::from_micros(60));
        }
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
