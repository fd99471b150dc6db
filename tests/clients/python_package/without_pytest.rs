//! The context manager: unittest, scripts, and the types.

use super::{Suite, assert_printed, recording, wait_for};
use crate::support::clients::Call;
use crate::support::endpoint::Endpoint;

const UNITTEST: &str = r#"
import os
import unittest

import boto3
import ramtape


class TestShares(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tape = ramtape.use_cassette("cassettes/unittest").start()
        cls.addClassCleanup(cls.tape.stop)
        cls.ram = boto3.client("ram")

    def setUp(self):
        session = self.tape.in_session(self.id())
        session.__enter__()
        self.addCleanup(session.__exit__, None, None, None)

    def test_one(self):
        name = self.tape.variable("NAME", f"one-{os.getpid()}")
        self.assertEqual(self.ram.create_resource_share(name=name)["resourceShare"]["name"], name)

    def test_two(self):
        self.assertEqual(self.ram.get_resource_shares(resourceOwner="SELF", name="two")["resourceShares"], [])
"#;

#[test]
fn unittest_records_and_replays() {
    let Some(suite) = Suite::of("") else { return };
    suite.write("test_shares.py", UNITTEST);
    let tests = suite.python().args(["-m", "unittest", "test_shares"]);
    let endpoint = Endpoint::start();
    recording(tests.clone(), &endpoint).finish().success();
    endpoint.stop();
    tests.finish().success();
    let recorded = suite.recorded("unittest");
    for session in ["test_shares.TestShares.test_one", "test_shares.TestShares.test_two"] {
        assert!(recorded.contains(&format!("\"session\":\"{session}\"")), "{recorded}");
    }
    assert_eq!(suite.processes(), [""; 0]);
}

const SCRIPT: &str = r#"
import os
import sys

import boto3
import ramtape

before = dict(os.environ)
try:
    with ramtape.use_cassette("cassettes/script", record_mode=sys.argv[1]) as tape:
        ram = boto3.client("ram")
        assert tape.url in os.environ["AWS_ENDPOINT_URL_RAM"]
        print(len(ram.get_resource_shares(resourceOwner="SELF")["resourceShares"]))
        for name in sys.argv[2:]:
            try:
                with tape.in_session(name):
                    ram.get_resource_shares(resourceOwner="SELF", name=name)
                    if name == "fails":
                        raise KeyError(name)
            except Exception as error:
                print(type(error).__name__)
except ramtape.RamtapeError as error:
    print("RamtapeError:", error)
assert dict(os.environ) == before
"#;

#[test]
fn a_block_is_recorded_and_a_swallowed_miss_raises_at_its_end() {
    let Some(suite) = Suite::of("") else { return };
    suite.write("script.py", SCRIPT);
    let script = |args: &str| suite.python().args(["script.py"]).args(args.split(' '));
    let endpoint = Endpoint::start();
    let recorded = recording(script("once passes fails"), &endpoint).finish().success();
    assert_printed(&recorded, &["\nKeyError\n"]);
    endpoint.stop();
    let replayed = script("none passes").finish().success();
    assert!(!super::printed(&replayed).contains("Error"), "{replayed}");
    let missed = script("none fails").finish().success();
    assert_printed(&missed, &["\nClientError\nRamtapeError: ", "no recorded answer for GetResourceShares", "1 missed"]);
    let refused = script("sometimes").finish().success();
    assert_printed(&refused, &["RamtapeError: ramtape did not start:\nerror: invalid value 'sometimes'"]);
}

const KILLED: &str = r#"
import os

import boto3
import ramtape

ramtape.use_cassette("cassettes/script", record_mode="none").start()
boto3.client("ram").get_resource_shares(resourceOwner="SELF")
os._exit(0)
"#;

#[test]
fn a_program_that_dies_was_no_complete_replay() {
    let Some(suite) = Suite::of("") else { return };
    suite.write("script.py", SCRIPT);
    suite.write("killed.py", KILLED);
    let endpoint = Endpoint::start();
    recording(suite.python().args(["script.py", "once"]), &endpoint).finish().success();
    endpoint.stop();
    let unused = || {
        wait_for("no process is left", || suite.processes().is_empty());
        let prune = ["prune", "--dry-run", "--cassette", "cassettes/script"];
        Call::new(suite.venv.program("ramtape")).folder(suite.folder.path()).args(prune).finish()
    };
    suite.python().args(["killed.py"]).finish().success();
    let refused = unused();
    assert!(refused.stderr.contains("no complete replay"), "{refused}");
    suite.python().args(["script.py", "none"]).finish().success();
    unused().success();
}

#[test]
fn the_binary_is_a_program_and_a_module_and_the_api_is_typed() {
    let Some(suite) = Suite::of("") else { return };
    let version = concat!("ramtape ", env!("CARGO_PKG_VERSION"), "\n");
    let ways = [
        suite.venv.python().args(["-m", "ramtape", "--version"]),
        Call::new(suite.venv.program("ramtape")).args(["--version"]),
    ];
    for way in ways {
        assert_eq!(super::printed(&way.finish().success()), version);
    }
    suite.write(
        "typed.py",
        "import os\nfrom pathlib import Path\nimport pytest\nimport ramtape\n\n\
         def use(cassette: Path) -> str:\n    with ramtape.use_cassette(cassette, services=[\"ram\"]) as tape:\n        \
         return tape.variable(\"NAME\", os.fspath(cassette)) + tape.url\n",
    );
    suite.python().args(["-m", "mypy", "--strict", "--cache-dir", "/dev/null", "typed.py"]).finish().success();
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/python/ramtape");
    suite.python().args(["-m", "mypy", "--strict", "--cache-dir", "/dev/null", package]).finish().success();
    suite.write("typed.py", "import ramtape\nramtape.use_cassette(1)\n");
    let wrong = suite.python().args(["-m", "mypy", "--strict", "--cache-dir", "/dev/null", "typed.py"]).finish();
    assert_printed(&wrong, &["Argument 1 to \"use_cassette\" has incompatible type \"int\""]);
}
