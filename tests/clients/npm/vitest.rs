//! Suites of Vitest.

use super::{assert_contains, call, failure, project, recorded, recording};
use crate::support::npm::output;
use crate::support::scene::Endpoint;
use std::fs;

#[test]
fn every_test_replays_in_its_own_session() {
    let Some(project) = project() else { return };
    let mut endpoint = Endpoint::start();
    let both = ["vitest", "run", "--maxWorkers=2", "making.test.js", "listing.test.js"];
    let told = output(&recording(&project, &both, &endpoint).finish().success());
    assert_contains(&told, &["recording into cassettes/making", "recording into cassettes/listing", "14 passed"]);
    endpoint.stop();

    for more in [&[][..], &["--sequence.shuffle"], &["--pool=threads"], &["--no-file-parallelism"]] {
        let told = output(&call(&project, &[&both, more].concat()).finish().success());
        assert_contains(&told, &["14 passed | 1 expected fail"]);
        // A replay that does well is quiet.
        assert!(!told.contains("ramtape:"), "{told}");
    }
    let one =
        call(&project, &["vitest", "run", "--reporter=verbose", "making.test.js", "-t", "is flaky"]).env("FLAKY", "1");
    assert_contains(&output(&one.finish().success()), &["(retry x1)", "1 passed | 12 skipped"]);
    project.assert_no_orphan();

    // All by one client, whose endpoint is that of the test that used it first; two tests have the same name.
    let sessions = project.sessions("cassettes/making");
    for name in ["is-flaky", "starts-a-program", "asks-by-fetch", "at-once---makes-q", "with-names---makes-one--a-b"] {
        let prefix = format!("making.test.js---{name}");
        assert!(sessions.iter().any(|session| session.starts_with(&prefix)), "{name}: {sessions:?}");
    }
    assert!(sessions.contains("making.test.js"), "{sessions:?}");
    assert_eq!(sessions.len(), 14, "13 tests, and what is asked outside of them: {sessions:?}");
}

#[test]
fn files_that_share_a_cassette_replay_together_and_do_not_record_together() {
    let Some(project) = project() else { return };
    fs::copy(project.path().join("shared.test.js"), project.path().join("shared-too.test.js")).unwrap();
    let endpoint = Endpoint::start();
    let both = ["vitest", "run", "--maxWorkers=2", "shared"];
    let refused = failure(recording(&project, &both, &endpoint).env("LINGER", "1"));
    assert_contains(&refused, &["the cassette cassettes/shared is in use by another ramtape", "1 failed | 1 passed"]);
    call(&project, &both).finish().success();
}

#[test]
fn a_test_that_fails_shows_what_it_missed() {
    let Some(project) = recorded(&["vitest", "run", "listing.test.js"]) else { return };
    let told = failure(call(&project, &["vitest", "run", "missing.test.js"]).env("FAIL", "1"));
    assert_contains(&told, &["requests of this test are not recorded", "+ /name: \"swallowed and failed\""]);
    assert_contains(&told, &["AssertionError: expected 1 to be 2"]);
    // The error that the test failed with shows this one.
    assert_eq!(told.matches("no recorded answer for GetResourceShares {\"name\":\"shown once\"").count(), 1, "{told}");
}

#[test]
fn a_test_that_fails_records_nothing() {
    let Some(project) = recorded(&["vitest", "run", "listing.test.js"]) else { return };
    let endpoint = Endpoint::start();
    let more = recording(&project, &["vitest", "run", "missing.test.js"], &endpoint);
    let more = more.env("RAMTAPE_RECORD_MODE", "new_episodes").env("FAIL", "1");
    assert_contains(&failure(more), &["1 failed | 2 passed"]);
    let shown = call(&project, &["ramtape", "show", "--cassette", "cassettes/listing", "*"]).finish().success();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert_contains(&shown, &["\"swallowed\"", "\"shown once\""]);
    assert!(!shown.contains("swallowed and failed"), "{shown}");
}

#[test]
fn a_miss_that_no_test_failed_of_fails_the_run() {
    let Some(project) = recorded(&["vitest", "run", "listing.test.js"]) else { return };
    let told = failure(call(&project, &["vitest", "run", "missing.test.js"]));
    assert_contains(&told, &["1 passed", "ramtape ended with exit code 3", "+ /name: \"swallowed\""]);
    assert_contains(&told, &["RAMTAPE_RECORD_MODE=new_episodes npx vitest run missing.test.js"]);
}

#[test]
fn a_ramtape_that_does_not_start_says_why() {
    let Some(project) = project() else { return };
    let told = failure(call(&project, &["vitest", "run", "listing.test.js"]).env("RAMTAPE_RECORD_MODE", "sometimes"));
    assert_contains(&told, &["ramtape did not start (exit code 2)", "sometimes"]);
    project.assert_no_orphan();
}

#[test]
fn off_leaves_everything_as_it_is() {
    let Some(project) = project() else { return };
    let suite = r#"
        import { expect, test } from "vitest";
        import { useCassette } from "ramtape/vitest";
        const tape = useCassette("none", { recordMode: "off" });
        test("is alone", async () => {
          expect([tape.url, process.env.AWS_ENDPOINT_URL_RAM]).toEqual([undefined, undefined]);
          expect(await tape.variable("NAME", "its own")).toBe("its own");
        });
    "#;
    fs::write(project.path().join("off.test.js"), suite).unwrap();
    call(&project, &["vitest", "run", "off.test.js"]).finish().success();
    assert!(!project.path().join("cassettes").exists());
}

#[test]
fn typescript_understands_the_packages() {
    let Some(project) = project() else { return };
    let options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", "node"];
    call(&project, &[&["tsc"], &options[..], &["typed.test.ts"]].concat()).finish().success();
}
