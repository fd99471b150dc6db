//! Runs that end, by themselves or killed with all that they started.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// How much of what was printed a failure tells.
const TOLD_LINES: usize = 60;
/// How long ramtape may take to tell its summary once it is asked to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (code, took) = (self.code, self.took.as_secs_f64());
        write!(
            f,
            "exit code {code:?} after {took:.1} s\n--- stdout\n{}\n--- stderr\n{}",
            end_of(&self.stdout),
            end_of(&self.stderr)
        )
    }
}

fn end_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(TOLD_LINES);
    let dots = if skipped > 0 { format!("… {skipped} lines\n") } else { String::new() };
    format!("{dots}{}", lines[skipped..].join("\n"))
}

/// Runs `command` to its end. After `limit` it is asked to stop, then its whole process group is killed, and the test
/// fails with the end of what was printed.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Ended {
    // To files: no pipe fills up, and what was killed has still said what it said.
    let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdin(Stdio::null()).stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let started = Instant::now();
    let mut child = command.process_group(0).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let group = Pid::from_child(&child);
    let in_time = ends(group, limit);
    if !in_time {
        kill_process(group, Signal::TERM).unwrap();
        ends(group, FAREWELL);
    }
    // Terraform's providers outlive it where it is killed. Not yet reaped, the child still has the group's number.
    kill_process_group(group, Signal::KILL).unwrap();
    let status = child.wait().unwrap();
    let ended = Ended { code: status.code(), stdout: whole(stdout), stderr: whole(stderr), took: started.elapsed() };
    assert!(in_time, "stopped, as it was still running after {limit:?}: {ended}");
    ended
}

/// Whether the child of this number ends within `limit`; it is not reaped.
fn ends(child: Pid, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(child), options).unwrap().is_none() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

fn whole(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

mod tests {
    use super::*;

    #[test]
    fn a_process_that_does_not_end_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let started = folder.path().join("started");
        let mut command = Command::new("sh");
        let script = "sh -c 'trap \"\" TERM; echo $$ > \"$0\"; while :; do sleep 0.1; done' \"$0\" & wait";
        command.args(["-c", script]).arg(&started);
        let said = thread::spawn(move || run(&mut command, Duration::from_secs(1))).join().unwrap_err();
        assert!(said.downcast_ref::<String>().unwrap().starts_with("stopped, as it was still running after 1s"));
        let id: i32 = std::fs::read_to_string(started).unwrap().trim().parse().unwrap();
        let deadline = Instant::now() + FAREWELL;
        // Whoever adopts it may take a moment to reap it.
        while rustix::process::test_kill_process(Pid::from_raw(id).unwrap()).is_ok() {
            assert!(Instant::now() < deadline, "{id} lives on");
            thread::sleep(Duration::from_millis(20));
        }
    }
}
