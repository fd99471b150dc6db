//! A recorder killed at random moments, 200 times: whole answers, listings, half-read listings and writes, some of them
//! becoming text meanwhile. Whatever it acknowledged is there afterwards.

use crate::support::alone::test_path;
use crate::support::cassette::{FOLDER, Plain, RECORD, REPLAY, answer, bodies, head, listed, partial, try_open, whole};
use ramtape::cassette::{Notice, TakeHead};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

const ROOT: &str = "RAMTAPE_TEST_KILLED_ROOT";
const FIRST: &str = "RAMTAPE_TEST_KILLED_FIRST";

const ROUNDS: u64 = 200;
/// After so many rounds what was recorded becomes text, and is read from that alone.
const ROUNDS_A_CASSETTE: u64 = 10;

/// By request: how many of its pages were acknowledged.
type Acknowledged = BTreeMap<usize, usize>;

/// Not a test of its own: what the child does until it is killed.
#[test]
fn child_records_until_it_is_killed() {
    let (Ok(root), Ok(first)) = (std::env::var(ROOT), std::env::var(FIRST)) else { return };
    let cassette = try_open(Path::new(&root), RECORD).unwrap().cassette;
    for n in first.parse::<usize>().unwrap().. {
        record_request(&cassette, n);
    }
}

/// Records request `n`, and says so after each page.
fn record_request(cassette: &Plain, n: usize) {
    let acknowledge = |pages: usize| println!("\nacknowledged {n} {pages}");
    let (head, fingerprint) = (head(n), head(n).fingerprint());
    match n % 4 {
        0 => {
            cassette.begin(&head, &whole(), vec![answer(&n.to_string())], None).unwrap();
            acknowledge(1);
        }
        1 | 2 => {
            let take = cassette.begin(&head, &partial(), vec![listed(0)], None).unwrap();
            acknowledge(1);
            cassette.append(take, listed(1), false, None).unwrap();
            acknowledge(2);
            if n % 4 == 1 {
                cassette.append(take, answer("\"end\""), true, None).unwrap();
                acknowledge(3);
            }
        }
        _ => {
            let write = TakeHead { id: Some(format!("{FOLDER}/{fingerprint}#1")), ..whole() };
            cassette.begin(&head, &write, vec![answer(&n.to_string())], None).unwrap();
            acknowledge(1);
        }
    }
    if n % 8 < 4 {
        cassette.seal_soon(FOLDER, &fingerprint);
    }
}

/// The pages that [`record_request`] records for request `n`, as [`bodies`] gives them.
fn pages_of(n: usize) -> Vec<String> {
    let listed = |page: u32| format!("{{\"items\":[{page}],\"nextToken\":Token({})}}", page + 1);
    match n % 4 {
        1 => vec![listed(0), listed(1), "\"end\"".to_owned()],
        2 => vec![listed(0), listed(1)],
        _ => vec![n.to_string()],
    }
}

/// Starts a recorder, kills it after about `lines` acknowledgements and `pause`, and notes what it has acknowledged.
fn record_and_kill(root: &Path, first: usize, lines: usize, pause: Duration, acknowledged: &mut Acknowledged) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test_path(module_path!(), "child_records_until_it_is_killed"), "--nocapture"])
        .env(ROOT, root)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut heard = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let mut words = line.split(' ');
        // The last line may be half of one.
        if let (Some("acknowledged"), Some(Ok(n)), Some(Ok(pages))) =
            (words.next(), words.next().map(str::parse), words.next().map(str::parse))
        {
            acknowledged.insert(n, pages);
            heard += 1;
        }
        if heard == lines {
            std::thread::sleep(pause);
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(heard >= lines, "{heard} of {lines}");
}

fn check(cassette: &Plain, acknowledged: &Acknowledged, place: &str) {
    for (n, pages) in acknowledged {
        let recorded = bodies(cassette, *n);
        assert_eq!(recorded.len(), 1, "{place}: request {n}: {recorded:?}");
        let all = pages_of(*n);
        let is_there = (*pages..=all.len()).any(|count| recorded[0] == all[..count].join("|"));
        assert!(is_there, "{place}: request {n}: {pages} acknowledged, there is {recorded:?}");
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_200_kills() {
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    println!("seed {seed}");
    let mut state = seed | 1;
    let mut random = |below: u64| {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for cassette in 0..ROUNDS / ROUNDS_A_CASSETTE {
        let (folder, mut acknowledged) = (tempfile::tempdir().unwrap(), Acknowledged::new());
        for round in 0..ROUNDS_A_CASSETTE {
            let place = format!("seed {seed}, cassette {cassette}, round {round}");
            let first = acknowledged.keys().next_back().map_or(0, |n| n + 2);
            let (lines, pause) = (random(40) as usize + 1, Duration::from_micros(random(3000)));
            record_and_kill(folder.path(), first, lines, pause, &mut acknowledged);
            let replay = try_open(folder.path(), REPLAY).unwrap();
            assert!(!replay.notices.iter().any(Notice::is_loss), "{place}: {:?}", replay.notices);
            check(&replay.cassette, &acknowledged, &place);
        }
        let recording = try_open(folder.path(), RECORD).unwrap();
        assert_eq!(recording.sealed.failed, []);
        drop(recording);
        fs::remove_dir_all(folder.path().join(".store")).unwrap();
        check(&try_open(folder.path(), REPLAY).unwrap().cassette, &acknowledged, "from text alone");
    }
}
