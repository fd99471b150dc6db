//! How long the inspector's pages take after 100,000 calls over a cassette of 10,000 takes: `cargo bench --bench inspector`.
//!
//! Each page is asked for over one connection, one after the other, as a browser does. Nothing here fails for being slow.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail")]

#[expect(dead_code, reason = "each program uses its part")]
#[path = "../shared/sample.rs"]
mod sample;
#[path = "../shared/wire.rs"]
mod wire;

use crate::sample::Kind;
use crate::wire::ask;
use ramtape::fingerprint::Fingerprint;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// How many requests have one take, and how many takes one request has.
const REQUESTS: usize = 9_000;
const TAKES: usize = 1_000;
const CALLS: usize = 100_000;
/// How often each page is asked for.
const ROUNDS: usize = 15;

fn main() {
    if std::env::args().any(|argument| argument == "--bench") {
        bench();
    } else {
        println!("benchmarks are run by `cargo bench`");
    }
}

fn bench() {
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("tape");
    let many = record(&cassette);
    let server = Server::start(&cassette, folder.path());
    let before = server.memory();
    let begun = Instant::now();
    call(&server);
    println!(
        "\n{CALLS} calls in {:.1} s over a cassette of {} takes.",
        begun.elapsed().as_secs_f64(),
        REQUESTS + TAKES
    );
    if let (Some(before), Some(after)) = (before, server.memory()) {
        println!("Memory: {before:.0} MiB before, {after:.0} MiB after.");
    }
    println!("\n| page | KiB | median, ms | slowest, ms |\n| --- | --- | --- | --- |");
    let last = CALLS + 10;
    for page in [
        String::new(),
        "?session=session-3".to_owned(),
        "?outcome=missed".to_owned(),
        "?before=95000".to_owned(),
        format!("events?after={}", CALLS - 200),
        format!("calls/{CALLS}"),
        format!("calls/{last}"),
        "timeline".to_owned(),
        "timeline?session=session-3".to_owned(),
        "recorded".to_owned(),
        "recorded?q=team-00077".to_owned(),
        format!("recorded/{many}"),
        format!("recorded/{many}/takes/{TAKES}?size=1"),
        "coverage".to_owned(),
        "diff?with=other".to_owned(),
    ] {
        measure(&server, &page);
    }
    if let Some(memory) = server.memory() {
        println!("\nMemory after all pages: {memory:.0} MiB.");
    }
}

/// Writes the cassette, and one beside it that differs a little; gives the fingerprint of the request with many takes.
fn record(cassette: &Path) -> Fingerprint {
    let other = cassette.with_file_name("other");
    for root in [cassette, other.as_path()] {
        sample::begin(root);
        for number in 0..REQUESTS {
            let changed = root == other && number % 100 == 0;
            let answer = Kind::Small.answer(if changed { number + 1 } else { number });
            sample::record(root, Kind::Small.path(), &Kind::Small.body(number), vec![sample::take(answer)]);
        }
    }
    let takes = (0..TAKES).map(|take| sample::take(Kind::Small.answer(take))).collect();
    sample::record(cassette, Kind::Large.path(), &Kind::Large.body(0), takes);
    sample::grow_old();
    let folder = fs::read_dir(cassette.join("get-resource-share-associations")).unwrap();
    let file = folder.map(|entry| entry.unwrap().path()).next().unwrap();
    file.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Makes the calls in twenty sessions, and ten more that miss.
fn call(server: &Server) {
    let mut connection = server.connect();
    for number in 0..CALLS {
        let path = format!("/~session-{}{}", number % 20, Kind::Small.path());
        let body = Kind::Small.body(number * 7919 % REQUESTS);
        // With the id of another it would be a retry.
        let request = String::from_utf8(sample::request(&path, &body, &server.authority)).unwrap();
        let request = request.replace("amz-sdk-invocation-id: ", &format!("amz-sdk-invocation-id: {number}-"));
        ask(&mut connection, request.as_bytes());
    }
    for number in 0..10 {
        let request = sample::request(Kind::Small.path(), &Kind::Small.body(REQUESTS + number), &server.authority);
        wire::ask_any(&mut connection, &request);
    }
}

fn measure(server: &Server, page: &str) {
    let request = format!(
        "GET /_ramtape/{page} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        server.authority, server.token
    );
    let mut connection = server.connect();
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let answer = wire::ask_any(&mut connection, request.as_bytes());
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        if !wire::is_good(&answer) {
            println!("| {page} | no such page | | |");
            return;
        }
        bytes = answer.len();
    }
    times.sort_unstable_by(f64::total_cmp);
    let (median, slowest) = (times.get(ROUNDS / 2).unwrap(), times.last().unwrap());
    println!("| /_ramtape/{page} | {:.0} | {median:.1} | {slowest:.1} |", bytes as f64 / 1024.0);
}

/// A replaying ramtape, ended when dropped.
struct Server {
    child: Child,
    authority: String,
    token: String,
}

impl Server {
    fn start(cassette: &Path, folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ramtape"));
        command.arg("replay").arg("--cassette").arg(cassette).env_clear().env("HOME", folder).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("?token=")).unwrap();
        // Nobody must wait for who reads what else it says.
        std::thread::spawn(move || lines.for_each(drop));
        let (_, url) = line.split_once("http://").unwrap();
        let (authority, _) = url.split_once('/').unwrap();
        let (_, token) = url.split_once("?token=").unwrap();
        Self { child, authority: authority.to_owned(), token: token.trim_end().to_owned() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.authority).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The memory that it holds, in MiB; where the system tells it.
    fn memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
