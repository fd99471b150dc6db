//! The manual's `conftest.py` below a real pytest: node ids that look alike once they are names, workers, another order, and an
//! attempt that fails.

use crate::book::marked;
use crate::examples::{Reader, python};

/// Node ids that were one name once; each makes a share of the same name, and reads back what only its own session wrote.
const TESTS: &str = r#"
import boto3
import pytest

attempts = []


def list_shares(ram):
    return [share["name"] for share in ram.get_resource_shares(resourceOwner="SELF", name="again")["resourceShares"]]


@pytest.mark.parametrize("case", ["a b", "a-b", "a/b", "a" * 80 + "1", "a" * 80 + "2"])
def test_case(case):
    ram = boto3.client("ram")
    arn = ram.create_resource_share(name="same")["resourceShare"]["resourceShareArn"]
    ram.tag_resource(resourceShareArn=arn, tags=[{"key": "case", "value": case}])
    shares = ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"]
    assert [tag["value"] for share in shares for tag in share["tags"]] == [case]


def test_flaky(flaky):
    ram = boto3.client("ram")
    assert list_shares(ram) == []
    arn = ram.create_resource_share(name="again")["resourceShare"]["resourceShareArn"]
    assert list_shares(ram) == ["again"]
    attempts.append(arn)
    assert not flaky or len(attempts) == 2
"#;

/// What pytest-rerunfailures does of `--reruns 1`, and the tests backwards.
const PLUGIN: &str = r#"
import pytest
from _pytest.runner import runtestprotocol


def pytest_addoption(parser):
    parser.addoption("--flaky", action="store_true")
    parser.addoption("--backwards", action="store_true")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--backwards"):
        items.reverse()


@pytest.fixture
def flaky(request):
    return request.config.getoption("--flaky")


def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"#;

const PYTEST: &str = "-- python -m pytest -p no:cacheprovider -p no:randomly -p plugin test_shares.py";

/// A reader with the suite, recorded.
fn recorded() -> Option<Reader> {
    let reader = Reader::new(Some(python()?));
    for (file, text) in [("test_shares.py", TESTS), ("plugin.py", PLUGIN)] {
        std::fs::write(reader.folder.path().join(file), text).unwrap();
    }
    let endpoint = reader.endpoint();
    let run = format!("export PYTHONPATH=.; ramtape run --upstream http://127.0.0.1:4599 {PYTEST}\n");
    let recorded = reader.types(&endpoint.lines(&[&marked("setup"), &run]));
    assert!(recorded.stdout.contains("6 passed"), "{recorded:?}");
    endpoint.stop();
    Some(reader)
}

#[test]
fn every_test_has_a_session_of_its_own_and_every_attempt_begins_anew() {
    let Some(reader) = recorded() else { return };
    for options in ["", "-n 3", "--backwards", "-n 3 --backwards", "--flaky", "-n 2 --flaky"] {
        let replayed =
            reader.types(&format!("export PYTHONPATH=.; ramtape run -v --record-mode none {PYTEST} {options}"));
        assert!(replayed.stdout.contains("6 passed"), "{options}: {replayed:?}");
        assert!(replayed.stderr.contains(" 0 missed; 0 upstream connections"), "{options}: {replayed:?}");
        // Each name tells its test.
        assert!(replayed.stderr.contains("session test_shares.py--test_case-a-b--"), "{options}: {replayed:?}");
    }
}

#[test]
fn outside_of_ramtape_the_fixture_does_nothing() {
    let Some(reader) = python().map(|programs| Reader::new(Some(programs))) else { return };
    let test = "import os\ndef test_it():\n    assert 'AWS_ENDPOINT_URL_RAM' not in os.environ\n";
    std::fs::write(reader.folder.path().join("test_alone.py"), test).unwrap();
    assert!(reader.types("python -m pytest -p no:cacheprovider test_alone.py").stdout.contains("1 passed"));
}
