"""Asks RAM with boto3, reads the metrics of the ramtape in between, and prints each sample as a JSON line.

The parser is that of Prometheus's own client, which is strict.
"""

import json
import os
import urllib.parse
import urllib.request

import boto3
from botocore.exceptions import ClientError
from prometheus_client.openmetrics.parser import text_string_to_metric_families

ram = boto3.client("ram")
for _ in range(3):
    ram.get_resource_shares(resourceOwner="SELF")
try:
    ram.get_resource_shares(resourceOwner="OTHER-ACCOUNTS", name=os.environ.get("ASKED_NAME", "recorded"))
except ClientError as error:
    print(json.dumps({"error": error.response["Error"]["Code"]}))

endpoint = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_RAM"])
with urllib.request.urlopen(f"{endpoint.scheme}://{endpoint.netloc}/_ramtape/metrics") as answer:
    print(json.dumps({"contentType": answer.headers["content-type"]}))
    for family in text_string_to_metric_families(answer.read().decode()):
        for sample in family.samples:
            print(json.dumps({"name": sample.name, "labels": sample.labels, "value": sample.value}))
