//! The commands at work: recorded from the simulated endpoint, replayed without it, missed, interrupted.

use crate::support::binary::{Finished, Server, file, folder, ramtape, run};
use crate::support::ctrf;
use crate::support::endpoint::{Endpoint, post, with_keys};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const LISTING: &str = "{\"resourceOwner\":\"SELF\"}";
const OTHER: &str = "{\"resourceOwner\":\"OTHER-ACCOUNTS\"}";

/// Records the listing in `folder` with `ramtape record` and gives its body.
fn recorded(folder: &Path) -> String {
    let endpoint = Endpoint::start();
    let server = Server::start(with_keys(folder).args(["record", "--upstream", &endpoint.url()]));
    let (status, body) = post(&server.url, "/getresourceshares", LISTING);
    assert_eq!(status, 200, "{body}");
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("0 replayed, 1 recorded, 0 missed; 1 upstream connection"), "{finished:?}");
    endpoint.stop();
    body
}

/// `ramtape run` over a CMD that says where its proxy is and waits for stdin to close.
struct Run {
    child: Child,
    url: String,
}

impl Run {
    fn start(command: &mut Command, code: u8) -> Self {
        let script = format!("echo \"$AWS_ENDPOINT_URL_RAM\"; cat >/dev/null; exit {code}");
        command.args(["--", "sh", "-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim_end().to_owned() }
    }

    fn finish(mut self) -> Finished {
        drop(self.child.stdin.take());
        Finished::from(self.child.wait_with_output().unwrap())
    }
}

#[test]
fn what_was_recorded_is_replayed_without_upstream_or_keys() {
    let folder = folder();
    let body = recorded(folder.path());
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    assert_eq!(post(&server.url, "/getresourceshares", LISTING), (200, body));
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("1 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{finished:?}");
}

#[test]
fn a_servers_miss_is_printed_reported_annotated_and_sets_the_exit_code() {
    let folder = folder();
    recorded(folder.path());
    let mut command = ramtape(folder.path());
    let reports = [["junit", "misses.xml"], ["json", "misses.json"], ["ctrf", "misses.ctrf.json"]];
    command.arg("replay").args(reports.iter().flat_map(|[format, file]| ["--report", format, file]));
    let server = Server::start(command.env("GITHUB_ACTIONS", "true"));
    assert_eq!(post(&server.url, "/getresourceshares", OTHER).0, 400);
    assert_eq!(post(&server.url, "/getresourceshares", OTHER).0, 400);
    let finished = server.stop();
    assert_eq!(finished.code, Some(3), "{finished:?}");
    for part in ["miss: GetResourceShares", "OTHER-ACCOUNTS", "2 missed", "::error title=ramtape miss%3A GetResource"] {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
    assert_eq!(finished.stderr.matches("miss: GetResourceShares").count(), 1, "told once: {}", finished.stderr);
    let junit = std::fs::read_to_string(file(&folder, "misses.xml")).unwrap();
    assert!(junit.contains("<failure") && junit.contains("GetResourceShares"), "{junit}");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(file(&folder, "misses.json")).unwrap()).unwrap();
    assert_eq!(json["missed"], 2);
    let results = &ctrf::read(&file(&folder, "misses.ctrf.json"))["results"];
    assert_eq!((&results["summary"]["tests"], &results["summary"]["failed"]), (&2.into(), &2.into()), "{results}");
    let test = &results["tests"][0];
    assert!(test["name"].as_str().unwrap().starts_with("GetResourceShares "), "{test}");
    assert!(test["trace"].as_str().unwrap().contains("OTHER-ACCOUNTS"), "{test}");
}

#[test]
fn a_miss_that_cmd_ignored_sets_the_exit_code_after_cmds_own() {
    let folder = folder();
    recorded(folder.path());
    for (cmds, ours) in [(0, 3), (9, 9)] {
        let run = Run::start(ramtape(folder.path()).args(["run", "--record-mode", "none"]), cmds);
        assert_eq!(post(&run.url, "/getresourceshares", OTHER).0, 400);
        let finished = run.finish();
        assert_eq!(finished.code, Some(ours), "{finished:?}");
        assert!(finished.stderr.contains("miss: GetResourceShares"), "{finished:?}");
    }
}

#[test]
fn run_records_once_and_then_replays() {
    let folder = folder();
    let endpoint = Endpoint::start();
    let run = Run::start(with_keys(folder.path()).args(["run", "--upstream", &endpoint.url()]), 0);
    let (status, body) = post(&run.url, "/getresourceshares", LISTING);
    assert_eq!(status, 200, "{body}");
    let finished = run.finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("1 recorded"), "{finished:?}");
    endpoint.stop();

    let run = Run::start(ramtape(folder.path()).arg("run"), 0);
    assert!(!run.url.contains('~'), "nothing is left to ask upstream for: {}", run.url);
    assert_eq!(post(&run.url, "/getresourceshares", LISTING), (200, body));
    let finished = run.finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("1 replayed") && !finished.stderr.contains("sent nothing"), "{finished:?}");
}

#[test]
fn a_cmd_that_fails_under_once_gets_the_command_that_continues() {
    let folder = folder();
    let endpoint = Endpoint::start();
    let run = Run::start(with_keys(folder.path()).args(["run", "--upstream", &endpoint.url()]), 1);
    assert_eq!(post(&run.url, "/getresourceshares", LISTING).0, 200);
    let finished = run.finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for part in ["failed with code 1 while recording", "1 answer that was recorded is kept", "new_episodes"] {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
    let run = Run::start(
        with_keys(folder.path()).args(["run", "--record-mode", "new_episodes", "--upstream", &endpoint.url()]),
        0,
    );
    assert_eq!(post(&run.url, "/getresourceshares", LISTING).0, 200);
    assert_eq!(post(&run.url, "/getresourceshares", OTHER).0, 200);
    let finished = run.finish();
    assert!(finished.stderr.contains("1 replayed, 1 recorded"), "{finished:?}");
    endpoint.stop();
}

#[test]
fn on_replay_cmd_is_in_the_recorded_region() {
    let folder = folder();
    let endpoint = Endpoint::start();
    let mut command = with_keys(folder.path());
    command.args(["record", "--upstream", &endpoint.url()]).env("RAMTAPE_REGION", "eu-west-1");
    let server = Server::start(&mut command);
    assert_eq!(post(&server.url, "/getresourceshares", LISTING).0, 200);
    assert_eq!(server.stop().code, Some(0));
    let mut command = ramtape(folder.path());
    command.args(["run", "--", "sh", "-c", "echo $AWS_REGION $AWS_DEFAULT_REGION"]).env("AWS_REGION", "us-west-2");
    assert_eq!(Finished::from(command.output().unwrap()).stdout, "eu-west-1 eu-west-1\n");
    endpoint.stop();
}

#[test]
fn a_killed_recording_is_listed_replayed_and_sealed() {
    let folder = folder();
    let endpoint = Endpoint::start();
    let server = Server::start(with_keys(folder.path()).args(["record", "--upstream", &endpoint.url()]));
    let (_, body) = post(&server.url, "/getresourceshares", LISTING);
    server.kill();
    endpoint.stop();
    let listed = run(folder.path(), &["ls"]);
    assert!(listed.stdout.starts_with("GetResourceShares"), "{listed:?}");
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    assert_eq!(post(&server.url, "/getresourceshares", LISTING), (200, body));
    assert!(server.stop().stderr.contains("ramtape seal"));
    assert_eq!(run(folder.path(), &["seal"]).code, Some(0));
    assert_eq!(run(folder.path(), &["ls"]).stderr, "");
}

#[test]
fn a_second_signal_ends_a_server_that_still_waits_for_upstream() {
    let folder = folder();
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    let mut server = Server::start(with_keys(folder.path()).args(["record", "--upstream", &url]));
    let base_url = server.url.clone();
    let asking = std::thread::spawn(move || {
        let rest = base_url.strip_prefix("http://").unwrap();
        let (authority, prefix) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        write!(stream, "POST /{prefix}/getresourceshares HTTP/1.1\r\nHost: {authority}\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    // The request has reached upstream, which never answers.
    let held = upstream.accept().unwrap();
    server.signal("TERM");
    // The first signal was taken note of: nobody listens any more.
    while TcpStream::connect(server.authority()).is_ok() {}
    // At once it counts as the same signal, sent to a process and to its group; later it is another one.
    while server.is_running() {
        server.signal("TERM");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let finished = server.wait();
    assert_eq!(finished.code, Some(128 + 15), "{finished:?}");
    assert!(finished.stderr.contains("stopped immediately"), "{finished:?}");
    drop(held);
    asking.join().unwrap();
}

#[test]
fn a_damaged_cassette_ends_the_start_with_5() {
    let folder = folder();
    recorded(folder.path());
    std::fs::write(file(&folder, "cassettes/default/cassette.json"), "{}").unwrap();
    for arguments in [&["replay"][..], &["run", "--", "true"]] {
        let finished = run(folder.path(), arguments);
        assert_eq!(finished.code, Some(5), "{finished:?}");
        assert!(finished.stderr.contains("cassette.json"), "{finished:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_sealed_is_reported_and_sets_the_exit_code() {
    let folder = folder();
    let endpoint = Endpoint::start();
    std::fs::create_dir_all(file(&folder, "cassettes/default")).unwrap();
    let server = Server::start(with_keys(folder.path()).args(["record", "--upstream", &endpoint.url()]));
    // In the way of the operation's folder.
    std::fs::write(file(&folder, "cassettes/default/get-resource-shares"), "").unwrap();
    let (status, body) = post(&server.url, "/getresourceshares", LISTING);
    assert_eq!(status, 200, "the client gets its answer: {body}");
    let finished = server.stop();
    assert_eq!(finished.code, Some(6), "{finished:?}");
    assert!(finished.stderr.contains("get-resource-shares"), "{finished:?}");

    std::fs::remove_file(file(&folder, "cassettes/default/get-resource-shares")).unwrap();
    assert_eq!(run(folder.path(), &["seal"]).code, Some(0));
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    assert_eq!(post(&server.url, "/getresourceshares", LISTING), (200, body));
    endpoint.stop();
}
