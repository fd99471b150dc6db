"""Calls services other than RAM, one of each protocol; prints what each was told, one JSON object a line."""

import json

import boto3
import botocore.exceptions

CALLS = [
    ("sts", "get_caller_identity", {}),
    ("organizations", "list_roots", {}),
    ("ec2", "describe_subnets", {}),
    ("iam", "list_roles", {}),
    ("s3", "list_buckets", {}),
    ("dynamodb", "list_tables", {}),
    ("lambda", "list_functions", {}),
    ("cloudwatch", "list_metrics", {}),
]

for service, method, parameters in CALLS:
    client = boto3.client(service)
    try:
        getattr(client, method)(**parameters)
        told = {}
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"] | {"attempts": error.response["ResponseMetadata"].get("RetryAttempts")}
    print(json.dumps({"service": service, "code": told.get("Code"), "message": told.get("Message"), "retries": told.get("attempts")}))
