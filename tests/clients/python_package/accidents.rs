//! What is missing, does not fit, dies or is interrupted: a message, and nothing left behind.

use super::{Suite, assert_printed, printed, recording, wait_for};
use crate::support::clients::Finished;
use crate::support::endpoint::Endpoint;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;

const LISTS: &str = r#"
import boto3


def test_lists():
    boto3.client("ram").get_resource_shares(resourceOwner="SELF")
"#;

#[track_caller]
fn assert_refused(finished: &Finished, parts: &[&str]) {
    assert_eq!(finished.code, Some(4), "{finished}");
    for part in parts {
        assert!(finished.stderr.contains(part), "{part:?} is not in {finished}");
    }
}

#[test]
fn a_start_that_fails_is_told_before_any_test() {
    let Some(suite) = Suite::of(LISTS) else { return };
    // The package and the binary do not belong together.
    let other = suite.folder.path().join("other");
    fs::write(&other, "#!/bin/sh\necho ramtape 0.0.1\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = suite.pytest("").env("RAMTAPE_BINARY", &other).finish();
    assert_refused(&refused, &["do not belong together", "says 0.0.1", env!("CARGO_PKG_VERSION"), "pip install"]);
    // What ramtape refuses.
    let refused = suite.pytest("").env("RAMTAPE_POLL", "sometimes").finish();
    assert_refused(&refused, &["ramtape did not start", "sometimes"]);
    // A port that is taken is nobody's: each of its processes chooses one.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = suite.pytest("").env("RAMTAPE_LISTEN", taken.local_addr().unwrap().to_string());
    assert_printed(&listen.finish(), &["1 failed"]);
    // No binary at all.
    fs::remove_file(suite.venv.program("ramtape")).unwrap();
    let refused = suite.pytest("").finish();
    assert_refused(&refused, &["the ramtape binary is not installed", "RAMTAPE_BINARY"]);
    assert_printed(&suite.replay("--ramtape=off --collect-only"), &["1 test collected"]);
    assert_eq!(suite.processes(), [""; 0]);
}

const KILLS: &str = r#"
import os
import signal
import time

import boto3


def test_kills():
    for process in os.listdir("/proc"):
        try:
            line = open(f"/proc/{process}/cmdline").read()
        except OSError:
            continue
        if f"{os.getcwd()}/cassettes" in line and "--shown-command" in line:
            os.kill(int(process), signal.SIGKILL)
    time.sleep(0.1)
    boto3.client("ram").get_resource_shares(resourceOwner="SELF")


def test_after():
    time.sleep(1)
"#;

#[test]
fn a_ramtape_that_dies_fails_the_run_with_what_it_said() {
    for options in ["", "-n 1"] {
        let Some(suite) = Suite::of(KILLS) else { return };
        let failed = suite.replay(options);
        assert!(failed.code != Some(0), "{failed}");
        assert_printed(&failed, &["does not answer", "It said:\n", "ramtape: recording into "]);
        assert!(!printed(&failed).contains("1 passed"), "{failed}");
        assert_eq!(suite.processes(), [""; 0], "{options}");
    }
}

const CRASHES: &str = r#"
import os

import boto3

ram = boto3.client("ram")


def test_passes():
    ram.get_resource_shares(resourceOwner="SELF", name="passes")


def test_crashes():
    ram.get_resource_shares(resourceOwner="SELF", name="crashes")
    os._exit(3)
"#;

#[test]
fn a_worker_that_crashes_leaves_nothing_and_the_others_go_on() {
    let Some(suite) = Suite::of(CRASHES) else { return };
    let crashed = suite.record("-n 2");
    assert_eq!(crashed.code, Some(1), "{crashed}");
    assert_printed(&crashed, &["1 failed, 1 passed", "crashed while running"]);
    let recorded = suite.recorded("default");
    assert!(recorded.contains("passes") && !recorded.contains("crashes"), "{recorded}");
    assert_eq!(suite.processes(), [""; 0]);
}

const WAITS: &str = r#"
import pathlib
import time

import boto3

ram = boto3.client("ram")


def test_passes():
    ram.get_resource_shares(resourceOwner="SELF", name="passes")


def test_waits():
    ram.get_resource_shares(resourceOwner="SELF", name="interrupted")
    pathlib.Path("waiting").touch()
    time.sleep(60)
"#;

/// Starts the tests in a process group of their own, as a terminal does, and sends that `signal` once a test waits.
fn interrupt(suite: &Suite, options: &str, signal: Signal) {
    let (endpoint, home) = (Endpoint::start(), tempfile::tempdir().unwrap());
    let mut command = recording(suite.pytest(options), &endpoint).command(&home);
    let command = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut tests = command.spawn().unwrap();
    let waiting = suite.folder.path().join("waiting");
    wait_for("the test waits", || Path::exists(&waiting));
    kill_process_group(Pid::from_child(&tests), signal).unwrap();
    tests.wait().unwrap();
    wait_for("no process is left", || suite.processes().is_empty());
    fs::remove_file(waiting).unwrap();
    endpoint.stop();
}

#[test]
fn what_is_interrupted_is_not_recorded_and_leaves_no_process() {
    let Some(suite) = Suite::of(WAITS) else { return };
    interrupt(&suite, "", Signal::INT);
    let recorded = suite.recorded("default");
    assert!(recorded.contains("passes") && !recorded.contains("interrupted"), "{recorded}");
    interrupt(&suite, "-n 2 --ramtape=all", Signal::INT);
    interrupt(&suite, "--ramtape=all", Signal::KILL);
    assert!(suite.recorded("default").contains("passes"));
}
