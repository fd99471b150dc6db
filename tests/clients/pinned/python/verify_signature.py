"""Lets botocore judge the SigV4 signature on a request that it did not make.

Reads one request as JSON from stdin:

    {"method": ..., "url": ..., "headers": [[name, value], ...], "body": base64}

and recomputes the signature from exactly the headers that the request says
were signed, its own date and its own scope, with the secret key in
AWS_SECRET_ACCESS_KEY. Prints one JSON object: "match", and what was compared.
A list of requests gets a list of such objects.
"""

import base64
import hashlib
import json
import os
import re
import sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


def main():
    captured, secret = json.load(sys.stdin), os.environ["AWS_SECRET_ACCESS_KEY"]
    verdicts = [verify(request, secret) for request in ([captured] if isinstance(captured, dict) else captured)]
    print(json.dumps(verdicts[0] if isinstance(captured, dict) else verdicts, sort_keys=True))
    sys.exit(0 if all(verdict["match"] for verdict in verdicts) else 1)


def verify(captured, secret):
    headers = {}
    for name, value in captured["headers"]:
        if name.lower() in headers:
            return refused(f"two {name} headers")
        headers[name.lower()] = value
    body = base64.b64decode(captured["body"])

    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not found:
        return refused("no well-formed Authorization header")
    access_key, day, region, service, signed, signature = found.groups()
    signed = signed.split(";")
    date = headers.get("x-amz-date", "")
    if not date.startswith(day):
        return refused(f"scope of {day}, but x-amz-date {date!r}")
    missing = [name for name in signed if name not in headers]
    if missing:
        return refused(f"signed headers that are absent: {missing}")
    if "host" not in signed:
        return refused("host is not signed")
    if "x-amz-security-token" in headers and "x-amz-security-token" not in signed:
        return refused("the session token is not signed")
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256", digest) != digest:
        return refused("x-amz-content-sha256 is not the body's hash")

    request = AWSRequest(
        method=captured["method"],
        url=captured["url"],
        headers={name: headers[name] for name in signed},
        data=body,
    )
    request.context["timestamp"] = date
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(access_key, secret), service, region)
    canonical = auth.canonical_request(request)
    expected = auth.signature(auth.string_to_sign(request, canonical), request)
    return {
        "match": expected == signature,
        "accessKey": access_key,
        "region": region,
        "service": service,
        "signedHeaders": signed,
        "signature": signature,
        "expected": expected,
        "canonicalRequest": canonical,
    }


def refused(reason):
    return {"match": False, "reason": reason}


if __name__ == "__main__":
    main()
