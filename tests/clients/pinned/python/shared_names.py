"""Asks each SDK client of services that several clients ask under one name in signatures. Prints what it sees, one JSON a line."""

import json

import boto3

for name, operation in [
    ("rds", "describe_db_instances"),
    ("docdb", "describe_db_clusters"),
    ("neptune", "describe_db_cluster_parameter_groups"),
    ("elb", "describe_load_balancers"),
    ("elbv2", "describe_target_groups"),
    ("ses", "list_identities"),
    ("sesv2", "list_contact_lists"),
]:
    client = boto3.client(name, region_name="us-east-1")
    answer = getattr(client, operation)()
    answer.pop("ResponseMetadata")
    print(json.dumps({name: answer}, default=str, sort_keys=True))
