//! HAProxy and nginx with the manual's configurations, in which only the ports are other ones.

use crate::book::marked;
use crate::support::binary::{Server, folder, ramtape};
use crate::support::clients::skipped;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The balancer's port and the replicas' in the manual.
const PORT: &str = "8181";
const REPLICA_PORTS: [&str; 3] = ["8191", "8192", "8193"];
/// What is not so by then fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Haproxy,
    Nginx,
}

impl Kind {
    const fn program(self) -> &'static str {
        match self {
            Self::Haproxy => "haproxy",
            Self::Nginx => "nginx",
        }
    }

    const fn block(self) -> (&'static str, &'static str) {
        match self {
            Self::Haproxy => ("haproxy file haproxy.cfg", "haproxy.cfg"),
            Self::Nginx => ("nginx file nginx.conf", "nginx.conf"),
        }
    }

    /// Where it is: Debian puts it where only root's `PATH` leads. `None`, having said so, where it is not installed.
    fn find(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
        let found = folders.map(|folder| folder.join(self.program())).find(|file| file.exists());
        found.or_else(|| skipped(&format!("{} is not installed", self.program())))
    }
}

/// Three replicas and a balancer before them.
pub(super) struct Fleet {
    pub(super) kind: Kind,
    /// `None` where one was killed.
    replicas: [Option<Server>; 3],
    ports: [String; 3],
    cassette: PathBuf,
    balancer: Child,
    /// The balancer's address.
    pub(super) url: String,
    folder: TempDir,
}

impl Fleet {
    /// Starts them over `cassette`; `None` where the balancer is not installed.
    pub(super) fn start(kind: Kind, cassette: &Path) -> Option<Self> {
        let program = kind.find()?;
        let folder = folder();
        let replicas = [(); 3].map(|()| replica(folder.path(), cassette, "0"));
        let ports = replicas.each_ref().map(|server| server.authority().rsplit(':').next().unwrap().to_owned());
        let (balancer, port) = start_balancer(kind, &program, folder.path(), &ports);
        Some(Self {
            kind,
            replicas: replicas.map(Some),
            ports,
            cassette: cassette.to_owned(),
            balancer,
            url: format!("http://127.0.0.1:{port}"),
            folder,
        })
    }

    /// The address of a replica.
    pub(super) fn replica_url(&self, at: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[at])
    }

    /// The replicas that run.
    pub(super) fn running(&self) -> Vec<usize> {
        (0..self.replicas.len()).filter(|at| self.replicas[*at].is_some()).collect()
    }

    /// Kills a replica as a crash would.
    pub(super) fn kill(&mut self, at: usize) {
        self.replicas[at].take().unwrap().kill();
    }

    /// Asks a replica to end, and waits until it has.
    pub(super) fn stop_replica(&mut self, at: usize) {
        assert_eq!(self.replicas[at].take().unwrap().stop().code, Some(0));
    }

    /// Starts a replica again where it was.
    pub(super) fn restart(&mut self, at: usize) {
        self.replicas[at] = Some(replica(self.folder.path(), &self.cassette, &self.ports[at]));
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // nginx's workers end with their master only where that is asked to.
        let _ = Command::new("kill").args(["-s", "TERM", &self.balancer.id().to_string()]).status();
        let _ = self.balancer.wait();
    }
}

/// Starts the balancer before the replicas at `ports`, and gives its own port, once it listens there.
fn start_balancer(kind: Kind, program: &Path, folder: &Path, ports: &[String; 3]) -> (Child, String) {
    let (mark, file) = kind.block();
    let file = folder.join(file);
    for _ in 0..10 {
        let port = free_port();
        // All at once: one port's digits can be in another's.
        let mut configuration = marked(mark).replace(PORT, "{own}");
        for (at, written) in REPLICA_PORTS.iter().enumerate() {
            configuration = configuration.replace(written, &format!("{{{at}}}"));
        }
        for (at, port) in ports.iter().enumerate() {
            configuration = configuration.replace(&format!("{{{at}}}"), port);
        }
        std::fs::write(&file, configuration.replace("{own}", &port)).unwrap();
        let mut command = Command::new(program);
        match kind {
            Kind::Haproxy => command.args(["-db", "-f"]).arg(&file),
            Kind::Nginx => command.args(["-g", "daemon off;", "-e", "stderr", "-p"]).arg(folder).arg("-c").arg(&file),
        };
        let mut balancer = command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + PATIENCE;
        // One that ends has lost its port to another test.
        while balancer.try_wait().unwrap().is_none() && Instant::now() < deadline {
            if TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
                return (balancer, port);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = balancer.kill();
        let _ = balancer.wait();
    }
    panic!("{kind:?} does not listen");
}

fn replica(folder: &Path, cassette: &Path, port: &str) -> Server {
    let mut command = ramtape(folder);
    command.args(["replay", "--allow-host", "replay.example.com", "--listen", &format!("127.0.0.1:{port}")]);
    Server::start(command.arg("--cassette").arg(cassette))
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// Waits until `is_so`.
pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not so: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends these bytes, and gives the beginning of what is answered.
pub(super) fn raw(url: &str, request: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = vec![0; 1024];
    let count = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}
