//! 1,000 clients in 1,000 sessions against one process, every answer checked: `cargo bench --bench load`.
//!
//! Each client has a connection of its own and walks a script of writes, polls and paged listings, again and again. The same
//! requests are decided by what the session wrote before, so that a mixed-up history shows as a wrong answer. A bare hyper server
//! gets the same load in the same run. `LOAD_SECONDS` says for how long each (20 where it is not set).

#![expect(clippy::unwrap_used, clippy::exit, reason = "a benchmark may fail")]

mod clients;
mod memory;
mod script;
#[expect(dead_code, reason = "each program uses its part")]
#[path = "../shared/mod.rs"]
mod shared;

use crate::clients::{Outcome, Plan};
use crate::memory::Memory;
use crate::shared::bare;
use crate::shared::child::{Server, own};
use crate::shared::figures::whole;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How many clients there are, each in a session of its own.
const CLIENTS: &str = "1000";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["simulate"] => bare::simulate(),
        ["serve-script", script] => script::serve_script(Path::new(script)),
        ["load", addr, script, clients, seconds, server, answers] => {
            let plan = Plan {
                addr: addr.parse().unwrap(),
                scripts: script::read(Path::new(script)),
                clients: clients.parse().unwrap(),
                time: Duration::from_secs(seconds.parse().unwrap()),
                server: server.parse().unwrap(),
                knows_sessions: *answers == "by-session",
            };
            println!("{}", serde_json::to_string(&clients::run(plan)).unwrap());
        }
        _ if arguments.contains(&"--bench") => bench(),
        _ => println!("benchmarks are run by `cargo bench`"),
    }
}

fn bench() {
    let seconds = std::env::var("LOAD_SECONDS").unwrap_or_else(|_| "20".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let (cassette, script) = (folder.path().join("tape"), folder.path().join("script.json"));
    script::record(&cassette, &script, folder.path());

    println!(
        "\n{CLIENTS} clients over keep-alive connections, each in a session of its own, for {seconds} s a server."
    );
    println!("Each server has 1 worker thread, the load 1 thread in another process.");
    let path = script.to_str().unwrap();
    let bare = measure("bare hyper", &Server::role(&["serve-script", path]), path, &seconds, "fixed");
    let server = Server::ramtape("replay", &cassette, &[], folder.path());
    let ramtape = measure("ramtape", &server, path, &seconds, "by-session");
    println!(
        "ratio: {:.2} of the requests per second, {:.2} times the CPU",
        ramtape.rate / bare.rate,
        ramtape.cost / bare.cost
    );
    server.stop();
    if bare.wrong + ramtape.wrong > 0 {
        std::process::exit(1);
    }
}

/// Puts `server` under load, and prints what came out.
fn measure(name: &str, server: &Server, script: &str, seconds: &str, answers: &str) -> Outcome {
    let (addr, id) = (server.addr.to_string(), server.id().to_string());
    let mut load = own(&["load", &addr, script, CLIENTS, seconds, &id, answers]);
    let load = load.stdout(Stdio::piped()).spawn().unwrap();
    let (memory, load) = Memory::watch(server, Duration::from_secs(2), || load.wait_with_output().unwrap());
    assert!(load.status.success(), "the load failed");
    let outcome: Outcome = serde_json::from_slice(&load.stdout).unwrap();
    println!("\n{name}");
    println!(
        "  {} requests in {} runs of a script, {:.0} bytes an answer; wrong answers: {}",
        whole(outcome.requests as f64),
        whole(outcome.runs as f64),
        outcome.bytes,
        outcome.wrong
    );
    println!(
        "  {} requests/s, CPU {:.1} µs a request, server busy {:.0}%, load busy {:.0}%",
        whole(outcome.rate),
        outcome.cost,
        outcome.server_busy * 100.0,
        outcome.load_busy * 100.0
    );
    println!("  p50 {:.1} ms, p99 {:.1} ms", outcome.median / 1e3, outcome.tail / 1e3);
    println!("  memory, MiB: {memory}");
    for mistake in &outcome.mistakes {
        println!("  {mistake}");
    }
    outcome
}
