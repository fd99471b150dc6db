"""Clients and fixtures of every scope, and ids of any characters."""

import subprocess
import sys

import boto3
import pytest

from shares import at_import, made


@pytest.fixture(scope="session")
def share():
    ram = boto3.client("ram")
    arn = ram.create_resource_share(name="of the session")["resourceShare"]["resourceShareArn"]
    yield arn
    ram.delete_resource_share(resourceShareArn=arn)


@pytest.fixture(scope="class", params=["one", "two"])
def named(request):
    ram = boto3.client("ram")
    return ram.create_resource_share(name=request.param)["resourceShare"]["name"]


@pytest.fixture(scope="class")
def client():
    return boto3.client("ram")


class TestCases:
    @pytest.mark.parametrize("case", ["a b", "a-b", "a/b", "[ü]", "a" * 80 + "1", "a" * 80 + "2"])
    def test_case(self, client, case):
        assert made(client, "same", case) == [case]

    def test_parameter(self, named):
        assert named in ("one", "two")


def test_fixture(share):
    shares = at_import.get_resource_shares(resourceOwner="SELF", resourceShareArns=[share])["resourceShares"]
    assert [share["name"] for share in shares] == ["of the session"]


def test_same_name():
    assert made(at_import, "same", "scopes") == ["scopes"]


def test_child_process():
    script = "import boto3, shares; print(shares.made(boto3.client('ram'), 'same', 'child'))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "['child']\n"


def test_variable(ramtape):
    name = ramtape.variable("NAME", f"random-{id(object())}")
    assert at_import.create_resource_share(name=name)["resourceShare"]["name"] == name
    assert ramtape.session == "test_scopes.py::test_variable" and ramtape.url.startswith("http://127.0.0.1:")
