//! Processes that are measured, and what the system tells of them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Key id and secret that the simulated endpoint knows.
pub(crate) const KEYS: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

/// A server in a process of its own, ended when dropped.
pub(crate) struct Server {
    child: Child,
    /// What it printed once it listened.
    pub(crate) url: String,
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// One of this program's own roles.
    pub(crate) fn role(arguments: &[&str]) -> Self {
        Self::start(own(arguments))
    }

    /// The `ramtape` binary with one worker thread, in `folder`, knowing nothing of this process's environment.
    pub(crate) fn ramtape(verb: &str, cassette: &Path, arguments: &[&str], folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ramtape"));
        command.arg(verb).arg("--cassette").arg(cassette).args(arguments);
        command.env_clear().env("TOKIO_WORKER_THREADS", "1").env("HOME", folder).current_dir(folder);
        command.env("AWS_ACCESS_KEY_ID", KEYS.0).env("AWS_SECRET_ACCESS_KEY", KEYS.1);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().to_owned();
        let rest = url.strip_prefix("http://").unwrap_or_default();
        let addr = rest.split('/').next().unwrap_or_default().parse();
        let addr = addr.unwrap_or_else(|_| unreachable_server(&mut child));
        Self { child, url, addr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The memory that it holds, in MiB; where the system tells it.
    pub(crate) fn memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / 1024.0)
    }

    /// Lets it end by itself, so that its store is closed.
    pub(crate) fn stop(mut self) {
        let told = Command::new("kill").args(["-s", "TERM", &self.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::panic, reason = "a benchmark may fail")]
fn unreachable_server(child: &mut Child) -> SocketAddr {
    panic!("a server gave no address: {}", child.wait().unwrap())
}

/// This program again, in another role.
pub(crate) fn own(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

/// The processor time that this process has used.
pub(crate) fn cpu_time() -> Duration {
    cpu_time_of(std::process::id())
}

/// The processor time that a process has used, all threads together; zero where the system does not tell it.
pub(crate) fn cpu_time_of(process: u32) -> Duration {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Duration::ZERO };
    let used = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    });
    used.sum()
}
