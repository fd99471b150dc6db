"""Asks as the profiles that are named, several times, and prints who that is; "" is whoever the environment says."""

import json
import sys

import boto3


def identify(session):
    sts = session.client("sts", region_name="us-east-1")
    for _ in range(3):
        account = sts.get_caller_identity()["Account"]
    shares = session.client("ram", region_name="us-east-1").get_resource_shares(resourceOwner="SELF")
    return {"account": account, "shares": len(shares["resourceShares"])}


for profile in sys.argv[1:]:
    print(json.dumps(identify(boto3.Session(profile_name=profile or None))))
