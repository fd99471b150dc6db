//! Metrics, as Prometheus's own client reads them.

use crate::support::clients::{Call, python, source};

use crate::support::scene::{Endpoint, Tape, as_owner};
use serde_json::{Value, json};
use std::path::Path;

fn metrics(python: &Path) -> Call {
    as_owner(Call::new(python).args([source("python/metrics.py")])).region("us-east-1")
}

/// The value of the sample `name` with these labels.
fn sample(lines: &[Value], name: &str, labels: &Value) -> Option<f64> {
    lines.iter().find(|line| line["name"] == name && line["labels"] == *labels)?["value"].as_f64()
}

#[test]
fn a_parser_that_is_not_ours_reads_what_a_run_did() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let asked = |outcome| json!({ "operation": "GetResourceShares", "outcome": outcome });

    let recorded = tape.record(&endpoint.url(), metrics(&python)).lines();
    assert_eq!(recorded[0]["contentType"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(sample(&recorded, "ramtape_requests_total", &asked("recorded")), Some(4.0), "{recorded:?}");
    assert_eq!(sample(&recorded, "ramtape_upstream_requests_total", &json!({})), Some(4.0));
    assert_eq!(sample(&recorded, "ramtape_sessions", &json!({})), Some(1.0));

    let replayed = tape.replay(metrics(&python)).lines();
    assert_eq!(sample(&replayed, "ramtape_requests_total", &asked("replayed")), Some(4.0), "{replayed:?}");
    let count = sample(&replayed, "ramtape_request_duration_seconds_count", &json!({ "outcome": "replayed" }));
    assert_eq!(count, Some(4.0));
    assert_eq!(sample(&replayed, "ramtape_upstream_requests_total", &json!({})), Some(0.0));
    assert_eq!(sample(&replayed, "ramtape_recorded_requests", &json!({})), Some(2.0));
    assert!(sample(&replayed, "ramtape_takes", &json!({})).unwrap() >= 2.0);
    let build = replayed.iter().find(|line| line["name"] == "ramtape_build_info").unwrap();
    assert_eq!(build["labels"]["mode"], "replaying");

    let missed = metrics(&python).env("ASKED_NAME", "never recorded").under(tape.run("none", &[])).finish();
    let lines = missed.lines();
    assert_eq!(lines[0]["error"], "CassetteMissException", "{missed}");
    assert_eq!(sample(&lines, "ramtape_requests_total", &asked("missed")), Some(1.0), "{lines:?}");
    assert_eq!(missed.code, Some(3), "{missed}");
}
