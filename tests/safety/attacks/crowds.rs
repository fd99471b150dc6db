//! More clients than anybody needs.

use super::recorder::Recorder;
use crate::support::binary::ramtape;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

const CROWD: usize = 1_000;

/// Lets this test have so many sockets; `None` where the system does not.
fn room(files: u64) -> Option<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= files) {
        return Some(());
    }
    let raised = Rlimit { current: Some(files), maximum: limit.maximum };
    if setrlimit(Resource::Nofile, raised).is_err() {
        eprintln!("skipped: this system lets no test open {files} files");
        return None;
    }
    Some(())
}

/// A recorder that is started where a process may have `soft` files open, and raise that to `hard`.
fn started_with_limits(soft: usize, hard: usize, variables: &[(&str, &str)]) -> Recorder {
    let limited = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$@\"");
    Recorder::changed(&[], |command| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &limited, "sh"]).arg(command.get_program()).args(command.get_args());
        shell.current_dir(command.get_current_dir().unwrap()).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.envs(variables.iter().copied());
        *command = shell;
    })
}

#[test]
fn a_thousand_idle_connections() {
    if room(3 * CROWD as u64).is_none() {
        return;
    }
    // The usual 1,024 would be too few, and this is fewer.
    let recorder = started_with_limits(256, 4096, &[]);
    recorder.assert_serves();
    let (memory, files) = (recorder.memory("VmRSS"), recorder.open_files());
    let idle: Vec<TcpStream> = (0..CROWD).map(|_| TcpStream::connect(recorder.addr()).unwrap()).collect();
    for _ in 0..20 {
        recorder.assert_serves();
    }
    assert!(recorder.open_files() >= CROWD, "they are not all accepted");
    assert!(recorder.open_files() <= files + CROWD + 40, "{} files", recorder.open_files());
    let grown = recorder.memory("VmRSS").saturating_sub(memory);
    assert!(grown < 32 * CROWD as u64, "{grown} KiB for {CROWD} connections");

    drop(idle);
    while recorder.open_files() > files + 40 {}
    recorder.assert_serves();
}

#[test]
fn a_thousand_heads_that_never_end() {
    if room(3 * CROWD as u64).is_none() {
        return;
    }
    let recorder = started_with_limits(256, 4096, &[("RAMTAPE_LIMITS_HEADER_TIME_SECONDS", "2")]);
    recorder.assert_serves();
    let files = recorder.open_files();
    let mut slow: Vec<_> = (0..CROWD).map(|_| recorder.connect()).collect();
    slow.iter_mut().for_each(|client| client.send("POST /getresourceshares HTTP/1.1\r\nHost: "));
    recorder.assert_serves();
    for client in &mut slow {
        assert_eq!(client.reply().status, 408);
    }
    drop(slow);
    while recorder.open_files() > files + 40 {}
    recorder.assert_serves();
}

#[test]
fn where_files_are_few_fewer_connections_are_let_in() {
    let recorder = started_with_limits(256, 256, &[]);
    // A pause where files run out would be an answer that does not come.
    let crowd: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(recorder.addr()).unwrap()).collect();
    let reply = recorder.connect().reply();
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.body.contains("all 64 connections are in use (limits.connections)"), "{reply:?}");
    drop(crowd);
    let (finished, _) = recorder.stop();
    for part in ["1024 connections are allowed", "open 256 files", "64 connections are served at once", "ulimit -n"] {
        assert!(finished.stderr.contains(part), "{}", finished.stderr);
    }
}

#[test]
fn cmd_has_the_limits_that_ramtape_was_started_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ramtape(folder.path());
    command.args(["-q", "run", "--record-mode", "none", "--", "sh", "-c", "ulimit -Sn"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -Sn 200 && exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(folder.path()).arg0("sh");
    let done = shell.output().unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), "200\n");
}
