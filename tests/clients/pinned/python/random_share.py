"""A test suite as people write them against AWS: every run makes up its own names.

Creates two shares, one's name a prefix of the other's, finds each by its name,
tags one, deletes both, and checks on the way that every answer speaks of the
names and tokens of this run. Prints this run's names. Endpoint, region and
credentials come from the environment alone.
"""

import uuid

import boto3


def main():
    ram = boto3.client("ram")
    name = f"share-{uuid.uuid4().hex[:8]}"
    longer = name + "0"

    arn = created(ram, name)["resourceShareArn"]
    other = created(ram, longer)["resourceShareArn"]
    assert arn != other

    assert found(ram, name)["resourceShareArn"] == arn
    assert found(ram, longer)["resourceShareArn"] == other

    ram.tag_resource(resourceShareArn=arn, tags=[{"key": "name", "value": name}])
    assert found(ram, name)["tags"] == [{"key": "name", "value": name}]
    assert found(ram, longer).get("tags", []) == []

    for share in (other, arn):
        token = str(uuid.uuid4())
        answer = ram.delete_resource_share(resourceShareArn=share, clientToken=token)
        assert answer["clientToken"] == token, answer
    for gone in (name, longer):
        left = ram.get_resource_shares(resourceOwner="SELF", name=gone)["resourceShares"]
        assert [share["status"] for share in left] in ([], ["DELETING"], ["DELETED"]), left

    print(name)


def created(ram, name):
    """The new share."""
    token = str(uuid.uuid4())
    answer = ram.create_resource_share(name=name, clientToken=token)
    assert answer["clientToken"] == token, answer
    assert answer["resourceShare"]["name"] == name, answer
    return answer["resourceShare"]


def found(ram, name):
    """The one share of this name."""
    shares = ram.get_resource_shares(resourceOwner="SELF", name=name)["resourceShares"]
    assert [share["name"] for share in shares] == [name], shares
    return shares[0]


if __name__ == "__main__":
    main()
