//! `ramtape record`, `replay` and `serve` as processes: their one line, their files, their end.

use crate::support::binary::{Server, file, folder, ramtape, ramtape_with_signals, run};

#[test]
fn stdout_is_the_address_and_nothing_else() {
    let folder = folder();
    let replay = Server::start(ramtape(folder.path()).arg("replay"));
    assert_eq!(replay.url, format!("http://{}", replay.authority()));
    assert!(replay.authority().starts_with("127.0.0.1:"));
    std::net::TcpStream::connect(replay.authority()).unwrap();
    let finished = replay.stop();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{}", finished.stderr);
    assert!(finished.stderr.contains("0 replayed"), "{}", finished.stderr);
}

#[test]
fn where_upstream_can_be_reached_the_address_holds_a_new_key_every_time() {
    let folder = folder();
    let url = || Server::start(ramtape(folder.path()).args(["serve", "--record-mode", "all"])).url.clone();
    let (one, other) = (url(), url());
    let key = |url: &str| url.split_once("/~").unwrap().1.to_owned();
    assert_ne!(key(&one), key(&other));
    assert_eq!(key(&one).len(), "key-".len() + 26);
}

#[test]
fn the_key_is_on_stdout_only() {
    let folder = folder();
    let server = Server::start(ramtape(folder.path()).args(["record", "-vvv"]));
    let key = server.url.split_once("/~").unwrap().1.to_owned();
    let finished = server.stop();
    assert!(!finished.stderr.contains(&key), "{}", finished.stderr);
}

#[test]
fn the_ready_file_holds_the_same_line_for_as_long_as_the_server_runs() {
    let folder = folder();
    let path = file(&folder, "ready");
    std::fs::write(&path, "http://127.0.0.1:1/stale\n").unwrap();
    let server = Server::start(ramtape(folder.path()).args(["record", "--ready-file", "ready"]));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{}\n", server.url));
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!path.exists(), "nobody waits for a server that is gone");
}

#[test]
fn an_interrupt_stops_the_server_cleanly() {
    let folder = folder();
    let server = Server::start(ramtape_with_signals(folder.path()).arg("replay"));
    server.signal("INT");
    assert_eq!(server.wait().code, Some(0));
}

#[test]
fn quiet_prints_nothing_unless_something_is_wrong() {
    let folder = folder();
    let finished = Server::start(ramtape(folder.path()).args(["replay", "-q"])).stop();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
}

#[test]
fn json_lines_are_json() {
    let folder = folder();
    let server = Server::start(ramtape(folder.path()).args(["replay", "-vv", "--log-format", "json"]));
    let finished = server.stop();
    assert!(!finished.stderr.is_empty());
    for line in finished.stderr.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
    let last: serde_json::Value = serde_json::from_str(finished.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(last["summary"]["replayed"], 0, "{last}");
}

#[test]
fn a_port_in_use_is_reported() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = run(folder.path(), &["replay", "--listen", &address]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stdout.is_empty() && finished.stderr.contains(&address), "{finished:?}");
}

#[test]
fn a_ready_file_that_cannot_be_written_ends_the_server() {
    let folder = folder();
    let finished = run(folder.path(), &["replay", "--ready-file", "no/such/folder/ready"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stdout.is_empty() && finished.stderr.contains("no/such/folder/ready"), "{finished:?}");
}
