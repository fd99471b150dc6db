//! Processes that end before their time.

use super::{assert_contains, failure, recorded, recording};
use crate::support::npm::Project;
use crate::support::scene::Endpoint;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn a_ramtape_that_is_killed_fails_the_tests_with_its_log() {
    let Some(project) = recorded(&["vitest", "run", "listing.test.js"]) else { return };
    let told = failure(super::call(&project, &["vitest", "run", "killed.test.js"]));
    let log = "ramtape ended while the tests ran (SIGKILL):\nramtape: replaying cassettes/listing";
    assert_contains(&told, &["2 failed", log]);
    project.assert_no_orphan();
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let Some(project) = super::project() else { return };
    let endpoint = Endpoint::start();
    for signal in ["INT", "KILL"] {
        end_in_mid_test(&project, &endpoint, signal);
    }
}

/// Sends `signal` to a run of Vitest and what it started, as a terminal does, once its test waits.
fn end_in_mid_test(project: &Project, endpoint: &Endpoint, signal: &str) {
    let waits = project.path().join("waits");
    let home = tempfile::tempdir().unwrap();
    let run = recording(project, &["vitest", "run", "waiting.test.js"], endpoint).command(&home);
    let mut command = with_default_signals(&run);
    let mut vitest = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !waits.exists() {
        assert!(Instant::now() < deadline && vitest.try_wait().unwrap().is_none(), "the test does not begin");
        sleep(Duration::from_millis(20));
    }
    std::fs::remove_file(waits).unwrap();
    assert!(Command::new("kill").args(["-s", signal, "--", &format!("-{}", vitest.id())]).status().unwrap().success());
    vitest.wait().unwrap();
    project.assert_no_orphan();
}

/// As from a terminal, however the tests were started: see `ramtape_with_signals`.
fn with_default_signals(run: &Command) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(run.get_program()).args(run.get_args());
    command.current_dir(run.get_current_dir().unwrap()).stdin(Stdio::null());
    command.env_clear().envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}
