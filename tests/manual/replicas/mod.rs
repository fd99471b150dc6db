//! Replicas behind HAProxy and nginx, with the configurations of the manual: who gets which request, and what a replica's death does.

mod balancer;
mod tape;

use crate::support::endpoint::post;
use balancer::{Fleet, Kind, wait_until};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use tape::{Run, Tape, reset, session, sessions};

const KINDS: [Kind; 2] = [Kind::Haproxy, Kind::Nginx];

/// The replica that has the session.
fn home_of(fleet: &Fleet, name: &str) -> usize {
    let has = |at: &usize| sessions(&fleet.replica_url(*at)).iter().any(|known| known == name);
    let homes: Vec<usize> = fleet.running().into_iter().filter(has).collect();
    let [home] = homes.as_slice() else { panic!("{name} is at {homes:?}") };
    *home
}

#[test]
fn page_tokens_are_good_at_every_replica() {
    use crate::support::binary::{Server, ramtape};
    let tape = Tape::record();
    let copies = [tape.path(), tape.copy("copy")];
    let home = crate::support::binary::folder();
    let start = |at: &std::path::PathBuf| Server::start(ramtape(home.path()).args(["replay", "--cassette"]).arg(at));
    // A second process over the first cassette as well.
    let servers = [start(&copies[0]), start(&copies[0]), start(&copies[1])];
    for first in &servers {
        for then in &servers {
            (1..5).for_each(|size| tape.lists(&first.url, &then.url, size));
        }
    }
}

#[test]
fn a_session_has_one_replica_and_its_reset_gets_there() {
    let tape = Tape::record();
    for fleet in KINDS.into_iter().filter_map(|kind| Fleet::start(kind, &tape.path())) {
        let names: Vec<String> = (0..24).map(|number| format!("test-{number}%5B{number}%5D")).collect();
        for (number, name) in names.iter().enumerate() {
            // What came before is forgotten where it is.
            tape.write(&fleet.url, name, 1 - number % 2);
            assert_eq!(reset(&fleet.url, name).1["reset"], true, "{:?} {name}", fleet.kind);
            assert_eq!(tape.run(&fleet.url, name, number % 2), Run::Right);
        }
        let here = |at: usize| sessions(&fleet.replica_url(at)).len();
        assert_eq!((0..3).map(here).sum::<usize>(), names.len(), "a session is at two replicas");
        assert!((0..3).filter(|at| here(*at) > 0).count() > 1, "all sessions are at one replica");
        // Nobody names a session here: all replicas are asked, and the listing is whole.
        for size in 1..5 {
            (0..8).for_each(|_| tape.lists(&fleet.url, &fleet.url, size));
        }
    }
}

#[test]
fn a_killed_replica_takes_no_listing_and_no_later_run_with_it() {
    let tape = Tape::record();
    for mut fleet in KINDS.into_iter().filter_map(|kind| Fleet::start(kind, &tape.path())) {
        let url = fleet.url.clone();
        tape.run(&url, "probe", 0);
        let victim = home_of(&fleet, "probe");
        let (listings, runs, ended) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        tape.lists(&url, &url, 1);
                        listings.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let (tape, url, runs, ended) = (&tape, &url, &runs, &ended);
            for number in 0..4 {
                scope.spawn(move || {
                    while !ended.load(Ordering::Relaxed) {
                        // What becomes of a run that is torn is another test's matter.
                        tape.run(url, &format!("under-load-{number}"), number % 2);
                        runs.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let more = |what: &AtomicUsize, count: usize| {
                let goal = what.load(Ordering::Relaxed) + count;
                wait_until("the load goes on", || what.load(Ordering::Relaxed) >= goal);
            };
            let guard = EndsLoad(ended);
            more(&listings, 20);
            more(runs, 20);
            fleet.kill(victim);
            more(&listings, 40);
            more(runs, 40);
            fleet.restart(victim);
            more(&listings, 40);
            more(runs, 40);
            fleet.stop_replica(victim);
            more(&listings, 40);
            more(runs, 40);
            drop(guard);
        });
        for number in 0..12 {
            assert_eq!(tape.run(&url, &format!("later-{number}"), number % 2), Run::Right, "{:?}", fleet.kind);
        }
        assert_eq!(tape.run(&url, "probe", 1), Run::Right);
        fleet.restart(victim);
        // Until a session is there again that no replica had before.
        let mut number = 0;
        wait_until("the replica is asked again", || {
            number += 1;
            tape.run(&url, &format!("new-{number}"), number % 2);
            !sessions(&fleet.replica_url(victim)).is_empty()
        });
        for name in ["probe", "later-1", "later-2", "later-3", "new-1"] {
            assert_eq!(tape.run(&url, name, 0), Run::Right, "{:?} {name}", fleet.kind);
            assert_eq!(tape.run(&url, name, 1), Run::Right, "{:?} {name}", fleet.kind);
        }
    }
}

/// Ends the load, where a test fails too.
struct EndsLoad<'a>(&'a AtomicBool);

impl Drop for EndsLoad<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The manual says so: a process knows nothing of what was written at another, and the counts of the session tell.
#[test]
fn a_run_that_a_death_tore_in_two_shows_in_its_counts() {
    let tape = Tape::record();
    for mut fleet in KINDS.into_iter().filter_map(|kind| Fleet::start(kind, &tape.path())) {
        assert_eq!(tape.run(&fleet.url, "torn", 0), Run::Right);
        let whole = session(&fleet.url, "torn");
        assert_eq!((&whole["requests"], &whole["writes"]), (&2.into(), &1.into()), "{whole}");
        assert_eq!(reset(&fleet.url, "torn").0, 200);
        tape.write(&fleet.url, "torn", 0);
        let home = home_of(&fleet, "torn");
        fleet.kill(home);
        let after = tape.read(&fleet.url, "torn", 0);
        assert!(matches!(after, Run::Wrong(_)), "{:?}: the manual can promise more", fleet.kind);
        assert_eq!(session(&fleet.url, "torn")["writes"], 0);
        assert_eq!(tape.run(&fleet.url, "torn", 0), Run::Right);
        if fleet.kind == Kind::Haproxy {
            // The replica's return tears nothing: its table holds the session where it is.
            tape.write(&fleet.url, "torn", 0);
            fleet.restart(home);
            let mut number = 0;
            wait_until("the replica is asked again", || {
                number += 1;
                tape.run(&fleet.url, &format!("new-{number}"), 1);
                !sessions(&fleet.replica_url(home)).is_empty()
            });
            assert_eq!(tape.read(&fleet.url, "torn", 0), Run::Right);
        }
    }
}

#[test]
fn the_host_of_the_balancer_reaches_the_replicas() {
    let tape = Tape::record();
    for fleet in KINDS.into_iter().filter_map(|kind| Fleet::start(kind, &tape.path())) {
        let ask = |extra: &str, path: &str| balancer::raw(&fleet.url, &format!("POST {path} HTTP/1.1\r\n{extra}"));
        let answer = ask("Host: replay.example.com\r\nContent-Length: 0\r\n\r\n", "/_ramtape/sessions/a/reset");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{:?}: {answer}", fleet.kind);
        // By header and by application id, the first before the second, to where the admin path goes.
        for (name, headers) in [
            ("by-header", "x-ramtape-session: by-header\r\nUser-Agent: Boto3/1.43 app/other md/x\r\n"),
            ("by-agent", "User-Agent: Boto3/1.43 app/by-agent md/x\r\n"),
        ] {
            let list = r#"{"resourceOwner":"SELF"}"#;
            let head = format!(
                "Host: replay.example.com\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{list}",
                list.len()
            );
            for _ in 0..6 {
                let answer = ask(&head, "/getresourceshares");
                assert!(answer.starts_with("HTTP/1.1 200 "), "{:?}: {answer}", fleet.kind);
            }
            home_of(&fleet, name);
            assert_eq!(session(&fleet.url, name)["requests"], 6, "{:?} {name}", fleet.kind);
        }
        assert_eq!(post(&fleet.url, "/getresourceshares", "{}").0, 400);
    }
}
