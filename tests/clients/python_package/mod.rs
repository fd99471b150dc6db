//! The Python package, installed from its wheel into a fresh virtual environment outside of the checkout: the pytest plugin, the
//! context manager, and what happens where something is wrong.

mod accidents;
mod plugin;
mod versions;
mod without_pytest;

use crate::support::clients::{Call, Finished, source};
use crate::support::endpoint::Endpoint;
use crate::support::python_package::Venv;
use ramtape::simulator::Credential;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const REGION: &str = "us-east-1";

/// A folder with tests, and an environment to run them in.
pub(super) struct Suite {
    pub(super) folder: TempDir,
    pub(super) venv: Venv,
}

impl Suite {
    /// The suite in `pinned/pytest/suite`.
    pub(super) fn whole() -> Option<Self> {
        let suite = Self::with_packages()?;
        copy(&source("pytest/suite"), suite.folder.path());
        Some(suite)
    }

    /// A single file of tests.
    pub(super) fn of(tests: &str) -> Option<Self> {
        let suite = Self::with_packages()?;
        suite.write("pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\nramtape_cassette_dir = cassettes\n");
        suite.write("test_it.py", tests);
        Some(suite)
    }

    fn with_packages() -> Option<Self> {
        Some(Self { venv: Venv::new()?, folder: tempfile::tempdir().unwrap() })
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// `python` in the suite's folder, with what a program finds that was not led anywhere.
    pub(super) fn python(&self) -> Call {
        self.venv.python().region(REGION).folder(self.folder.path())
    }

    pub(super) fn pytest(&self, options: &str) -> Call {
        self.python().args(["-m", "pytest"]).args(options.split_whitespace())
    }

    /// Runs the tests with an account to record from.
    pub(super) fn record(&self, options: &str) -> Finished {
        let endpoint = Endpoint::start();
        let finished = recording(self.pytest(options), &endpoint).finish();
        endpoint.stop();
        finished
    }

    /// Runs them without.
    pub(super) fn replay(&self, options: &str) -> Finished {
        self.pytest(options).finish()
    }

    /// What is recorded in a cassette of the suite, as `ramtape show` prints it.
    pub(super) fn recorded(&self, cassette: &str) -> String {
        let call = Call::new(self.venv.program("ramtape")).folder(self.folder.path());
        let shown = call.args(["show", "*", "--json", "--cassette", &format!("cassettes/{cassette}")]).finish();
        String::from_utf8(shown.stdout).unwrap()
    }

    /// The processes that have the suite's folder in their command line.
    pub(super) fn processes(&self) -> Vec<String> {
        let folder = self.folder.path().to_str().unwrap();
        let processes = fs::read_dir("/proc").unwrap().filter_map(|process| {
            let line = fs::read_to_string(process.ok()?.path().join("cmdline")).ok()?;
            line.contains(folder).then(|| line.replace('\0', " "))
        });
        processes.collect()
    }
}

/// `call` with an account at `endpoint`.
pub(super) fn recording(call: Call, endpoint: &Endpoint) -> Call {
    let owner = Credential::owner();
    call.credentials(&owner.access_key_id, &owner.secret).env("RAMTAPE_UPSTREAM", endpoint.url())
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Waits until something is so.
pub(super) fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_there() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What pytest printed on stdout.
pub(super) fn printed(finished: &Finished) -> &str {
    std::str::from_utf8(&finished.stdout).unwrap()
}

#[track_caller]
pub(super) fn assert_printed(finished: &Finished, parts: &[&str]) {
    for part in parts {
        assert!(printed(finished).contains(part), "{part:?} is not in {finished}");
    }
}
