//! How fast ramtape replays, beside the least that any HTTP server has to do: `cargo bench`.
//!
//! Everything runs in processes of its own: the servers with one worker thread each, the load with one thread. This process
//! only starts them and counts. Nothing here fails for being slow.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail")]

mod choice;
mod load;
mod notations;
mod polling;
mod recording;
mod roles;
#[path = "../shared/mod.rs"]
mod shared;
mod startup;
mod throughput;

use crate::shared::bare;
use crate::shared::sample::{self, Kind};
use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve-fixed", kind] => roles::serve_fixed(Kind::named(kind)),
        ["serve-lookup", kind, takes] => roles::serve_lookup(Kind::named(kind), takes.parse().unwrap()),
        ["simulate"] => bare::simulate(),
        ["forward", upstream] => roles::forward(upstream),
        ["load", addr, kind, takes, millis, server, answers] => {
            let plan = load::Plan {
                addr: addr.parse().unwrap(),
                kind: Kind::named(kind),
                takes: takes.parse().unwrap(),
                time: std::time::Duration::from_millis(millis.parse().unwrap()),
                server: server.parse().unwrap(),
                is_fixed: *answers == "fixed",
            };
            println!("{}", load::run(&plan));
        }
        ["choice", ..] => measure_choice(tempfile::tempdir().unwrap().path()),
        ["notations", ..] => notations::measure(tempfile::tempdir().unwrap().path()),
        ["recording", ..] => recording::measure(tempfile::tempdir().unwrap().path()),
        ["make", folder] => drop(sample::Cassettes::make(Path::new(folder))),
        _ if arguments.contains(&"--bench") => bench(),
        _ => println!("benchmarks are run by `cargo bench`"),
    }
}

fn measure_choice(folder: &Path) {
    choice::measure();
    polling::measure(folder);
}

fn bench() {
    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let cassettes = sample::Cassettes::make(folder.path());

    println!("\nReplay: HTTP/1.1 over {} keep-alive connections, no pipelining, answers of 2 KiB,", load::CONNECTIONS);
    println!("requests as boto3 spells them. Each server has 1 worker thread, the load 1 thread in another process.");
    throughput::measure(&cassettes);
    startup::measure(&cassettes);
    recording::measure(folder.path());
    measure_choice(folder.path());
    notations::measure(folder.path());
    println!("\n{:.0} s in all.", begun.elapsed().as_secs_f64());
}
