//! HTTP/2, which the plain port speaks with prior knowledge, misused by a client made for that.

use super::recorder::{PATH, Recorder};
use crate::support::clients::{Call, python, source};
use serde_json::{Value, json};
use std::path::Path;

/// More memory than this no attack may cost, in KiB.
const MOST_MEMORY: u64 = 32 << 10;

/// Runs an attack against `target`, and gives what became of it.
fn attack(python: &Path, verb: &str, target: &str, count: Option<u32>) -> Value {
    let call = Call::new(python).args([source("python/http2_attack.py")]).args([verb, target]);
    let call = call.args(count.map(|count| count.to_string()));
    serde_json::from_slice(&call.finish().success().stdout).unwrap()
}

/// A recorder, and the URL that a proved caller asks; others are served while `attacked` goes on and after it.
fn withstood(attacked: impl FnOnce(&Path, &str) + Send) {
    let Some(python) = python() else { return };
    let recorder = Recorder::start();
    recorder.assert_serves();
    let before = recorder.memory("VmRSS");
    let target = format!("{}{PATH}", recorder.url());
    std::thread::scope(|scope| {
        let attacking = scope.spawn(|| attacked(&python, &target));
        while !attacking.is_finished() {
            let reply = recorder.ask(recorder.proved(""));
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        attacking.join().unwrap();
    });
    recorder.assert_serves();
    let grown = recorder.memory("VmHWM").saturating_sub(before);
    assert!(grown < MOST_MEMORY, "it took {grown} KiB more");
}

#[test]
fn http2_is_spoken_with_prior_knowledge() {
    let Some(python) = python() else { return };
    let recorder = Recorder::start();
    let answered = attack(&python, "ask", &format!("{}{PATH}", recorder.url()), None);
    assert_eq!(answered["statuses"], json!([200]), "{answered}");
    assert!(answered["bodies"][0].as_str().unwrap().contains("resourceShares"), "{answered}");
    assert_eq!(recorder.endpoint.running().requests(), 1);

    let refused = attack(&python, "ask", &format!("http://{}{PATH}", recorder.authority()), None);
    assert_eq!(refused["statuses"], json!([403]), "{refused}");
    assert_eq!(recorder.endpoint.running().requests(), 1);
}

#[test]
fn rapid_reset() {
    withstood(|python, target| {
        let told = attack(python, "rapid-reset", target, Some(20_000));
        assert_eq!((&told["ended"], &told["goaway"]), (&json!(true), &json!("ENHANCE_YOUR_CALM")), "{told}");
        assert!(told["sent"].as_u64().unwrap() < 20_000, "{told}");
    });
}

#[test]
fn rapid_reset_of_requests_that_have_begun() {
    withstood(|python, target| {
        let told = attack(python, "paced-reset", target, Some(500));
        assert_eq!(told["sent"], 500, "{told}");
    });
}

#[test]
fn continuation_flood() {
    withstood(|python, target| {
        let told = attack(python, "continuation-flood", target, Some(20_000));
        assert_eq!((&told["ended"], &told["goaway"]), (&json!(true), &json!("ENHANCE_YOUR_CALM")), "{told}");
        // 64 KiB of pieces with 200 bytes each.
        assert!(told["sent"].as_u64().unwrap() < 400, "{told}");
    });
}

#[test]
fn ping_flood_by_a_client_that_does_not_read() {
    withstood(|python, target| {
        let told = attack(python, "ping-flood", target, Some(5_000_000));
        assert_eq!(told["stopped"], true, "{told}");
    });
}

#[test]
fn streams() {
    let Some(python) = python() else { return };
    let recorder = Recorder::with(&[("RAMTAPE_LIMITS_HTTP2_STREAMS", "3")]);
    let told = attack(&python, "streams", &format!("{}{PATH}", recorder.url()), Some(10));
    assert_eq!(told["settings"]["MAX_CONCURRENT_STREAMS"], 3, "{told}");
    let refused = told["resets"].as_array().unwrap();
    assert_eq!((refused.len(), &refused[0]), (7, &json!("REFUSED_STREAM")), "{told}");
    recorder.endpoint.assert_untouched();
}

#[test]
fn a_head_that_does_not_end() {
    let Some(python) = python() else { return };
    let recorder =
        Recorder::with(&[("RAMTAPE_LIMITS_IDLE_TIME_SECONDS", "1"), ("RAMTAPE_LIMITS_TOTAL_TIME_SECONDS", "1")]);
    let told = attack(&python, "slow-head", &format!("{}{PATH}", recorder.url()), None);
    assert_eq!((&told["ended"], &told["goaway"]), (&json!(true), &json!("NO_ERROR")), "{told}");
    recorder.endpoint.assert_untouched();
}
