"""Shares that are made, awaited, changed and deleted: each test's own, under a random name."""

import uuid

import pytest


@pytest.mark.parametrize("number", range(8))
def test_life(ram, name, create, wait, number):
    # The same request in every one of these tests, each with a share of its own in the answer.
    arn = create(name)
    assert wait(arn, "ACTIVE")["name"] == name
    ram.tag_resource(resourceShareArn=arn, tags=[{"key": "number", "value": str(number)}])
    [share] = ram.get_resource_shares(resourceOwner="SELF", name=name)["resourceShares"]
    assert (share["resourceShareArn"], share["tags"]) == (arn, [{"key": "number", "value": str(number)}])
    ram.delete_resource_share(resourceShareArn=arn, clientToken=str(uuid.uuid4()))
    wait(arn, None)


def test_two_at_once_one_name_a_prefix_of_the_other(ram, name, create, wait):
    arns = {each: create(each) for each in (name, name + "-longer")}
    for each, arn in arns.items():
        wait(arn, "ACTIVE")
        [share] = ram.get_resource_shares(resourceOwner="SELF", name=each)["resourceShares"]
        assert share["resourceShareArn"] == arn
    for arn in arns.values():
        ram.delete_resource_share(resourceShareArn=arn, clientToken=str(uuid.uuid4()))
        wait(arn, None)
