//! The simulated endpoint on threads of its own, for tests of the real binary, and a bare client of that.

use crate::support::binary::ramtape;
use ramtape::simulator::{Credential, RunningSimulator, Simulator, SimulatorSettings};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;

/// An endpoint with the same data every time; it ends when this is dropped.
pub(crate) struct Endpoint {
    running: RunningSimulator,
    runtime: Runtime,
}

impl Endpoint {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let running = runtime
            .block_on(Simulator::start(SimulatorSettings { seed: Some(7), ..SimulatorSettings::default() }))
            .unwrap();
        Self { running, runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.running.base_url()
    }

    /// From now on nobody listens on its port.
    pub(crate) fn stop(self) {
        self.runtime.block_on(self.running.stop());
    }
}

/// `ramtape` with the keys that the endpoint knows.
pub(crate) fn with_keys(folder: &Path) -> Command {
    let owner = Credential::owner();
    let mut command = ramtape(folder);
    command.env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    command
}

/// Posts `body` to `path` below `base_url`, unsigned, and gives status and body.
pub(crate) fn post(base_url: &str, path: &str, body: &str) -> (u16, String) {
    ask("POST", base_url, path, body)
}

/// Gets `path` below `base_url`, as [`post`] does.
pub(crate) fn get(base_url: &str, path: &str) -> (u16, String) {
    ask("GET", base_url, path, "")
}

fn ask(method: &str, base_url: &str, path: &str, body: &str) -> (u16, String) {
    let rest = base_url.strip_prefix("http://").unwrap();
    let (authority, prefix) = rest.split_once('/').map_or((rest, String::new()), |(a, p)| (a, format!("/{p}")));
    let mut stream = TcpStream::connect(authority).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {prefix}{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
