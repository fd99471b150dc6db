//! Starts the real binary, in an environment that holds nothing of this machine's.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A server that has not said by then what a test waits for fails the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A `ramtape` command without any inherited variable but `PATH`, in `folder`.
pub(crate) fn ramtape(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ramtape"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command.env("PATH", option_env!("PATH").unwrap_or("/usr/bin:/bin"));
    command.env("HOME", folder);
    // Whatever else fails, no test reaches for the instance it may run on.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The same, for a test that sends it signals. Under `nohup`, or in the background of a script, the tests were started to
/// ignore some; whom they start inherits that, and ramtape respects it.
pub(crate) fn ramtape_with_signals(folder: &Path) -> Command {
    let plain = ramtape(folder);
    if !cfg!(target_os = "linux") {
        // Other systems' `env` has no such flag.
        return plain;
    }
    let mut command = Command::new("env");
    command.arg("--default-signal=HUP,INT,QUIT,TERM").arg(plain.get_program()).current_dir(folder).stdin(Stdio::null());
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Runs `ramtape` with these arguments to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Finished {
    Finished::from(ramtape(folder).args(arguments).output().unwrap())
}

/// What a process left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Panics with all that was printed unless it ended with 0.
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A `ramtape` server; killed when dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: Stderr,
}

impl Server {
    /// Starts `command` and waits for the line with its address. Where it ends without one, the test fails with its stderr.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Stderr::drain(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line.strip_suffix('\n').map(str::to_owned) else {
            let status = child.wait().unwrap();
            panic!("no address, {status}: {}", stderr.into_text());
        };
        Self { url, child, stdout: Some(stdout), stderr }
    }

    /// The line of its stderr that `part` is in; waits until it is there.
    pub(crate) fn stderr_line(&self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.stderr.text();
            if let Some(line) = text.split_inclusive('\n').find(|line| line.ends_with('\n') && line.contains(part)) {
                return line.trim_end().to_owned();
            }
            assert!(Instant::now() < deadline, "no {part:?} in {text:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `host:port` of the address.
    pub(crate) fn authority(&self) -> &str {
        let rest = self.url.strip_prefix("http://").unwrap();
        rest.split('/').next().unwrap()
    }

    /// Asks it to stop, and gives what it left; `stdout` is what came after the address.
    pub(crate) fn stop(self) -> Finished {
        self.signal("TERM");
        self.wait()
    }

    /// Sends a signal by name, as in `kill -s NAME`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it as a crash would, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Finished {
        let mut stdout = String::new();
        self.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status: ExitStatus = self.child.wait().unwrap();
        let stderr = std::mem::take(&mut self.stderr).into_text();
        Finished { code: status.code(), stdout, stderr }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `wait` both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by name to a process that a test started.
pub(crate) fn signal(id: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &id.to_string()]).status().unwrap();
    assert!(status.success());
}

/// What a process writes to stderr, read beside the test, so that nobody blocks on a full pipe.
#[derive(Default)]
struct Stderr {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Stderr {
    fn drain(mut pipe: ChildStderr) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bytes);
        let read = move || {
            let mut piece = [0; 8192];
            loop {
                let count = pipe.read(&mut piece).unwrap();
                if count == 0 {
                    return;
                }
                seen.lock().unwrap().extend_from_slice(&piece[..count]);
            }
        };
        Self { bytes, reader: Some(std::thread::spawn(read)) }
    }

    /// What has come so far.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// All that comes.
    fn into_text(mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.text()
    }
}

/// A folder of the test's own, deleted when dropped.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// `name` in `folder`.
pub(crate) fn file(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}
