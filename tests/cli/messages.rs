//! What a run says: before it starts, while it runs, at its end; and what to type instead where a line is nearly right.

use crate::support::binary::{Finished, Server, file, folder, ramtape, run};
use crate::support::endpoint::{Endpoint, post, with_keys};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const OWN: &str = "{\"resourceOwner\":\"SELF\"}";
const OTHER: &str = "{\"resourceOwner\":\"OTHER-ACCOUNTS\"}";

/// Records two listings in the default cassette of `folder`; the session `more` has another one of its own.
fn recorded(folder: &Path) {
    let endpoint = Endpoint::start();
    let server = Server::start(with_keys(folder).args(["record", "--upstream", &endpoint.url()]));
    for (session, body) in
        [("", OWN), ("", OTHER), ("/~more", "{\"name\":\"x\",\"resourceOwner\":\"SELF\",\"maxResults\":9}")]
    {
        assert_eq!(post(&format!("{}{session}", server.url), "/getresourceshares", body).0, 200);
    }
    assert_eq!(server.stop().code, Some(0));
    endpoint.stop();
}

fn finished(command: &mut Command) -> Finished {
    Finished::from(command.output().unwrap())
}

#[test]
fn the_reason_of_the_record_mode_is_printed() {
    let folder = folder();
    recorded(folder.path());
    let told = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = with_keys(folder.path());
        command.arg("run").args(arguments).args(["--", "true"]).envs(variables.iter().copied());
        finished(&mut command).stderr
    };
    for (arguments, variables, part) in [
        (&[][..], &[("CI", "true")][..], "replaying cassettes/default (none: CI is set)"),
        (&["--record-mode", "none"], &[("CI", "true")], "replaying cassettes/default (none)"),
        (&[], &[], "replaying cassettes/default (once: it has takes)"),
        (&["--cassette", "new"], &[("CI", "1")], "every request will be a miss (none: CI is set)"),
        (&["--record-mode", "all"], &[], "recording everything again into cassettes/default (all)"),
    ] {
        let told = told(arguments, variables);
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[test]
fn a_line_that_is_nearly_right_says_what_to_type() {
    let folder = folder();
    recorded(folder.path());
    std::fs::create_dir_all(file(&folder, "many")).unwrap();
    std::fs::rename(file(&folder, "cassettes/default"), file(&folder, "many/one")).unwrap();
    for (arguments, code, part) in [
        (&["ls", "many/one"][..], 2, "to choose a cassette use --cassette many/one"),
        (&["show", "many/one"], 2, "to choose a cassette use --cassette many/one"),
        (&["rm", "many/one"], 2, "to choose a cassette use --cassette many/one"),
        (&["replay", "many/one"], 2, "--cassette many/one"),
        (&["replay", "--cassette", "many"], 1, "as in --cassette many/one, or add --cassette-per-session"),
        (&["run", "--record-mode", "all", "--cassette", "many", "--", "true"], 1, "as in --cassette many/one"),
        (&["replay", "--listen", "4599"], 2, "127.0.0.1:4599"),
        (&["run", "--", "aws ram list-resources"], 127, "remove the quotes, as in -- aws ram list-resources"),
        (&["run", "--", "FOO=1", "pytest"], 127, "to set a variable use env: -- env FOO=1"),
    ] {
        let told = run(folder.path(), arguments);
        assert_eq!(told.code, Some(code), "{arguments:?}: {told:?}");
        assert!(told.stderr.contains(part), "{part} in {told:?}");
    }
    // Operations are no folders, wherever the command is given.
    std::fs::create_dir(file(&folder, "GetResourceShares")).unwrap();
    let listed = run(folder.path(), &["ls", "GetResourceShares", "--cassette", "many/one"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
}

#[test]
fn a_server_reports_a_miss_when_it_happens() {
    let folder = folder();
    recorded(folder.path());
    let mut child = ramtape(folder.path()).arg("replay").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    assert_eq!(post(url.trim(), "/listprincipals", OWN).0, 400);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = lines.find(|line| line.as_ref().unwrap().contains("no recorded answer for ListPrincipals"));
    assert!(told.is_some(), "while it still runs");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_nearest_take_is_one_of_the_same_session_if_there_is_any() {
    let folder = folder();
    recorded(folder.path());
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    let asked = "{\"resourceOwner\":\"SELF\",\"resourceShareStatus\":\"ACTIVE\"}";
    // The unnamed session's is nearer; the other session has one of its own.
    for (session, recorded, other) in [("", "+ /resourceShareStatus", "- /name"), ("/~more", "- /name", "nothing")] {
        let (status, body) = post(&format!("{}{session}", server.url), "/getresourceshares", asked);
        assert_eq!(status, 400);
        assert!(body.contains(recorded) && !body.contains(other), "{session}: {body}");
    }
    server.stop();
}

#[test]
fn a_strict_run_fails_if_takes_are_unused_or_nothing_was_sent() {
    let folder = folder();
    let nothing = run(folder.path(), &["run", "--strict", "--record-mode", "all", "--", "true"]);
    assert_eq!(nothing.code, Some(7), "{nothing:?}");
    assert!(nothing.stderr.contains("--strict: nothing was sent through ramtape"), "{nothing:?}");
    recorded(folder.path());
    let replay = |asked: &[(&str, &str)], flags: &[&str]| {
        let server = Server::start(ramtape(folder.path()).arg("replay").args(flags));
        for (session, body) in asked {
            assert_eq!(post(&format!("{}{session}", server.url), "/getresourceshares", body).0, 200);
        }
        server.stop()
    };
    let more = ("/~more", "{\"name\":\"x\",\"resourceOwner\":\"SELF\",\"maxResults\":9}");
    let part = replay(&[("", OWN), more], &["--strict"]);
    assert_eq!(part.code, Some(7), "{part:?}");
    assert!(part.stderr.contains("--strict: 1 recorded request was never used"), "{part:?}");
    assert_eq!(replay(&[("", OWN), more], &[]).code, Some(0));
    assert_eq!(replay(&[("", OWN), ("", OTHER), more], &["--strict"]).code, Some(0));
    // What CMD says comes first, and so does a miss.
    assert_eq!(run(folder.path(), &["run", "--strict", "--", "sh", "-c", "exit 9"]).code, Some(9));
}

#[test]
fn removing_most_of_a_cassette_needs_confirmation() {
    let folder = folder();
    recorded(folder.path());
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    assert_eq!(post(&server.url, "/getresourceshares", OWN).0, 200);
    assert_eq!(server.stop().code, Some(0));
    let takes = || run(folder.path(), &["ls"]).stdout.lines().count();
    let refused = run(folder.path(), &["prune"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("remove 2 takes of 3") && refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(takes(), 3);
    assert_eq!(run(folder.path(), &["prune", "--yes"]).code, Some(0));
    assert_eq!(takes(), 1);
}

#[test]
fn after_recording_everything_prune_is_suggested_for_unused_takes() {
    let folder = folder();
    recorded(folder.path());
    let endpoint = Endpoint::start();
    let again = |bodies: &[&str]| {
        let server = Server::start(with_keys(folder.path()).args(["record", "--upstream", &endpoint.url()]));
        bodies.iter().for_each(|body| assert_eq!(post(&server.url, "/getresourceshares", body).0, 200));
        server.stop().stderr
    };
    let told = again(&[OWN]);
    assert!(told.contains("2 recorded requests are as before") && told.contains("`ramtape prune --cassette"), "{told}");
    endpoint.stop();
}

#[test]
fn a_github_job_summary_gets_a_section() {
    let folder = folder();
    recorded(folder.path());
    let page = file(&folder, "page.md");
    std::fs::write(&page, "# earlier\n").unwrap();
    let server = Server::start(ramtape(folder.path()).arg("replay").env("GITHUB_STEP_SUMMARY", &page));
    assert_eq!(post(&server.url, "/getresourceshares", "{\"resourceOwner\":\"SELF\",\"name\":\"y\"}").0, 400);
    server.stop();
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.starts_with("# earlier\n### ramtape\n\n| replayed |"), "{text}");
    assert!(text.contains("| 0 | 0 | 1 | 0 | 0 | 0 |  |") && text.contains("\n+ /name: \"y\"\n"), "{text}");
    // A page that cannot be written changes nothing.
    let none = finished(ramtape(folder.path()).args(["run", "--", "true"]).env("GITHUB_STEP_SUMMARY", "/none/page"));
    assert!(none.code == Some(0) && none.stderr.contains("/none/page"), "{none:?}");
}
