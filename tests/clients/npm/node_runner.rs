//! Suites of Node.js' own test runner.

use super::{assert_contains, call, failure, recorded};
use crate::support::npm::output;

const SUITE: [&str; 3] = ["node", "--test", "node.test.mjs"];

#[test]
fn every_test_replays_in_its_own_session() {
    let Some(project) = recorded(&SUITE) else { return };
    for command in [&SUITE[..], &["node", "node.test.mjs"]] {
        let told = output(&call(&project, command).finish().success());
        assert_contains(&told, &["pass 9"]);
        assert!(!told.contains("ramtape:"), "{told}");
    }
    project.assert_no_orphan();

    let sessions = project.sessions("cassettes/node");
    for name in ["with-names---makes-one--a-b", "has-subtests---a-subtest", "has-subtests"] {
        let prefix = format!("node.test.mjs---{name}");
        assert!(sessions.iter().any(|session| session.starts_with(&prefix)), "{name}: {sessions:?}");
    }
    assert!(sessions.contains("node.test.mjs"), "{sessions:?}");
    assert_eq!(sessions.len(), 10, "9 tests, and what is asked outside of them: {sessions:?}");
}

#[test]
fn a_test_that_fails_shows_what_it_missed() {
    let Some(project) = recorded(&SUITE) else { return };
    let told = failure(call(&project, &SUITE).env("FAIL", "1"));
    assert_contains(&told, &["fail 1", "a request of this test is not recorded", "+ /name: \"swallowed and failed\""]);
}

#[test]
fn a_miss_that_no_test_failed_of_fails_the_run() {
    let Some(project) = recorded(&SUITE) else { return };
    let told = failure(call(&project, &SUITE).env("SWALLOW", "1"));
    assert_contains(&told, &["pass 10", "ramtape ended with exit code 3", "+ /name: \"swallowed\""]);
    assert_contains(&told, &["RAMTAPE_RECORD_MODE=new_episodes node --test node.test.mjs"]);
}

#[test]
fn tests_at_once_are_refused() {
    let Some(project) = recorded(&SUITE) else { return };
    let told = failure(call(&project, &SUITE).env("CONCURRENT", "1"));
    assert_contains(&told, &["at once > q began while at once > p runs", "fail 2"]);
}
