"""Asks STS who the caller is, as tools do before they ask RAM: caller_identity.py ENDPOINT."""

import sys

import boto3
from botocore.config import Config

sts = boto3.client("sts", endpoint_url=sys.argv[1], config=Config(retries={"total_max_attempts": 1}))
print(sts.get_caller_identity()["Arn"])
