"""One request before and after a write, by several tests at once."""

import uuid

import pytest

UNIT = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-examplerootid-suite"


@pytest.mark.parametrize("renamed", ["first", "second", "third"])
def test_rename(ram, name, create, wait, renamed):
    arn = create(name)
    assert wait(arn, "ACTIVE")["name"] == name
    ram.update_resource_share(resourceShareArn=arn, name=f"renamed-{renamed}", clientToken=str(uuid.uuid4()))
    assert wait(arn, "ACTIVE")["name"] == f"renamed-{renamed}"


def test_association(ram, name, create, wait):
    arn = create(name)
    wait(arn, "ACTIVE")

    def status():
        found = ram.get_resource_share_associations(associationType="PRINCIPAL", resourceShareArns=[arn])
        return [association["status"] for association in found["resourceShareAssociations"]]

    def until(wanted, passing):
        for _ in range(40):
            seen = status()
            if seen == [wanted]:
                return
            assert seen == [passing]
        pytest.fail(f"never {wanted}")

    assert status() == []
    ram.associate_resource_share(resourceShareArn=arn, principals=[UNIT], clientToken=str(uuid.uuid4()))
    until("ASSOCIATED", "ASSOCIATING")
    ram.disassociate_resource_share(resourceShareArn=arn, principals=[UNIT], clientToken=str(uuid.uuid4()))
    until("DISASSOCIATED", "DISASSOCIATING")
