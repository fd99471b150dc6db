"""What a suite asks whose answers placebo recorded (`tests/fixtures/placebo`). Prints what it sees, one JSON a line. With `more` it
asks what is not in the folder, or cannot be made from it."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"


def client(service):
    return boto3.client(service, region_name=REGION)


def show(answer):
    answer.pop("ResponseMetadata", None)
    print(json.dumps(answer, default=str, sort_keys=True))


def known():
    ram, organizations = client("ram"), client("organizations")
    show(client("sts").get_caller_identity())
    while True:
        shares = ram.get_resource_shares(resourceOwner="SELF")
        show(shares)
        if shares["resourceShares"][0]["status"] == "ACTIVE":
            break
    try:
        ram.list_resources(resourceOwner="SELF", resourceShareArns=[shares["resourceShares"][0]["resourceShareArn"]])
    except ram.exceptions.UnknownResourceException as error:
        show(error.response)
    show(organizations.list_accounts())
    try:
        organizations.describe_account(AccountId="444455556666")
    except organizations.exceptions.AccountNotFoundException as error:
        show(error.response)


def unknown():
    calls = [
        lambda: client("organizations").list_roots(),
        lambda: client("ec2").describe_vpcs(),
        lambda: client("s3").list_buckets(),
    ]
    for call in calls:
        try:
            call()
        except ClientError as error:
            metadata = error.response["ResponseMetadata"]
            show({"code": error.response["Error"]["Code"], "retries": metadata["RetryAttempts"]})


known()
if "more" in sys.argv:
    unknown()
