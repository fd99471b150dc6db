//! Stores that misbehave, and disks.

use super::checkout::Checkout;
use crate::support::object_server::{Fault, ObjectServer};
use std::process::Command;

#[test]
fn what_is_not_what_the_lock_names_is_refused_and_the_next_pull_goes_on() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    for (faults, part) in [
        (vec![Fault::Flip], "its content has another digest"),
        (vec![Fault::Half], "is damaged: it has"),
        (vec![Fault::Status(404, "NoSuchKey")], "`ramtape push --all` in a checkout that has the file"),
        (vec![Fault::Status(403, "AccessDenied")], "denies access: AccessDenied: This is what the store says"),
        (vec![Fault::Status(404, "NoSuchBucket")], "create the bucket"),
        (vec![Fault::Status(301, "PermanentRedirect")], "is in another region: set `region` in [remote]"),
    ] {
        let clone = first.clone_repository();
        server.fail("GET", faults);
        let pull = clone.ramtape(&["pull"]);
        assert_eq!(pull.code, Some(1), "{pull:?}");
        assert!(pull.stderr.contains(part), "{part}: {pull:?}");
        assert!(!pull.stderr.contains("not-a-secret"), "{pull:?}");
        // Whatever came is right.
        let files = first.files();
        assert!(clone.files().iter().all(|(name, bytes)| files[name] == *bytes));
        clone.ramtape(&["pull"]).success();
        assert_eq!(clone.files(), files);
    }
}

#[test]
fn what_breaks_off_or_is_throttled_is_asked_for_again() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let slow_down = || Fault::Status(503, "SlowDown");
    server.fail("GET", [Fault::Truncate, slow_down(), slow_down(), Fault::Truncate]);
    let clone = first.clone_repository();
    clone.ramtape(&["pull"]).success();
    assert_eq!(clone.files(), first.files());
    server.fail("PUT", [slow_down(), slow_down()]);
    first.add_take("later");
    first.ramtape(&["push"]).success();
    assert!(first.status().is_empty());
}

#[test]
fn a_half_pulled_cassette_is_not_replayed() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let clone = first.clone_repository();
    clone.ramtape(&["pull"]).success();
    for session in ["a", "b"] {
        first.add_take(session);
    }
    first.edit("list-resource-types/3dom434vbyhusszh.json", "\"takes\": [", "\"takes\":  [");
    first.ramtape(&["push"]).success();
    first.commit("two");
    clone.git(&["pull", "-q"]);
    // The first file comes, the second does not.
    server.fail("GET", [Fault::Wait(std::time::Duration::ZERO), Fault::Status(403, "AccessDenied")]);
    let pull = clone.command(&["pull"]).env("RAMTAPE_REMOTE_CONNECTIONS", "1").output().unwrap();
    assert_eq!(pull.status.code(), Some(1), "{pull:?}");
    for refused in [&["replay"][..], &["ls"], &["serve", "--record-mode", "once"]] {
        let told = clone.ramtape(refused);
        assert_eq!(told.code, Some(5), "{told:?}");
        assert!(told.stderr.contains("a pull into the cassette") && told.stderr.contains("`ramtape pull`"), "{told:?}");
    }
    let run = clone.ramtape(&["run", "--", "true"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(clone.files(), first.files());
}

#[test]
fn an_unreachable_store_leaves_what_is_here_of_use() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let clone = first.clone_repository();
    clone.ramtape(&["pull"]).success();
    first.add_take("later");
    first.ramtape(&["push"]).success();
    first.commit("two");
    clone.git(&["pull", "-q"]);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let toml = format!("[remote]\nurl = \"s3://takes/team\"\nendpoint = \"http://{nobody}\"\n");
    std::fs::write(clone.path("ramtape.toml"), toml).unwrap();
    let run = clone.ramtape(&["run", "--", "true"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("cannot be reached") && run.stderr.contains("`endpoint` in [remote]"), "{run:?}");
    assert_eq!(clone.ramtape(&["ls"]).code, Some(0), "nothing was touched");
}

#[test]
fn an_interrupted_push_goes_on_where_it_was() {
    let server = ObjectServer::start();
    let checkout = Checkout::new(&server);
    for number in 0..110 {
        checkout.add_entry(number);
    }
    let fine = || Fault::Wait(std::time::Duration::ZERO);
    server.fail("PUT", std::iter::repeat_with(fine).take(60).chain([Fault::Status(403, "AccessDenied")]));
    let push = checkout.ramtape(&["push"]);
    assert_eq!(push.code, Some(1), "{push:?}");
    assert!(!checkout.path("cassettes.lock").exists());
    server.state().modified = Some(time_now());
    let there = server.state().objects.len();
    assert!(there >= 60, "{there}");
    server.take_requests();
    checkout.ramtape(&["push"]).success();
    let puts = server.take_requests().iter().filter(|request| request.starts_with("PUT")).count();
    assert_eq!(puts + there, 115);
    assert!(checkout.status().is_empty());
}

/// The time now, as a listing says it.
fn time_now() -> &'static str {
    let now = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.000Z"]).output().unwrap();
    String::from_utf8(now.stdout).unwrap().trim().to_owned().leak()
}

#[test]
fn a_full_disk_is_told_and_nothing_half_is_left() {
    let server = ObjectServer::start();
    let first = Checkout::pushed(&server);
    let clone = first.clone_repository();
    let cassette = clone.cassette();
    std::fs::create_dir_all(&cassette).unwrap();
    // Room for some of the files.
    let script = format!(
        "mount -t tmpfs -o size=16k none {0} && {1} pull; code=$?; find {0} -name '*.json' -empty; df {0} >/dev/null; exit $code",
        cassette.display(),
        env!("CARGO_BIN_EXE_ramtape")
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    let like = clone.command(&[]);
    command
        .env_clear()
        .envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(clone.path(""));
    let done = command.output();
    let Ok(done) = done.map(crate::support::binary::Finished::from) else {
        assert!(std::env::var_os("CI").is_none(), "unshare is not installed");
        return eprintln!("skipped: unshare is not installed");
    };
    if done.stderr.contains("unshare:") || done.stderr.contains("mount:") {
        return eprintln!("skipped: no mount namespace: {}", done.stderr);
    }
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("No space left on device"), "{done:?}");
    assert_eq!(done.stdout, "", "an empty file was left");
}
