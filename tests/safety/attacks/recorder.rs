//! A recording ramtape, and the endpoint behind it.

use crate::support::binary::{Finished, Server, folder, ramtape};
use crate::support::raw::{Client, Reply};
use ramtape::aws::Keys;
use ramtape::model::Secret;
use ramtape::simulator::{Credential, RunningSimulator, Simulator, SimulatorSettings};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What every caller asks here, and what is answered if it gets through.
pub(crate) const PATH: &str = "/getresourceshares";
pub(crate) const BODY: &str = r#"{"resourceOwner":"SELF"}"#;

/// A simulated endpoint on a thread of its own: clients block the test's.
pub(crate) struct Endpoint {
    running: RunningSimulator,
    _runtime: Runtime,
}

impl Endpoint {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = SimulatorSettings { seed: Some(7), ..SimulatorSettings::default() };
        Self { running: runtime.block_on(Simulator::start(settings)).unwrap(), _runtime: runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.running.base_url()
    }

    pub(crate) fn running(&self) -> &RunningSimulator {
        &self.running
    }

    /// Nobody has so much as connected.
    pub(crate) fn assert_untouched(&self) {
        assert_eq!((self.running.connections(), self.running.requests()), (0, 0), "{:?}", self.running.received());
    }
}

/// `ramtape record` with the endpoint owner's credentials.
pub(crate) struct Recorder {
    pub(crate) endpoint: Endpoint,
    folder: TempDir,
    server: Server,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// With these variables too.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        Self::changed(&["-q"], |command| {
            command.envs(variables.iter().copied());
        })
    }

    /// With these flags, and what `change` does to the command.
    pub(crate) fn changed(flags: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let (endpoint, folder) = (Endpoint::start(), folder());
        let mut command = ramtape(folder.path());
        as_owner(command.args(["record", "--cassette", "tape"]).args(flags));
        if !flags.contains(&"--upstream") {
            command.args(["--upstream", &endpoint.url()]);
        }
        change(&mut command);
        Self { server: Server::start(&mut command), endpoint, folder }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.authority().parse().unwrap()
    }

    pub(crate) fn authority(&self) -> &str {
        self.server.authority()
    }

    /// The base URL, key included.
    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    /// The path segment that proves a caller: `/~KEY`.
    pub(crate) fn prefix(&self) -> &str {
        let origin = format!("http://{}", self.authority());
        self.url().strip_prefix(&origin).unwrap()
    }

    pub(crate) fn key(&self) -> &str {
        self.prefix().strip_prefix("/~").unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.server.id()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.addr())
    }

    /// One connection, `bytes`, one answer; the server may refuse before it has read all.
    pub(crate) fn ask(&self, bytes: impl AsRef<[u8]>) -> Reply {
        let mut client = self.connect();
        client.try_send(bytes);
        client.reply()
    }

    /// A good request of a proved caller, with these header lines too.
    pub(crate) fn proved(&self, more: &str) -> String {
        request(&format!("{}{PATH}", self.prefix()), self.authority(), more)
    }

    /// What a proved caller asks is answered by upstream: it is this ramtape's way to it that attacks do not get through.
    pub(crate) fn assert_serves(&self) {
        // Others than this may still be on their way, of attackers who have left.
        let asked = || self.endpoint.running().received().iter().filter(|request| request.body == BODY).count();
        let before = asked();
        let reply = self.ask(self.proved(""));
        assert!(reply.status == 200 && reply.body.contains("resourceShares"), "{reply:?}");
        assert_eq!(asked(), before + 1);
    }

    /// Asks it to stop, and gives what it said; the folder stays until `self.1` is dropped.
    pub(crate) fn stop(self) -> (Finished, TempDir) {
        let Self { server, folder, endpoint: _endpoint } = self;
        (server.stop(), folder)
    }

    /// A figure of the process's, in KiB, from what the kernel keeps of it.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many files it has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap().count()
    }
}

/// The keys that the endpoint knows.
pub(crate) fn owner() -> Keys {
    let Credential { access_key_id, secret, .. } = Credential::owner();
    Keys { access_key_id, secret: Secret::new(secret), session_token: None, expiry: None }
}

/// `command` with the keys that the endpoint knows.
pub(crate) fn as_owner(command: &mut Command) -> &mut Command {
    let Credential { access_key_id, secret, .. } = Credential::owner();
    command.env("AWS_ACCESS_KEY_ID", access_key_id).env("AWS_SECRET_ACCESS_KEY", secret)
}

/// A good request for `target`.
pub(crate) fn request(target: &str, host: &str, more: &str) -> String {
    let length = BODY.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n{BODY}"
    )
}
