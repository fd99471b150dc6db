"""A ramtape session for every test, named after the test and never after the worker that runs it."""

import os
import uuid
from urllib.parse import quote

import boto3
import pytest


def pytest_addoption(parser):
    parser.addoption("--backwards", action="store_true", help="run the tests in reverse order")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--backwards"):
        items.reverse()


@pytest.fixture
def ram(request):
    session = quote(request.node.nodeid, safe="")
    return boto3.client("ram", endpoint_url=f"{os.environ['RAMTAPE_URL']}/~{session}")


@pytest.fixture
def name():
    """A share's name that no other run has."""
    return f"share-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def create(ram):
    def create(name, **parameters):
        token = str(uuid.uuid4())
        answer = ram.create_resource_share(name=name, clientToken=token, **parameters)
        assert answer["clientToken"] == token
        assert answer["resourceShare"]["name"] == name
        return answer["resourceShare"]["resourceShareArn"]

    return create


@pytest.fixture
def wait(ram):
    """Polls one share, by its ARN, until it has a status; None waits until it is gone."""

    def wait(arn, wanted):
        for _ in range(40):
            try:
                answer = ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])
            except ram.exceptions.UnknownResourceException:
                answer = {"resourceShares": []}
            shares = answer["resourceShares"]
            assert [share["resourceShareArn"] for share in shares] in ([], [arn])
            if (shares[0]["status"] if shares else None) == wanted:
                return shares[0] if shares else None
        pytest.fail(f"{arn} was never {wanted}")

    return wait
