//! Requests per second and latency of three servers under the same load, by turns.

use crate::load::Outcome;
use crate::shared::child::{Server, own};
use crate::shared::figures::{median, whole};
use crate::shared::sample::{Cassettes, Kind};
use std::path::Path;

/// How often each server's turn comes.
const ROUNDS: usize = 7;

/// How long a turn is, in milliseconds, after all answers have been checked once.
const TURN: &str = "600";

const NAMES: [&str; 3] = ["(a) hyper, fixed bytes", "(b) hyper, hash and look up", "(c) ramtape, mode none"];

/// Measures and prints.
pub(crate) fn measure(cassettes: &Cassettes) {
    println!(
        "A figure is the median of {ROUNDS} rounds; in a round each server has its turn. A ratio is the median of the"
    );
    println!("rounds' ratios to (b). CPU is the server's own time per request; busy is the share of a core.");
    println!("\nWith requests of 2 KiB");
    heading();
    for takes in Cassettes::LARGE {
        section(cassettes, Kind::Large, takes);
    }
    println!("\nWith requests of {} bytes", Kind::Small.body(0).len());
    heading();
    section(cassettes, Kind::Small, Cassettes::SMALL);
}

fn heading() {
    println!(
        "{:>6}  {:<28} {:>9} {:>6} {:>8} {:>6} {:>8} {:>6} {:>7} {:>6} {:>6} {:>5}",
        "takes",
        "server",
        "req/s",
        "to (b)",
        "p50 µs",
        "to (b)",
        "p99 µs",
        "to (b)",
        "CPU µs",
        "to (b)",
        "busy",
        "load"
    );
}

fn section(cassettes: &Cassettes, kind: Kind, takes: usize) {
    let cassette = cassettes.path(kind, takes);
    let count = takes.to_string();
    let servers = [
        Server::role(&["serve-fixed", kind.name()]),
        Server::role(&["serve-lookup", kind.name(), &count]),
        Server::ramtape("replay", &cassette, &[], folder_of(&cassette)),
    ];
    let at_start = servers.last().and_then(Server::memory);
    let rounds: Vec<[Outcome; 3]> = (0..ROUNDS).map(|round| turns(&servers, kind, &count, round)).collect();

    for (at, name) in NAMES.iter().enumerate() {
        let of = |figure: fn(&Outcome) -> f64| {
            let ratios = rounds.iter().map(|round| figure(&round[at]) / figure(&round[1]));
            (median(rounds.iter().map(|round| figure(&round[at]))), median(ratios))
        };
        let (rate, p50, p99, cost) = (of(|o| o.rate), of(|o| o.median), of(|o| o.tail), of(|o| o.cost));
        let (busy, load) = (of(|o| o.server_busy).0 * 100.0, of(|o| o.load_busy).0 * 100.0);
        println!(
            "{count:>6}  {name:<28} {:>9} {:>6.2} {:>8} {:>6.2} {:>8} {:>6.2} {:>7.1} {:>6.2} {busy:>5.0}% {load:>4.0}%",
            whole(rate.0),
            rate.1,
            whole(p50.0),
            p50.1,
            whole(p99.0),
            p99.1,
            cost.0,
            cost.1,
        );
    }
    if let (Some(start), Some(end)) = (at_start, servers.last().and_then(Server::memory)) {
        println!("        memory of ramtape: {start:.1} MiB at the start, {end:.1} MiB after this load");
    }
}

fn folder_of(cassette: &Path) -> &Path {
    cassette.parent().unwrap()
}

/// One turn of each server, each time another one first.
fn turns(servers: &[Server; 3], kind: Kind, takes: &str, round: usize) -> [Outcome; 3] {
    let mut outcomes = [None; 3];
    for place in 0..servers.len() {
        let at = (place + round) % servers.len();
        let server = &servers[at];
        let (addr, id) = (server.addr.to_string(), server.id().to_string());
        let answers = if at == 0 { "fixed" } else { "looked-up" };
        let load = own(&["load", &addr, kind.name(), takes, TURN, &id, answers]).output().unwrap();
        assert!(load.status.success(), "{}", String::from_utf8_lossy(&load.stderr));
        outcomes[at] = Some(String::from_utf8(load.stdout).unwrap().parse().unwrap());
    }
    outcomes.map(Option::unwrap)
}
