//! Other processes: this test program, started again to play a part.

use crate::support::alone::test_path;
use crate::support::cassette::{Plain, RECORD, answer, bodies, head, listed, partial, record, try_open};
use ramtape::cassette::{Access, failpoint};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PART: &str = "RAMTAPE_TEST_PART";
const ROOT: &str = "RAMTAPE_TEST_ROOT";

/// What a child does with the cassette at its root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// `replay`, `record` or `all`.
    pub(crate) access: &'static str,
    /// `hold`: open it until stdin ends; `run`: record [`steps`] and seal; `seal`: as that, and seal in between too;
    /// `unsynced`: [`unsynced`].
    pub(crate) plot: &'static str,
    /// Where to die, and at which time of coming there.
    pub(crate) fault: (&'static str, u32),
}

/// Starts a child.
pub(crate) fn start(root: &Path, part: &Part) -> Child {
    let (point, nth) = part.fault;
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test_path(module_path!(), "child_process_steps"), "--nocapture"])
        .env(PART, format!("{} {} {point} {nth}", part.access, part.plot))
        .env(ROOT, root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[cfg(debug_assertions)]
/// Runs a child to its end, and gives the numbers of the steps that it acknowledged and whether it ended well.
pub(crate) fn run(root: &Path, part: &Part) -> (usize, bool) {
    let mut child = start(root, part);
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    let ended = child.wait().unwrap().success();
    let acknowledged = out.lines().filter(|line| line.ends_with("acknowledged")).count();
    (acknowledged, ended)
}

/// Starts a child that holds the cassette open, and waits until it does.
pub(crate) fn hold(root: &Path, access: &'static str) -> Child {
    let mut child = start(root, &Part { access, plot: "hold", fault: ("none", 1) });
    let out = BufReader::new(child.stdout.as_mut().unwrap());
    assert!(out.lines().any(|line| line.unwrap().ends_with("open")));
    child
}

/// The steps of a recording, in order; each is durable when it returns.
pub(crate) fn steps() -> Vec<fn(&Plain, &mut Vec<ramtape::cassette::TakeId>)> {
    vec![
        |cassette, _| {
            record(cassette, 1, "\"one\"");
        },
        |cassette, takes| takes.push(cassette.begin(&head(2), &partial(), vec![listed(0)], None).unwrap()),
        |cassette, _| {
            record(cassette, 1, "\"two\"");
        },
        |cassette, takes| cassette.append(takes[0], listed(1), false, None).unwrap(),
        |cassette, _| {
            record(cassette, 1, "\"one\"");
        },
        |cassette, takes| cassette.append(takes[0], answer("\"end\""), true, None).unwrap(),
        |cassette, _| {
            record(cassette, 3, &"x".repeat(300_000));
        },
    ]
}

/// After which of them no chain is open.
const BETWEEN_CHAINS: [usize; 2] = [0, 5];

/// Not a test of its own: what a child does. Without a part there is nothing to do.
#[test]
fn child_process_steps() {
    let (Ok(part), Ok(root)) = (std::env::var(PART), std::env::var(ROOT)) else { return };
    let words: Vec<_> = part.split(' ').collect();
    let access = match words[0] {
        "replay" => Access::Replay,
        access => Access::Record { replace: access == "all" },
    };
    let cassette = try_open(Path::new(&root), access).unwrap().cassette;
    failpoint::arm(words[2], words[3].parse().unwrap());
    if words[1] == "hold" {
        println!("\nopen");
        let _ = std::io::stdin().read_to_string(&mut String::new());
        return;
    }
    if words[1] == "unsynced" {
        unsynced(cassette, Path::new(&root));
        return;
    }
    let mut takes = Vec::new();
    for (at, step) in steps().into_iter().enumerate() {
        step(&cassette, &mut takes);
        println!("\nacknowledged");
        if words[1] == "seal" && BETWEEN_CHAINS.contains(&at) {
            assert_eq!(cassette.seal().unwrap().failed, []);
        }
    }
    assert_eq!(cassette.seal().unwrap().failed, []);
}

/// Seals while no folder can be synced: files are in their places, and nobody knows whether a power cut would leave them
/// there.
fn unsynced(cassette: Plain, root: &Path) {
    let failed = |cassette: &Plain| cassette.seal().unwrap().failed.len();
    record(&cassette, 1, "\"one\"");
    assert_eq!([failed(&cassette), failed(&cassette)], [1, 1], "it is told as long as it is so");
    failpoint::arm("none", 0);
    assert_eq!(failed(&cassette), 0);
    failpoint::arm(failpoint::FOLDER_UNSYNCED, 0);
    drop(cassette);
    // Nothing is left to be synced.
    let cassette = try_open(root, RECORD).unwrap().cassette;
    record(&cassette, 1, "\"two\"");
    assert_eq!(failed(&cassette), 1);
    record(&cassette, 1, "\"three\"");
    assert_eq!((failed(&cassette), bodies(&cassette, 1).len()), (1, 3));
    drop(cassette);
    assert!(try_open(root, RECORD).is_err(), "the store would forget what is not for sure in a file");
    failpoint::arm("none", 0);
    let again = try_open(root, RECORD).unwrap();
    assert_eq!((again.sealed.failed, again.sealed.sealed.len()), (Vec::new(), 1));
}
