//! From exec to the first right answer.

use crate::shared::child::Server;
use crate::shared::figures::median;
use crate::shared::sample::{Cassettes, Kind};
use crate::shared::wire::ask;
use std::fs;
use std::path::Path;
use std::time::Instant;

const STARTS: usize = 11;

/// Measures and prints.
pub(crate) fn measure(cassettes: &Cassettes) {
    println!("\nFrom exec of `ramtape replay` to the first right answer, median of {STARTS} starts");
    for takes in [1, 10_000] {
        let cassette = cassettes.path(Kind::Large, takes);
        let stored = median((0..STARTS).map(|at| start(&cassette, at * 37 % takes)));
        let text = median((0..STARTS).map(|at| {
            fs::remove_dir_all(cassette.join(".store")).unwrap();
            start(&cassette, at * 37 % takes)
        }));
        println!("{takes:>6} takes: {stored:.1} ms with the store of an earlier run, {text:.1} ms from the text alone");
    }
}

/// Milliseconds.
fn start(cassette: &Path, number: usize) -> f64 {
    let begun = Instant::now();
    let server = Server::ramtape("replay", cassette, &[], cassette.parent().unwrap());
    let request = Kind::Large.request(number, &server.addr.to_string());
    let answer = ask(&mut server.connect(), &request);
    let passed = begun.elapsed().as_secs_f64() * 1e3;
    assert!(answer.ends_with(Kind::Large.answer(number).as_bytes()), "a wrong answer to {number}");
    server.stop();
    passed
}
