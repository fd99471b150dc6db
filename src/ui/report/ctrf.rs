//! A run as a report in the Common Test Report Format, <https://ctrf.io>: what [`super::junit`] tells, in JSON.

use crate::engine::{Miss, Summary};
use crate::ui::summary::passed_text;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The version of CTRF's specification that the report keeps to.
const SPECIFICATION: &str = "0.0.0";

/// The report on a run from `began` to `ended`: a failed test for every miss and for every answer that was not recorded, a
/// skipped one for what was passed on by rule, else one that passed.
pub(super) fn report(summary: &Summary, began: SystemTime, ended: SystemTime) -> Value {
    let misses = summary.misses.iter().map(missed);
    let not_recorded = summary.not_recorded.iter().map(|reason| recording("failed", reason));
    let passed_on = summary.passed.iter();
    let passed_on = passed_on.map(|(answer, count)| recording("skipped", &passed_text(answer, *count)));
    let mut tests: Vec<Value> = misses.chain(not_recorded).chain(passed_on).collect();
    if tests.is_empty() {
        tests.push(test("every request was answered", "passed", &["ramtape"]));
    }
    let count = |status: &str| tests.iter().filter(|test| test["status"] == status).count();
    json!({
        "reportFormat": "CTRF",
        "specVersion": SPECIFICATION,
        "generatedBy": "ramtape",
        "results": {
            "tool": { "name": "ramtape", "version": env!("CARGO_PKG_VERSION") },
            "summary": {
                "tests": tests.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "skipped": count("skipped"),
                "pending": 0,
                "other": 0,
                "start": milliseconds(began),
                "stop": milliseconds(ended),
                "extra": {
                    "replayed": summary.replayed,
                    "recorded": summary.recorded,
                    "missed": summary.missed,
                },
            },
            "tests": tests,
        },
    })
}

fn missed(miss: &Miss) -> Value {
    let name = format!("{} {}", miss.operation, miss.fingerprint);
    let mut test = test(name.trim_end(), "failed", &["ramtape", miss.session.as_deref().unwrap_or("default")]);
    test["rawStatus"] = "miss".into();
    test["message"] = miss.message.lines().next().unwrap_or_default().into();
    test["trace"] = miss.message.as_str().into();
    test
}

/// What came of an answer that is not in the cassette.
fn recording(status: &str, message: &str) -> Value {
    let mut test = test("recording", status, &["ramtape"]);
    test["rawStatus"] = "not-recorded".into();
    test["message"] = format!("not recorded: {message}").into();
    test
}

/// A test as CTRF wants it at least. How long a miss takes is of no interest.
fn test(name: &str, status: &str, suite: &[&str]) -> Value {
    json!({ "name": name, "status": status, "duration": 0, "suite": suite })
}

/// Since 1970, as CTRF counts.
fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::PassedOn;
    use std::time::Duration;

    #[test]
    fn what_was_not_recorded_fails_and_what_was_passed_on_is_skipped() {
        let answer = PassedOn {
            operation: "GetResourceShares".into(),
            region: "me-south-1".into(),
            error: Some("AuthFailure".into()),
            status: 403,
        };
        let summary =
            Summary { not_recorded: vec!["disk full".into()], passed: vec![(answer, 1)], ..Summary::default() };
        let report = report(&summary, UNIX_EPOCH, UNIX_EPOCH + Duration::from_micros(7500));
        let counts = &report["results"]["summary"];
        assert_eq!([&counts["tests"], &counts["failed"], &counts["skipped"], &counts["stop"]], [2, 1, 1, 7]);
        let told = |index: usize| {
            (&report["results"]["tests"][index]["status"], &report["results"]["tests"][index]["message"])
        };
        assert_eq!(told(0), (&"failed".into(), &"not recorded: disk full".into()));
        let passed_on = "not recorded: GetResourceShares in me-south-1 answered AuthFailure (HTTP 403)";
        assert_eq!(told(1), (&"skipped".into(), &passed_on.into()));
    }
}
