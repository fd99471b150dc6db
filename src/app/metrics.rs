//! What happens in a run, as metrics in the text format of OpenMetrics.

use super::engines::Engines;
use crate::engine::{CallCounts, LATENCY_BOUNDS, LatencyCounts, OutcomeKind};
use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For how long the takes of a cassette are taken for as many: to count them, all of them are read.
const COUNTED_FOR: Duration = Duration::from_secs(60);

/// The metrics of a run.
pub(super) struct Metrics {
    registry: Registry,
}

impl Metrics {
    pub(super) fn new(engines: Engines, mode: &'static str) -> Self {
        let mut registry = Registry::with_prefix("ramtape");
        registry.register_collector(Box::new(Run { engines, mode, takes: Mutex::default() }));
        Self { registry }
    }

    /// All metrics as they are now. Blocks.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!("cannot write the metrics: {error}");
                String::new()
            }
        }
    }
}

/// What is counted anew for each reading.
#[derive(Debug)]
struct Run {
    engines: Engines,
    mode: &'static str,
    takes: Mutex<Option<(Instant, Recorded)>>,
}

/// How much is recorded.
#[derive(Clone, Copy, Debug, Default)]
struct Recorded {
    requests: u64,
    takes: u64,
}

impl Collector for Run {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let engines = self.engines.engines();
        let mut info = encoder.encode_descriptor("build", "The ramtape that runs", None, MetricType::Info)?;
        info.encode_info(&[("version", env!("CARGO_PKG_VERSION")), ("mode", self.mode)])?;

        let counts: Vec<CallCounts> = engines.iter().map(|engine| engine.call_counts()).collect();
        let mut requests = encoder.encode_descriptor(
            "requests",
            "Requests by operation and by what became of them; missed ones have no recorded answer",
            None,
            MetricType::Counter,
        )?;
        for (operation, outcome, count) in merge_operations(&counts) {
            let labels = [("operation", &*operation), ("outcome", outcome.name())];
            ConstCounter::new(count).encode(requests.encode_family(&labels)?)?;
        }
        let mut durations = encoder.encode_descriptor(
            "request_duration",
            "How long requests took, by what became of them",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (at, outcome) in OutcomeKind::ALL.into_iter().enumerate() {
            let latencies = merge_latencies(counts.iter().filter_map(|counts| counts.latencies.get(at)));
            if latencies.buckets.iter().all(|count| *count == 0) {
                continue;
            }
            encode_latencies(durations.encode_family(&[("outcome", outcome.name())])?, &latencies)?;
        }

        // All engines of a run share one way upstream.
        let traffic = engines.iter().map(|engine| engine.upstream_traffic()).max().unwrap_or_default();
        let sessions = engines.iter().map(|engine| engine.sessions().len() as u64).sum();
        let recorded = self.count_recorded();
        for (name, help, count) in [
            ("upstream_requests", "Requests sent upstream, whatever came of them", traffic.0),
            ("upstream_connections", "Connections that carried a request upstream", traffic.1),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(count).encode(metric)?;
        }
        for (name, help, value) in [
            ("sessions", "Sessions that have asked for anything", sessions),
            (
                "recorded_requests",
                "Requests that the cassette has answers for, as of the last minute",
                recorded.requests,
            ),
            ("takes", "Takes in the cassette, as of the last minute", recorded.takes),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric)?;
        }
        if let Some(bytes) = resident_memory() {
            let help = "Memory of the process that is not swapped out";
            let metric = encoder.encode_descriptor("resident_memory", help, Some(&Unit::Bytes), MetricType::Gauge)?;
            ConstGauge::new(i64::try_from(bytes).unwrap_or(i64::MAX)).encode(metric)?;
        }
        Ok(())
    }
}

impl Run {
    /// How much is recorded in all cassettes that are open.
    fn count_recorded(&self) -> Recorded {
        let mut known = self.takes.lock();
        if let Some((_, recorded)) = known.as_ref().filter(|(counted, _)| counted.elapsed() < COUNTED_FOR) {
            return *recorded;
        }
        let mut recorded = Recorded::default();
        for engine in self.engines.engines() {
            let cassette = engine.cassette();
            for (folder, fingerprint) in cassette.fingerprints().unwrap_or_default() {
                recorded.requests += 1;
                // A damaged file is told where it is asked for.
                let entry = cassette.entry(&folder, &fingerprint).ok().flatten();
                recorded.takes += entry.map_or(0, |entry| entry.takes.len() as u64);
            }
        }
        *known = Some((Instant::now(), recorded));
        recorded
    }
}

/// The counts of all cassettes together, by operation and outcome, in order.
fn merge_operations(counts: &[CallCounts]) -> Vec<(Arc<str>, OutcomeKind, u64)> {
    let mut merged = std::collections::BTreeMap::<_, u64>::new();
    for (operation, outcomes) in counts.iter().flat_map(|counts| &counts.operations) {
        for (outcome, count) in OutcomeKind::ALL.into_iter().zip(outcomes).filter(|(_, count)| **count > 0) {
            *merged.entry((Arc::clone(operation), outcome)).or_default() += count;
        }
    }
    merged.into_iter().map(|((operation, outcome), count)| (operation, outcome, count)).collect()
}

fn merge_latencies<'a>(all: impl Iterator<Item = &'a LatencyCounts>) -> LatencyCounts {
    let mut merged = LatencyCounts::default();
    for latencies in all {
        merged.sum += latencies.sum;
        merged.buckets.iter_mut().zip(latencies.buckets).for_each(|(sum, count)| *sum += count);
    }
    merged
}

fn encode_latencies(mut encoder: MetricEncoder<'_>, latencies: &LatencyCounts) -> fmt::Result {
    let bounds = LATENCY_BOUNDS.into_iter().chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(latencies.buckets).collect();
    let count = latencies.buckets.iter().sum();
    encoder.encode_histogram::<NoLabelSet>(latencies.sum.as_secs_f64(), count, &buckets, None)
}

/// The memory of this process, in bytes; `None` where the system does not tell it in `/proc`.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
