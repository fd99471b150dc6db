//! A large cassette and a long run: pages stay of a size that a browser shows at once, and memory does not grow with the calls.
//! How long they take is measured by `cargo bench --bench inspector`.

use super::scene::Inspected;
use crate::support::browser::{Window, browser};
use crate::support::raw::Client;
use crate::support::scene::Tape;
use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::entry_file;
use ramtape::fingerprint::{Fingerprint, canonical_text};
use ramtape::model::{Body, Entry, OperationName, Page, Take};
use std::fs;
use std::path::Path;

/// How many requests have one take, and how many takes one request has.
const REQUESTS: usize = 9_000;
const TAKES: usize = 1_000;

/// How many calls there are, and after how many memory should grow no more.
const CALLS: usize = 100_000;
const WARM: usize = 20_000;

/// What a page may have at most.
const MAX_PAGE: usize = 1 << 20;
const MAX_ELEMENTS: u64 = 12_000;

/// By how much memory may grow, in MiB: for what the allocator does not give back.
const MAX_GROWTH: f64 = 24.0;

/// Writes the text of a cassette as a fresh clone has it.
fn write_cassette(root: &Path) {
    let settings = CassetteSettings::default();
    drop(Cassette::open(root, Access::Record { replace: false }, |_, _| (), &settings).unwrap());
    let folder = root.join("get-resource-shares");
    fs::create_dir_all(&folder).unwrap();
    for number in 0..=REQUESTS {
        let takes = if number == REQUESTS { TAKES } else { 1 };
        let entry = Entry {
            operation: OperationName::Known("GetResourceShares".to_owned()),
            region: "us-east-1".to_owned(),
            actor: "default".to_owned(),
            request: format!(r#"{{"name":"team-{number}","resourceOwner":"SELF"}}"#),
            takes: (0..takes).map(|take| answer(number, take)).collect(),
        };
        let canonical = canonical_text(&entry.operation, &entry.region, &entry.actor, &entry.request);
        let file = folder.join(format!("{}.json", Fingerprint::hash(&canonical)));
        fs::write(file, entry_file::write(&entry).unwrap()).unwrap();
    }
}

fn answer(number: usize, take: usize) -> Take {
    let arn = format!("arn:aws:ram:us-east-1:111122223333:resource-share/7ab63972-b505-7e2a-{take:04}-{number:012x}");
    let share =
        format!(r#"{{"resourceShares":[{{"resourceShareArn":"{arn}","name":"team-{number}","status":"ACTIVE"}}]}}"#);
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Take {
        session: None,
        after: None,
        id: None,
        max_results: None,
        complete: true,
        times: 1,
        pages: vec![Page { status: 200, headers, body: Body::literal(share.into()) }],
    }
}

/// Makes so many calls in a row on one connection, in twenty sessions, and now and then one that is not recorded.
fn call(inspected: &Inspected, from: usize, to: usize) {
    /// How many requests are sent before their answers are read.
    const AT_ONCE: usize = 50;
    let authority = inspected.server.authority();
    let mut client = Client::connect(authority.parse().unwrap());
    for first in (from..to).step_by(AT_ONCE) {
        let numbers = first..(first + AT_ONCE).min(to);
        let mut requests = String::new();
        for number in numbers.clone() {
            let body = format!(r#"{{"resourceOwner":"SELF","name":"team-{}"}}"#, number * 7919 % (REQUESTS + 10));
            requests += &format!("POST /~session-{}/getresourceshares HTTP/1.1\r\nHost: {authority}\r\n", number % 20);
            requests += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
        client.send(requests);
        for number in numbers {
            let missed = number * 7919 % (REQUESTS + 10) > REQUESTS;
            assert_eq!(client.reply().status, if missed { 400 } else { 200 }, "call {number}");
        }
    }
}

/// The memory that a process holds, in MiB; where the system tells it.
fn memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

#[test]
fn pages_and_memory_stay_bounded() {
    let Some(mut browser) = browser() else { return };
    let tape = Tape::new();
    write_cassette(tape.path());
    let inspected = Inspected::replay(tape);
    call(&inspected, 0, WARM);
    let warm = memory(inspected.server.id());
    call(&inspected, WARM, CALLS);
    let grown = memory(inspected.server.id()).zip(warm).map(|(now, before)| now - before);
    assert!(grown.is_none_or(|grown| grown < MAX_GROWTH), "{grown:?} MiB more after {CALLS} calls than after {WARM}");

    inspected.enter(&mut browser, Window::DESK);
    assert!(browser.text("main").contains("100000 so far"), "{}", browser.text("main"));
    assert_eq!(browser.count("#calls tr"), 100);
    let many = format!(r#"{{"name":"team-{REQUESTS}","resourceOwner":"SELF"}}"#);
    let many = canonical_text(&OperationName::Known("GetResourceShares".to_owned()), "us-east-1", "default", &many);
    let many = Fingerprint::hash(&many);
    for page in [
        "".to_owned(),
        "?outcome=missed".to_owned(),
        "?before=95000".to_owned(),
        "calls/100000".to_owned(),
        "calls/90001".to_owned(),
        "timeline".to_owned(),
        "timeline?session=session-3".to_owned(),
        "recorded".to_owned(),
        "recorded?q=team-77".to_owned(),
        format!("recorded/{many}"),
        format!("recorded/{many}/takes/1000?size=1"),
        "coverage".to_owned(),
        "diff".to_owned(),
    ] {
        let visit = browser.goto(&inspected.page(&page));
        assert_eq!(visit.status, 200, "{visit:?}");
        let bytes = browser.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize");
        assert!(bytes.as_u64() < Some(MAX_PAGE as u64), "{page} has {bytes} bytes");
        let elements = browser.count("*");
        assert!(elements < MAX_ELEMENTS, "{page} has {elements} elements");
    }
    // The first calls are forgotten, and their pages say so.
    assert_eq!(browser.goto(&inspected.page("calls/1")).status, 404);
    assert!(browser.text("main").contains("call 1 is not remembered"), "{}", browser.text("main"));
}
