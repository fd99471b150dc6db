"""Calls RAM as Terraform's AWS provider does for three of its resources.

    terraform.py share|accepter|principal [--confirm N] [--at-most N]

The calls, their parameters and their order are the provider's, its waiters are
loops over one request. Every write has a clientToken that no other run has, and
every answer must echo it. Prints one JSON object a line:

    {"answer": ..., "operation": ...}   what a call was answered, without its clientToken
    {"waited": ..., "seen": [...]}      the states that a waiter saw, "absent" for none

--confirm: how many polls in a row must see the state waited for: a slower waiter.
--at-most: polls after which a waiter goes on whatever it saw: a hasty one.
Endpoint and region come from the environment, and for "accepter" the keys from
the profiles "owner" and "consumer".
"""

import argparse
import datetime
import json
import uuid

import boto3
import botocore

ABSENT = "absent"
POLLS = 60
SUBNET = "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-0a1b2c3d4e5f60718"
UNIT = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-examplerootid-scenario"
CONSUMER = "444455556666"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("resource", choices=["share", "accepter", "principal"])
    parser.add_argument("--confirm", type=int, default=1)
    parser.add_argument("--at-most", type=int, default=None)
    arguments = parser.parse_args()
    {"share": share, "accepter": accepter, "principal": principal}[arguments.resource](arguments)


def share(patience):
    """aws_ram_resource_share: create, read, update, delete."""
    ram = Provider(boto3.client("ram"), patience)
    arn = ram.created_share(name="terraform", allowExternalPrincipals=False, tags=[{"key": "stage", "value": "one"}])
    ram.read_share(arn)

    ram.write("UpdateResourceShare", resourceShareArn=arn, name="terraform-renamed", allowExternalPrincipals=True)
    ram.call("TagResource", resourceShareArn=arn, tags=[{"key": "stage", "value": "two"}])
    ram.wait("ACTIVE", lambda: ram.share_status(arn), {ABSENT, "PENDING"})
    ram.read_share(arn)

    ram.delete_share(arn)


def accepter(patience):
    """aws_ram_resource_share_accepter: find the invitation, accept it, read."""
    owner = Provider(boto3.Session(profile_name="owner").client("ram"), patience)
    consumer = Provider(boto3.Session(profile_name="consumer").client("ram"), patience)
    arn = owner.created_share(name="for-another-account", resourceArns=[SUBNET], principals=[CONSUMER])

    def invitation(**by):
        found = consumer.quietly("GetResourceShareInvitations", **by)["resourceShareInvitations"]
        return found[0] if found else {"status": ABSENT}

    consumer.wait("PENDING", lambda: invitation(resourceShareArns=[arn])["status"], {ABSENT})
    invited = consumer.call("GetResourceShareInvitations", resourceShareArns=[arn])["resourceShareInvitations"]
    [invited] = [it["resourceShareInvitationArn"] for it in invited if it["status"] == "PENDING"]
    consumer.write("AcceptResourceShareInvitation", resourceShareInvitationArn=invited)
    consumer.wait("ACCEPTED", lambda: invitation(resourceShareInvitationArns=[invited])["status"], {ABSENT, "PENDING"})

    def seen():
        shares = consumer.quietly("GetResourceShares", resourceOwner="OTHER-ACCOUNTS", resourceShareArns=[arn])
        return shares["resourceShares"][0]["status"]

    consumer.wait("ACTIVE", seen, {ABSENT, "PENDING"})
    resources = consumer.call(
        "ListResources", resourceOwner="OTHER-ACCOUNTS", resourceShareArns=[arn], maxResults=500)
    assert [it["arn"] for it in resources["resources"]] == [SUBNET], resources
    owner.wait("ASSOCIATED", lambda: owner.association(arn, CONSUMER), {"ASSOCIATING"})


def principal(patience):
    """aws_ram_principal_association: look for it, associate, read, disassociate."""
    ram = Provider(boto3.client("ram"), patience)
    arn = ram.created_share(name="for-a-unit")

    def state():
        return ram.association(arn, UNIT)

    ram.wait(ABSENT, state, set())
    ram.write("AssociateResourceShare", resourceShareArn=arn, principals=[UNIT])
    ram.wait("ASSOCIATED", state, {ABSENT, "ASSOCIATING"})
    ram.write("DisassociateResourceShare", resourceShareArn=arn, principals=[UNIT])
    ram.wait("DISASSOCIATED", state, {"ASSOCIATED", "DISASSOCIATING"})

    ram.delete_share(arn)


class Provider:
    """One account's client, and how patient its waiters are."""

    def __init__(self, client, patience):
        self.client = client
        self.patience = patience

    def quietly(self, operation, **parameters):
        answer = getattr(self.client, botocore.xform_name(operation))(**parameters)
        answer.pop("ResponseMetadata")
        return answer

    def call(self, operation, **parameters):
        answer = self.quietly(operation, **parameters)
        emit({"answer": answer, "operation": operation})
        return answer

    def write(self, operation, **parameters):
        token = str(uuid.uuid4())
        answer = self.quietly(operation, clientToken=token, **parameters)
        assert answer.pop("clientToken") == token, operation
        emit({"answer": answer, "operation": operation})
        return answer

    def wait(self, target, state, pending):
        """Polls until `target` was seen often enough in a row; any other state but `pending` is an error."""
        seen, confirmed = [], 0
        while confirmed < self.patience.confirm and len(seen) != self.patience.at_most:
            seen.append(state())
            confirmed = confirmed + 1 if seen[-1] == target else 0
            assert seen[-1] in {target, *pending}, f"{seen[-1]} while waiting for {target}"
            assert len(seen) < POLLS, f"never {target}: {seen}"
        emit({"waited": target, "seen": seen})

    def created_share(self, **parameters):
        arn = self.write("CreateResourceShare", **parameters)["resourceShare"]["resourceShareArn"]
        self.wait("ACTIVE", lambda: self.share_status(arn), {ABSENT, "PENDING"})
        return arn

    def read_share(self, arn):
        self.call("ListResourceSharePermissions", resourceShareArn=arn, maxResults=500)

    def delete_share(self, arn):
        self.write("DeleteResourceShare", resourceShareArn=arn)
        self.wait(ABSENT, lambda: self.share_status(arn), {"ACTIVE", "DELETING"})

    def share_status(self, arn):
        """As the provider has it: a deleted share is as absent as one that RAM does not know."""
        try:
            shares = self.quietly("GetResourceShares", resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"]
        except self.client.exceptions.UnknownResourceException:
            return ABSENT
        status = shares[0]["status"] if shares else ABSENT
        return ABSENT if status == "DELETED" else status

    def association(self, arn, principal):
        found = self.quietly(
            "GetResourceShareAssociations", associationType="PRINCIPAL", principal=principal, resourceShareArns=[arn])
        found = found["resourceShareAssociations"]
        return found[0]["status"] if found else ABSENT


def emit(line):
    print(json.dumps(line, sort_keys=True, default=in_utc), flush=True)


def in_utc(time):
    return time.astimezone(datetime.timezone.utc).isoformat()


if __name__ == "__main__":
    main()
