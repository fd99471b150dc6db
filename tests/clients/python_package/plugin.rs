//! Suites under the plugin: without any set-up, in any distribution and order.

use super::{Suite, assert_printed, printed};

#[test]
fn a_suite_replays_in_any_distribution_and_order() {
    let Some(suite) = Suite::whole() else { return };
    let recorded = suite.record("").success();
    assert_printed(&recorded, &["ramtape: recording", " recorded, 0 missed; 1 upstream connection", "18 passed"]);
    assert_eq!(suite.processes(), [""; 0]);
    for options in [
        "",
        "-n 4",
        "-n 2 --dist loadfile",
        "--random-order",
        "-n 2 --random-order --reruns 1",
        "--ramtape=none -p no:randomly --record-mode=none",
    ] {
        let replayed = suite.replay(options).success();
        assert_printed(&replayed, &["18 passed", " replayed, 0 recorded, 0 missed; 0 upstream connections"]);
    }
    // What a test needs of others' fixtures does not depend on who came first.
    for (options, passed) in [("-k fixture", "1 passed"), ("-k parameter", "2 passed"), ("more -k class", "1 passed")] {
        assert_printed(&suite.replay(options).success(), &[passed, " 0 missed; 0 upstream connections"]);
    }
    // Sessions are named after tests and fixtures.
    let recorded = suite.recorded("default");
    for session in ["test_scopes.py--test_same_name", "more-test_scopes.py--test_same_name", "test_scopes.py--share"] {
        assert!(recorded.contains(&format!("\"session\":\"{session}-")), "{session} in {recorded}");
    }
}

#[test]
fn recorded_by_workers_it_replays_in_one_process() {
    let Some(suite) = Suite::whole() else { return };
    // A fixture of the session is made by each worker that needs it: one alone does.
    assert_printed(&suite.record("-n 3 --dist loadfile").success(), &["18 passed", " recorded, 0 missed; "]);
    assert_printed(&suite.replay("").success(), &["18 passed", " 0 missed; 0 upstream connections"]);
}

const FAILING: &str = r#"
import boto3

ram = boto3.client("ram")
attempts = []


def test_passes():
    ram.get_resource_shares(resourceOwner="SELF", name="passes")


def test_fails():
    ram.create_resource_share(name="fails")
    assert False


def test_flaky():
    attempts.append(1)
    ram.create_resource_share(name=f"attempt {len(attempts)}")
    assert len(attempts) == 2
"#;

#[test]
fn a_failing_test_records_nothing_new() {
    let Some(suite) = Suite::of(FAILING) else { return };
    let finished = suite.record("--reruns 1");
    assert_eq!(finished.code, Some(1), "{finished}");
    assert_printed(&finished, &["1 failed, 2 passed", "0 replayed, 2 recorded, 0 missed"]);
    let recorded = suite.recorded("default");
    assert!(recorded.contains("passes") && recorded.contains("attempt 2"), "{recorded}");
    assert!(!recorded.contains("fails") && !recorded.contains("attempt 1"), "{recorded}");
}

const MISSING: &str = r#"
import boto3
import pytest

ram = boto3.client("ram")


@pytest.fixture(scope="module")
def shares():
    return ram.get_resource_shares(resourceOwner="SELF", name="in the fixture")


def test_recorded():
    ram.get_resource_shares(resourceOwner="SELF", name="recorded")


def test_misses():
    ram.get_resource_shares(resourceOwner="SELF", name="missing")


def test_swallows():
    with pytest.raises(Exception):
        ram.get_resource_shares(resourceOwner="SELF", name="swallowed")


def test_fixture(shares):
    pass
"#;

#[test]
fn a_miss_stands_in_the_report_with_its_diff_and_none_is_swallowed() {
    let Some(suite) = Suite::of(MISSING) else { return };
    suite.record("-k recorded").success();
    let missed = suite.pytest("-k missing --tb=no").finish();
    assert_eq!(missed.code, Some(5), "{missed}");
    let missed = suite.pytest("-k misses --tb=short").env("AWS_PROFILE", "dev").finish();
    assert_eq!(missed.code, Some(1), "{missed}");
    assert_printed(
        &missed,
        &[
            "- ramtape: not recorded -",
            "no recorded answer for GetResourceShares {\"name\":\"missing\",\"resourceOwner\":\"SELF\"}",
            "- /name: \"recorded\"\n  + /name: \"missing\"",
            "To record it: AWS_PROFILE=dev pytest --ramtape=new_episodes -k misses --tb=short",
        ],
    );
    for options in ["-k swallows", "-k swallows -n 1"] {
        let swallowed = suite.replay(options);
        assert_eq!(swallowed.code, Some(1), "{swallowed}");
        let told = "test_it.py::test_swallows passed, although a request of it has no recorded answer";
        assert_printed(&swallowed, &["1 passed", told, "name\":\"swallowed"]);
    }
    let fixture = suite.replay("-k fixture --tb=short");
    assert_printed(&fixture, &["1 error", "ramtape: not recorded (in test_it.py::shares)", "name\":\"in the fixture"]);
    // What is missing is recorded, and nothing else.
    suite.record("--ramtape=new_episodes -k misses").success();
    assert_printed(&suite.replay("-k misses --ramtape-unused"), &["1 passed", "would be removed"]);
}

const MARKS: &str = r#"
import os
import time

import boto3
import pytest


def statuses():
    ram = boto3.client("ram")
    arn = ram.create_resource_share(name="waits")["resourceShare"]["resourceShareArn"]
    seen = []
    while "ACTIVE" not in seen:
        seen.append(ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"][0]["status"])
    return seen


@pytest.mark.ramtape(cassette="waits")
def test_recorded(ramtape_cassette):
    assert ramtape_cassette.name == "waits"
    assert len(statuses()) > 1


@pytest.mark.ramtape(cassette="class", services=["ram"])
class TestServices:
    def test_of_the_class(self):
        boto3.client("ram").get_resource_shares(resourceOwner="SELF")
        assert "AWS_ENDPOINT_URL_STS" not in os.environ

    @pytest.mark.ramtape(cassette="test", services=["ram", "sts"], pages="adversarial")
    def test_of_the_test(self):
        boto3.client("ram").get_resource_shares(resourceOwner="SELF")
        assert "AWS_ENDPOINT_URL_STS" in os.environ


@pytest.mark.ramtape(off=True)
def test_off(ramtape, ramtape_cassette):
    assert "AWS_ENDPOINT_URL_RAM" not in os.environ
    assert (ramtape.url, ramtape_cassette, ramtape.variable("NAME", "own")) == (None, None, "own")


@pytest.mark.ramtape(cassete="x")
def test_misspelt():
    pass
"#;

#[test]
fn marks_choose_cassette_services_and_what_is_replayed() {
    let Some(suite) = Suite::of(MARKS) else { return };
    let recorded = suite.record("-k recorded");
    assert_printed(&recorded, &["1 passed"]);
    let rest = suite.record("-n 2 -k not(recorded)");
    assert_printed(&rest, &["3 passed, 1 error", "takes only cassette, off, pages, poll, services, by name"]);
    let listed = |cassette: &str| suite.recorded(cassette).lines().count();
    assert_eq!((listed("waits"), listed("class"), listed("test"), listed("default")), (2, 1, 1, 0));
    assert_printed(&suite.replay("-k recorded").success(), &["1 passed"]);
    suite.write(
        "test_it.py",
        &MARKS.replace("cassette=\"waits\"", "cassette=\"waits\", poll=\"final\"").replace("> 1", "== 1"),
    );
    assert_printed(&suite.replay("-k recorded").success(), &["1 passed"]);
    let refused =
        suite.pytest("-k recorded").under([suite.venv.program("ramtape").as_os_str(), "run".as_ref(), "--".as_ref()]);
    assert_printed(
        &refused.finish(),
        &["this test's mark needs a ramtape of its own", "start pytest without `ramtape run`"],
    );
}

#[test]
fn under_ramtape_run_it_adds_the_sessions() {
    let Some(suite) = Suite::whole() else { return };
    suite.record("").success();
    let run = |options: &str| {
        let ramtape = suite.venv.program("ramtape");
        let run =
            [ramtape.as_os_str(), "run".as_ref(), "--cassette".as_ref(), "cassettes/default".as_ref(), "--".as_ref()];
        suite.pytest(options).under(run).finish()
    };
    let replayed = run("-n 2").success();
    assert!(printed(&replayed).contains("18 passed") && replayed.stderr.contains(" 0 missed;"), "{replayed}");
    let refused = run("--ramtape=all");
    assert!(refused.stderr.contains("leave --ramtape out, or start pytest without `ramtape run`"), "{refused}");
}

#[test]
fn each_test_can_have_a_cassette_and_off_is_off() {
    let Some(suite) = Suite::of(MISSING) else { return };
    suite.write("pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\nramtape_cassette_per_test = true\n");
    suite.record("-k recorded").success();
    // A new test is recorded, and no other.
    assert_printed(
        &suite.record("test_it.py::test_recorded test_it.py::test_misses").success(),
        &["1 replayed, 1 recorded"],
    );
    assert!(!suite.folder.path().join("cassettes/default").exists());
    suite.write(
        "test_it.py",
        "import os\ndef test_it():\n    assert not [name for name in os.environ if 'ENDPOINT' in name]\n",
    );
    let finished = suite.replay("--ramtape=off").success();
    assert!(!printed(&finished).contains("ramtape:"), "{finished}");
}

const OWN_SETTINGS: &str = r#"
import os

import boto3
import pytest

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"


@pytest.fixture(scope="module")
def region():
    os.environ["AWS_REGION"] = "eu-west-1"


def test_of_the_module(region):
    assert boto3.client("ram").meta.region_name == "eu-west-1"
    boto3.client("ram").get_resource_shares(resourceOwner="SELF")


def test_later():
    assert os.environ["AWS_REGION"] == os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"
    boto3.client("ram").get_resource_shares(resourceOwner="SELF", name="later")
"#;

#[test]
fn what_a_suite_sets_itself_stays() {
    let Some(suite) = Suite::of(OWN_SETTINGS) else { return };
    assert_printed(&suite.record("").success(), &["2 passed"]);
    assert_printed(&suite.replay("").success(), &["2 passed", "2 replayed, 0 recorded, 0 missed"]);
}

const WIDER: &str = r#"
import boto3
import pytest

ram = boto3.client("ram")


@pytest.fixture(scope="session")
def wide():
    return ram.get_resource_shares(resourceOwner="SELF", name="wide")


@pytest.fixture(scope="module")
def half():
    ram.get_resource_shares(resourceOwner="SELF", name="half")
    raise KeyError


@pytest.mark.ramtape(cassette="one")
def test_one(wide):
    pass


@pytest.mark.ramtape(cassette="two")
def test_two(wide):
    ram.get_resource_shares(resourceOwner="SELF", name="two")
    assert not "fails"


@pytest.mark.ramtape(poll="final")
def test_half(half):
    pass


@pytest.mark.ramtape(services=["ram"])
def test_services():
    pass
"#;

#[test]
fn a_wider_fixture_is_no_part_of_a_tests_cassette_and_what_fails_is_kept_nowhere() {
    let Some(suite) = Suite::of(WIDER) else { return };
    let recorded = suite.record("");
    assert_printed(&recorded, &["1 failed, 1 passed, 2 errors", "add cassette=\"NAME\" to the mark"]);
    let [default, one, two] = ["default", "one", "two"].map(|cassette| suite.recorded(cassette));
    assert!(default.contains("wide") && !default.contains("half"), "{default}");
    assert_eq!((one.as_str(), two.as_str()), ("", ""));
    assert_printed(&suite.replay("-k one").success(), &["1 passed", "1 replayed, 0 recorded, 0 missed"]);
}

#[test]
fn a_miss_outside_of_a_test_is_told_too() {
    let swallows = "import boto3\ntry:\n    boto3.client('ram').get_resource_shares(resourceOwner='SELF', name='import')\n\
                    except Exception:\n    pass\n\n\ndef test_it():\n    pass\n";
    let Some(suite) = Suite::of(swallows) else { return };
    let missed = suite.replay("--ramtape=none");
    assert_eq!(missed.code, Some(1), "{missed}");
    assert_printed(&missed, &["1 passed", "no recorded answer for GetResourceShares {\"name\":\"import\""]);
}
