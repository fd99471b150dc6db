"""Captures what boto3, the AWS CLI and the JavaScript SDK put on the wire for other services than RAM.

Each call in `services.json`, [service, operation, parameters], has one folder:

    boto3.http, cli.http, js.http   the requests, exactly the bytes on the wire
    boto3-https.http                the same over TLS, where a body is sent in chunks with its checksum behind it
    boto3-virtual-host.http         the same to AWS's own host, through an HTTP proxy: the bucket is in the host's name
    js-stream.http                  the same with a body that is a stream
    boto3-cbor.http, js-cbor.http   the same in rpcv2Cbor, which both know and use where a service has nothing else

`capture_services.py` makes them anew; with `--check` it compares what the clients send now with what is there.
"""

import argparse
import contextlib
import datetime
import functools
import json
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import unittest.mock

import boto3
import botocore
import botocore.config
import botocore.exceptions

import capture

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parents[1] / "fixtures"
SERVICES = FIXTURES / "services"
ENDPOINT = f"http://127.0.0.1:{capture.PORT}"
CALLS = json.loads((HERE / "services.json").read_text("utf-8"))
# The AWS CLI, as on any machine.
CLI = f"import awscli.clidriver, platform; platform.release = lambda: {capture.OS_RELEASE!r}; awscli.clidriver.main()"
# What differs from one run to the next, or from one machine to another.
PASSING = {"authorization", "x-amz-date", "amz-sdk-invocation-id", "user-agent", "x-amz-user-agent"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the captures that are there")
    parser.add_argument("--node-modules", default=str(HERE / "node"),
                        help="folder whose node_modules holds the JavaScript SDK")
    arguments = parser.parse_args()
    del capture.ENVIRONMENT["AWS_ENDPOINT_URL_RAM"]
    capture.ENVIRONMENT.update(AWS_ENDPOINT_URL=ENDPOINT, AWS_MAX_ATTEMPTS="1")
    capture.isolate_from_this_machine(arguments.node_modules)
    captured = capture_all()
    if arguments.check:
        check(captured)
    else:
        for path, request in captured.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(request)


def capture_all():
    """The requests, by the files that they belong into."""
    captured = {}
    with capture.Wire(answer, tls_context()) as wire:
        for call in CALLS:
            for name, send in python_clients(call):
                send(*call)
                captured[path_of(call, name)] = only(wire.take(), call)
        javascript = [(call, *form) for call in CALLS for form in javascript_forms(call)]
        call_javascript([[*call, options] for call, _, options in javascript])
        for (call, name, _), request in zip(javascript, wire.take(), strict=True):
            captured[path_of(call, name)] = request
    return captured


def python_clients(call):
    """The ways in which Python programs send this call."""
    service, operation, _ = call
    clients = [("boto3", call_boto3), ("cli", call_cli)]
    if service == "s3":
        virtual_host = {"endpoint_url": "http://s3.us-east-1.amazonaws.com", "proxies": {"http": ENDPOINT},
                        "s3": {"addressing_style": "virtual"}}
        clients.append(("boto3-virtual-host", functools.partial(call_boto3, **virtual_host)))
    if operation == "PutObject":
        clients.append(("boto3-https", functools.partial(call_boto3, endpoint_url=ENDPOINT.replace("http:", "https:"))))
    if service == "cloudwatch":
        clients.append(("boto3-cbor", call_boto3_in_cbor))
    return clients


def javascript_forms(call):
    service, operation, _ = call
    forms = [("js", {})]
    if operation == "PutObject":
        forms.append(("js-stream", {"stream": True}))
    if service == "cloudwatch":
        forms.append(("js-cbor", {"cbor": True}))
    return forms


def only(requests, call):
    if len(requests) != 1:
        raise SystemExit(f"{len(requests)} requests for {call}")
    return requests[0]


def path_of(call, name):
    return SERVICES / f"{call[0]}-{botocore.xform_name(call[1], '-')}" / f"{name}.http"


def call_boto3(service, operation, parameters, endpoint_url=None, **config):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, **config)
    client = boto3.client(service, config=config, endpoint_url=endpoint_url, verify=False)
    parameters = converted(parameters, lambda text: text.encode(), lambda time: datetime.datetime.fromtimestamp(time, datetime.UTC))
    # The answer is none that the operation has.
    with contextlib.suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        getattr(client, botocore.xform_name(operation))(**parameters)


def call_boto3_in_cbor(*call):
    with unittest.mock.patch("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ["smithy-rpc-v2-cbor"]):
        # A session of its own: the default one keeps the models that it has read.
        with unittest.mock.patch("boto3.client", boto3.session.Session().client):
            call_boto3(*call)


def call_cli(service, operation, parameters):
    command = {"s3": "s3api"}.get(service, service)
    parameters = converted(parameters, str, lambda time: datetime.datetime.fromtimestamp(time, datetime.UTC).isoformat())
    with tempfile.TemporaryDirectory() as folder:
        # For SQS it heeds this alone, and not the variables.
        argv = [command, botocore.xform_name(operation, "-"), "--no-paginate", "--endpoint-url", ENDPOINT]
        if "Body" in parameters:
            body = pathlib.Path(folder, "body")
            body.write_text(parameters.pop("Body"), encoding="utf-8")
            argv += ["--body", str(body)]
        if operation == "GetObject":
            # With a file to write, the CLI takes no JSON.
            for name, value in parameters.items():
                argv += [f"--{botocore.xform_name(name, '-')}", value]
            argv += [str(pathlib.Path(folder, "object"))]
        else:
            argv += ["--cli-input-json", json.dumps(parameters)]
        subprocess.run([sys.executable, "-c", CLI, *argv], capture_output=True)


def call_javascript(calls):
    subprocess.run(["node", "--no-warnings", HERE / "capture_services.mjs"], input=json.dumps(calls), text=True,
                   encoding="utf-8", check=True)


def converted(value, blob, time):
    """The parameters with bytes and times as a client wants them."""
    if isinstance(value, list):
        return [converted(item, blob, time) for item in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return blob(value["$blob"])
    if "$time" in value:
        return time(value["$time"])
    return {name: converted(item, blob, time) for name, item in value.items()}


def answer(request):
    """An empty answer in the request's protocol."""
    if b"rpc-v2-cbor" in request:
        return "application/cbor\r\nSmithy-Protocol: rpc-v2-cbor", b"\xbf\xff"
    action = re.search(rb"Action=(\w+)", request)
    if action:
        name = action[1].decode()
        return "text/xml", f"<{name}Response><{name}Result/></{name}Response>".encode()
    if b"x-amz-target" in request.lower():
        return "application/x-amz-json-1.1", b"{}"
    return "application/xml", b"<Result/>"


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FIXTURES / "tls" / "localhost-test-only.cert.pem", FIXTURES / "tls" / "localhost-test-only.key.pem")
    return context


def check(captured):
    present = sorted(SERVICES.glob("*/*.http"))
    capture.expect([str(path) for path in present], sorted(str(path) for path in captured), "the captures")
    for path, request in captured.items():
        capture.expect(lasting(request), lasting(path.read_bytes()), f"{path.parent.name}/{path.name}")
    print(json.dumps({"captures": len(captured)}))


def lasting(request):
    """What a client would send again."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.decode("latin-1").split("\r\n")
    return [first, *(header for header in headers if header.split(":")[0].lower() not in PASSING), body]


if __name__ == "__main__":
    main()
