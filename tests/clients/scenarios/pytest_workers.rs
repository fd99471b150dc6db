//! pytest with four workers and a session per test: one cassette, any distribution, any order.

use std::path::Path;

use ramtape::simulator::{Credential, SimulatorSettings};

use crate::support::clients::{Call, python, source};
use crate::support::principals::{configure, texts};
use crate::support::scene::{Endpoint, Tape, as_owner, recording, stop_offline};

const NAMES_ARE_RANDOM: &str = "[operations.CreateResourceShare]\nvolatile = [\"name\"]\n";
const TESTS: usize = 18;

/// Runs the suite with these options; all of its tests must pass.
fn suite(python: &Path, url: &str, options: &[&str]) {
    let folder = source("python/scenarios/suite");
    let call = Call::new(python).args(["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"]);
    let call = call.args(["--rootdir".into(), folder.clone(), folder]).args(options);
    let finished = as_owner(call).env("RAMTAPE_URL", url).finish().success();
    let stdout = String::from_utf8_lossy(&finished.stdout);
    assert!(stdout.contains(&format!("{TESTS} passed in ")), "{finished}");
    let workers = stdout.contains(&format!("4 workers [{TESTS} items]"));
    assert_eq!(workers, options.starts_with(&["-n", "4"]), "{finished}");
}

#[test]
fn tests_in_parallel_replay_in_any_distribution_and_order() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) =
        (Endpoint::with(SimulatorSettings { settling_reads: 2, ..SimulatorSettings::default() }), Tape::new());
    configure(&tape, NAMES_ARE_RANDOM);
    let recorder = recording(&tape, "serve --record-mode once", &endpoint.url(), &Credential::owner());
    suite(&python, &recorder.url, &["-n", "4"]);
    let recorded = recorder.stop();
    assert_eq!(recorded.code, Some(0), "{recorded:?}");
    endpoint.stop();
    // Who lists all shares sees other tests' names; what was made up for a creation is in no file of these.
    let created = |(file, _): &(String, String)| file.starts_with("create-resource-share/");
    let created: Vec<String> = texts(&tape).into_iter().filter(created).map(|(_, text)| text).collect();
    assert!(!created.is_empty() && created.iter().all(|text| !text.contains("\"share-")), "{created:?}");

    let colleague = tape.text_alone();
    configure(&colleague, NAMES_ARE_RANDOM);
    for options in [
        ["-n", "4", "--dist", "load"].as_slice(),
        &["-n", "4", "--dist", "loadfile"],
        &["-n", "4", "--dist", "worksteal"],
        &["-n", "0", "--backwards"],
    ] {
        let server = colleague.replay_server();
        suite(&python, &server.url, options);
        stop_offline(server);
    }
}
