"""Reads alone, several of them the same in two tests."""

import pytest


@pytest.mark.parametrize("size", [2, 500])
def test_own_shares(ram, size):
    pages = ram.get_paginator("get_resource_shares").paginate(resourceOwner="SELF", PaginationConfig={"PageSize": size})
    names = [share["name"] for page in pages for share in page["resourceShares"]]
    assert {"network-subnets", "données-partagées"} <= set(names)
    assert all(len(page["resourceShares"]) <= size for page in pages)


@pytest.mark.parametrize("time", ["once", "again"])
def test_permissions(ram, time):
    names = [permission["name"] for permission in ram.list_permissions(maxResults=500)["permissions"]]
    assert len(names) == len(set(names)) > 1


def test_an_unknown_share(ram):
    arn = "arn:aws:ram:us-east-1:111122223333:resource-share/00000000-0000-4000-8000-000000000000"
    with pytest.raises(ram.exceptions.UnknownResourceException):
        ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])
