//! The memory of a server that replays.
#![cfg(target_os = "linux")]

use crate::support::archive::archive;
use crate::support::binary::{Server, folder, ramtape, run};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

/// How many requests are recorded, and about how large each answer is.
const REQUESTS: usize = 150;
const ANSWER: usize = 64 << 10;
/// What is allowed, in bytes.
const BOUND: usize = 1 << 19;

#[test]
fn a_server_that_has_served_everything_holds_no_more_than_it_may() {
    let folder = folder();
    let har = folder.path().join("large.har");
    let filling = "x".repeat(ANSWER);
    let answer = |number| format!(r#"{{"resourceShares":[{{"name":"{filling}share-{number}-end"}}]}}"#);
    fs::write(&har, archive((0..REQUESTS).map(|number| (body(number), answer(number))))).unwrap();
    let imported = run(folder.path(), &["import", har.to_str().unwrap(), "--cassette", "c"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    fs::remove_file(&har).unwrap();
    let mut command = ramtape(folder.path());
    command.args(["replay", "--cassette", "c"]).env("RAMTAPE_LIMITS_MEMORY_BYTES", BOUND.to_string());
    let server = Server::start(&mut command);
    let ask = |number: usize| {
        let answer = post(server.authority(), &body(number));
        assert!(answer.contains(&format!("share-{number}-end")), "{}", &answer[..200]);
    };
    ask(0);
    let start = resident(server.id());
    for _ in 0..2 {
        (0..REQUESTS).for_each(ask);
    }
    let grown = resident(server.id()).saturating_sub(start);
    // Everything together has 10 MiB; without the bound 6 of them stay. Some of what is on its way the allocator keeps.
    assert!(grown < 6 * BOUND, "{} KiB more", grown >> 10);
    assert_eq!(server.stop().code, Some(0));
}

/// The answer to a request, head and body.
fn post(authority: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(authority).unwrap();
    let length = body.len();
    let head = format!(
        "POST /getresourceshares HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Length: {length}"
    );
    write!(stream, "{head}\r\nContent-Type: application/json\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The memory that a process holds, in bytes.
fn resident(id: u32) -> usize {
    let status = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

fn body(number: usize) -> String {
    format!(r#"{{"resourceOwner":"SELF","name":"share-{number}"}}"#)
}
