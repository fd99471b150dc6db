//! The set-up of tests with real clients: an endpoint that can be stopped, a folder with a cassette, and the ways to run a client over it.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

use ramtape::simulator::{Credential, Received, RunningSimulator, Simulator, SimulatorSettings};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::binary::{Server, folder, ramtape};
use crate::support::cassette::copy_text;
use crate::support::clients::{Call, Finished};

pub(crate) const REGION: &str = "us-east-1";

/// A simulated endpoint with a random seed, on threads of its own: clients block the test's.
pub(crate) struct Endpoint {
    running: Option<RunningSimulator>,
    runtime: Runtime,
}

impl Endpoint {
    pub(crate) fn start() -> Self {
        Self::with(SimulatorSettings::default())
    }

    pub(crate) fn with(settings: SimulatorSettings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let running = runtime.block_on(Simulator::start(settings)).unwrap();
        Self { running: Some(running), runtime }
    }

    /// The endpoint, while it is up.
    pub(crate) fn running(&self) -> &RunningSimulator {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.running().base_url()
    }

    /// From now on nobody listens on its port.
    pub(crate) fn stop(&mut self) {
        self.runtime.block_on(self.running.take().unwrap().stop());
    }

    /// A request that it received, in the form that botocore judges.
    pub(crate) fn captured(&self, request: &Received) -> Value {
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        json!({
            "method": request.method,
            "url": format!("{}{}", self.url(), request.target),
            "headers": headers,
            "body": data_encoding::BASE64.encode(&request.body),
        })
    }
}

/// A folder with a cassette in it.
pub(crate) struct Tape {
    folder: TempDir,
    path: PathBuf,
}

impl Tape {
    pub(crate) fn new() -> Self {
        Self::named("tape")
    }

    /// With a cassette whose folder is called `name`.
    pub(crate) fn named(name: &str) -> Self {
        let folder = folder();
        Self { path: folder.path().join("cassettes").join(name), folder }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that the cassette's folder is in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `ramtape run` in this mode, to stand before a client.
    pub(crate) fn run(&self, mode: &str, more: &[&str]) -> Vec<String> {
        let cassette = self.path.to_str().unwrap();
        let mut argv = words(&[env!("CARGO_BIN_EXE_ramtape"), "run", "--record-mode", mode, "--cassette", cassette]);
        argv.extend(words(more));
        argv.push("--".to_owned());
        argv
    }

    /// Runs `call` with the owner's keys while recording what `upstream` answers. Client and ramtape have the same
    /// environment.
    pub(crate) fn record(&self, upstream: &str, call: Call) -> Finished {
        let recorded = self.try_record(upstream, call).success();
        assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
        recorded
    }

    /// As [`Tape::record`], of a client that may fail.
    pub(crate) fn try_record(&self, upstream: &str, call: Call) -> Finished {
        as_owner(call).under(self.run("once", &["--upstream", upstream])).finish()
    }

    /// Runs `call` offline, without any AWS setting in the environment, and holds ramtape to what it promises then.
    pub(crate) fn replay(&self, call: Call) -> Finished {
        let replayed = self.try_replay(call).success();
        assert_offline(&replayed.stderr);
        replayed
    }

    /// As [`Tape::replay`], of a client that may fail.
    pub(crate) fn try_replay(&self, call: Call) -> Finished {
        call.under(self.run("none", &[])).finish()
    }

    /// The cassette's text alone: without its store, in another folder.
    pub(crate) fn text_alone(&self) -> Self {
        let copy = Self::new();
        copy_text(&self.path, &copy.path);
        copy
    }

    /// What a colleague has who cloned the repository that the cassette was committed to.
    pub(crate) fn git_clone(&self) -> Self {
        let clone = Self::new();
        git(self.folder(), &["init", "-q"]);
        git(self.folder(), &["add", "--all"]);
        git(self.folder(), &["commit", "-q", "-m", "record"]);
        let (from, to) = (self.folder().to_str().unwrap(), clone.folder().to_str().unwrap());
        git(self.folder(), &["clone", "-q", from, to]);
        assert!(self.path.join(".store").exists() && !clone.path.join(".store").exists(), "git has the store");
        clone
    }

    /// A server that replays the cassette, on a port of its own.
    pub(crate) fn replay_server(&self) -> Server {
        Server::start(ramtape(self.folder()).args(["replay", "--cassette"]).arg(&self.path))
    }

    /// The folders and files with recorded requests: one for each fingerprint.
    pub(crate) fn files(&self) -> Vec<String> {
        let folders = std::fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap());
        let recorded = |name: &str| !name.starts_with('.');
        let folders = folders.filter(|entry| entry.path().is_dir() && recorded(entry.file_name().to_str().unwrap()));
        let mut files: Vec<String> = folders
            .flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()))
            .map(|file| file.strip_prefix(&self.path).unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        files
    }
}

/// A server that records to `tape` what `upstream` answers, with `keys` as its own; its URL holds its key.
pub(crate) fn recording(tape: &Tape, command: &str, upstream: &str, keys: &Credential) -> Server {
    let mut server = ramtape(tape.folder());
    server.args(command.split(' ')).args(["--upstream", upstream, "--cassette"]).arg(tape.path());
    server.env("AWS_ACCESS_KEY_ID", &keys.access_key_id).env("AWS_SECRET_ACCESS_KEY", &keys.secret);
    server.envs(keys.session_token.iter().map(|token| ("AWS_SESSION_TOKEN", token)));
    Server::start(&mut server)
}

/// Ends a server that replayed, and holds it to what it promises.
pub(crate) fn stop_offline(server: Server) {
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_offline(&finished.stderr);
}

pub(crate) fn assert_offline(stderr: &str) {
    assert!(stderr.contains(" 0 missed; 0 upstream connections"), "{stderr}");
    assert!(!stderr.contains(" 0 replayed"), "{stderr}");
}

/// With the keys of the simulated endpoint's owner.
pub(crate) fn as_owner(call: Call) -> Call {
    let owner = Credential::owner();
    call.credentials(&owner.access_key_id, &owner.secret).region(REGION)
}

/// With keys that nobody knows.
pub(crate) fn as_nobody(call: Call, url: &str) -> Call {
    call.endpoint(url).credentials("AKIDNOBODY0000000000", "nothing").region(REGION)
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"];
    let mut command = Command::new("git");
    command.current_dir(folder).args(identity).args(arguments);
    // Neither the machine's settings nor those of a git that runs the tests, as in a hook.
    command.env_clear().env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("PATH", option_env!("PATH").unwrap_or("/usr/bin:/bin"));
    let done = command.output().unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
