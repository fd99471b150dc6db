//! Whole answers of a session that polls: what choosing among 1,000 takes adds to them.

use crate::choice::{OTHER, ROUNDS, TAKES, id};
use crate::shared::child::Server;
use crate::shared::figures::{median, micros};
use crate::shared::sample::{self, Kind};
use crate::shared::wire::ask;
use ramtape::model::Take;
use std::net::TcpStream;
use std::path::Path;

const WRITE: &str = "/createresourceshare";

/// Measures and prints; `folder` is for a cassette.
pub(crate) fn measure(folder: &Path) {
    let cassette = folder.join("polling");
    record(&cassette);
    let server = Server::ramtape("replay", &cassette, &[], folder);
    let mut client = Client { stream: server.connect(), host: server.addr.to_string(), asked: 0 };
    let line = |what: &str, time: f64| println!("  {what:<60}{time:>10.1}");

    println!("\nA whole answer over HTTP, one after the other on one connection, median of {ROUNDS}, us:");
    line("the first, which reads 1,000 takes and 1,000 files of writes", client.reads(0));
    for _ in 0..TAKES {
        client.reads(1);
    }
    line("where there is 1 take", client.polls(1));
    line("among 1,000, before any write", client.polls(0));
    (0..TAKES / 2).for_each(|number| client.writes(number));
    line("after half of the writes", client.polls(0));
    client.writes(TAKES);
    line("after a write that no take follows", client.polls(0));
    let after_two_writes = |number| {
        client.writes(number);
        client.writes(TAKES);
        client.reads(0)
    };
    line("the first after two more writes", median((TAKES / 2..TAKES / 2 + ROUNDS).map(after_two_writes)));
    server.stop();
}

/// A cassette where each of 1,000 writes is followed by a take of request 0, and none follows one write more. Request 1 has
/// one take.
fn record(cassette: &Path) {
    let take = |number, after, id| Take { after, id, ..sample::take(Kind::Small.answer(number)) };
    let after = |number| take(number, Some(id(number)), None);
    sample::begin(cassette);
    for number in 0..TAKES {
        let before = number.checked_sub(1).map(id);
        sample::record(cassette, WRITE, &share(number), vec![take(number, before, Some(id(number)))]);
    }
    sample::record(cassette, WRITE, &share(TAKES), vec![take(TAKES, None, Some(OTHER.to_owned()))]);
    sample::record(cassette, Kind::Small.path(), &Kind::Small.body(0), (0..TAKES).map(after).collect());
    sample::record(cassette, Kind::Small.path(), &Kind::Small.body(1), vec![after(0)]);
    sample::grow_old();
}

fn share(number: usize) -> String {
    format!(r#"{{"name": "share-{number}"}}"#)
}

struct Client {
    stream: TcpStream,
    host: String,
    asked: usize,
}

impl Client {
    /// What one of many polls takes, in microseconds.
    fn polls(&mut self, number: usize) -> f64 {
        median((0..ROUNDS).map(|_| self.reads(number)))
    }

    fn reads(&mut self, number: usize) -> f64 {
        self.asks(Kind::Small.path(), &Kind::Small.body(number))
    }

    fn writes(&mut self, number: usize) {
        self.asks(WRITE, &share(number));
    }

    fn asks(&mut self, path: &str, body: &str) -> f64 {
        self.asked += 1;
        let request = String::from_utf8(sample::request(path, body, &self.host)).unwrap();
        // With the id of another it would be a retry.
        let request = request.replace("amz-sdk-invocation-id: ", &format!("amz-sdk-invocation-id: {}-", self.asked));
        micros(|| drop(ask(&mut self.stream, request.as_bytes())))
    }
}
