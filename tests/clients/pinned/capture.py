"""Captures what boto3 and the JavaScript SDK put on the wire for RAM.

For each operation, with every input member set, into one folder:

    input.json                  what both clients were asked to send
    variants.json               changes of one member, each another request
    boto3.http, javascript.http the requests, exactly the bytes on the wire
    *-reordered.http            the same, lists reversed, JSON in strings rewritten

`capture.py` makes them anew, `capture.py --check` looks at what is there.
Credentials are those of AWS's documentation: the signatures can be verified.
"""

import argparse
import base64
import errno
import json
import os
import pathlib
import platform
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import boto3
import botocore.config
import botocore.session

import inputs

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "python"))
from verify_signature import verify  # noqa: E402

CAPTURES = HERE.parents[1] / "fixtures" / "captures"
OS_RELEASE = "6.1.0"
# The host that clients sign: always the same port, so that a new capture
# differs from the old one in what the clients changed.
PORT = 8729
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL_RAM": f"http://127.0.0.1:{PORT}",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "CAPTURE_OS_RELEASE": OS_RELEASE,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check the captures that are there")
    parser.add_argument("--node-modules", default=str(HERE / "node"),
                        help="folder whose node_modules holds the JavaScript SDK")
    arguments = parser.parse_args()
    isolate_from_this_machine(arguments.node_modules)
    model = service_model()
    if arguments.check:
        check(model)
    else:
        capture(model)


def isolate_from_this_machine(node_modules):
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(ENVIRONMENT, CLIENT_MODULES=node_modules)
    platform.release = lambda: OS_RELEASE


def service_model():
    return botocore.session.get_session().get_service_model("ram")


# Capturing


def capture(model):
    calls = []
    for operation in inputs.operations(model):
        operation_model = model.operation_model(operation)
        params = inputs.full_input(operation_model)
        folder = folder_of(operation)
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "input.json", params)
        write_json(folder / "variants.json", inputs.variants(operation_model, params))
        calls.append((operation, "", json.loads((folder / "input.json").read_text("utf-8"))))
        if other := inputs.reordered(params):
            calls.append((operation, "-reordered", other))

    with Wire() as wire:
        call_boto3(calls)
        write_requests(calls, "boto3", wire.take())
        call_javascript(calls)
        write_requests(calls, "javascript", wire.take())


def call_boto3(calls):
    ram = boto3.client("ram", config=botocore.config.Config(retries={"total_max_attempts": 1}))
    for operation, _, params in calls:
        getattr(ram, botocore.xform_name(operation))(**params)


def call_javascript(calls):
    requests = json.dumps([[operation, params] for operation, _, params in calls])
    subprocess.run(["node", "--no-warnings", HERE / "capture.mjs"], input=requests, text=True, encoding="utf-8", check=True)


def write_requests(calls, client, requests):
    if len(requests) != len(calls):
        raise SystemExit(f"{client} sent {len(requests)} requests for {len(calls)} calls")
    for (operation, suffix, _), request in zip(calls, requests):
        (folder_of(operation) / f"{client}{suffix}.http").write_bytes(request)


class Wire:
    """A socket that keeps what it is sent and answers `{}` to everything, or what `answer` makes of a request."""

    def __init__(self, answer=lambda _: ("application/json", b"{}"), tls=None):
        self.answer = answer
        self.tls = tls

    def __enter__(self):
        self.requests = []
        self.listener = listener()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def take(self):
        taken, self.requests = self.requests, []
        return taken

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # A TLS connection begins with this byte, and no HTTP request does.
        if self.tls and connection.recv(1, socket.MSG_PEEK) == b"\x16":
            connection = self.tls.wrap_socket(connection, server_side=True)
        received = b""
        while True:
            while (request := whole_request(received)) is None:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                received += chunk
                if b"100-continue" in received and received.endswith(b"\r\n\r\n"):
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            received = received[len(request):]
            self.requests.append(request)
            kind, body = self.answer(request)
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def listener():
    """On the one port; while another capture has it, its end is awaited."""
    end = time.monotonic() + 120
    while True:
        try:
            return socket.create_server(("127.0.0.1", PORT))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                raise
            time.sleep(1)


def whole_request(received):
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        size = chunks_size(rest)
        return size and head + end + rest[:size]
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    length = int(length[1]) if length else 0
    return head + end + rest[:length] if len(rest) >= length else None


def chunks_size(rest):
    """How long a body of chunks is, the empty one that ends it included; `None` where that has not come."""
    at = 0
    while end := rest.find(b"\r\n", at) + 2 if b"\r\n" in rest[at:] else 0:
        size = int(rest[at:end - 2], 16)
        at = end + size + 2
        if size == 0:
            return at if len(rest) >= at else None
    return None


# Checking


def check(model):
    operations = inputs.operations(model)
    present = sorted(path.name for path in CAPTURES.iterdir() if path.is_dir())
    expect(present, sorted(folder_of(operation).name for operation in operations), "the folders")
    captures = 0
    for operation in operations:
        captures += check_operation(model.operation_model(operation), folder_of(operation))
    newer = sorted(inputs.NEWER_OPERATIONS)
    print(json.dumps({"operations": len(operations), "captures": captures, "newer": newer}))


def check_operation(operation_model, folder):
    params = json.loads((folder / "input.json").read_text("utf-8"))
    members = inputs.meant_members(operation_model)
    expect(set(params), set(members), f"{folder.name}: the input's members")
    for name, shape in members.items():
        expect(list(inputs.leaves(params[name], shape, f"/{name}")), [], f"{folder.name}: members left out")
    variants = json.loads((folder / "variants.json").read_text("utf-8"))
    varied = {pointer.split("/")[1] for pointer, _ in variants}
    expect(varied, set(members) - inputs.MEANINGLESS, f"{folder.name}: the members varied")
    meanings = {inputs.meaning(inputs.applied(params, *variant)) for variant in [("", params), *variants]}
    expect(len(meanings), 1 + len(variants), f"{folder.name}: the distinct requests")

    other = inputs.reordered(params)
    wanted = {"boto3.http": params, "javascript.http": params}
    if other:
        wanted |= {"boto3-reordered.http": other, "javascript-reordered.http": other}
    expect(sorted(path.name for path in folder.glob("*.http")), sorted(wanted), f"{folder.name}: the captures")
    for name, sent in wanted.items():
        request = parse((folder / name).read_bytes())
        expect(request["method"], operation_model.http["method"], f"{folder.name}/{name}: the method")
        expect(request["path"], operation_model.http["requestUri"], f"{folder.name}/{name}: the path")
        expect(request["params"], as_sent(sent, members), f"{folder.name}/{name}: the parameters")
        expect_verifies(request, f"{folder.name}/{name}")
    return len(wanted)


def as_sent(params, members):
    """A query knows only strings."""
    in_query = {name for name, shape in members.items() if shape.serialization.get("location") == "querystring"}
    return {name: str(value) if name in in_query else value for name, value in params.items()}


def parse(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [re.split(": *", line, maxsplit=1) for line in lines]
    url = urllib.parse.urlsplit(target)
    params = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
    params.update(json.loads(body) if body else {})
    return {"method": method, "target": target, "path": url.path, "headers": headers, "body": body, "params": params}


def expect_verifies(request, where):
    captured = {
        "method": request["method"],
        "url": ENVIRONMENT["AWS_ENDPOINT_URL_RAM"] + request["target"],
        "headers": request["headers"],
        "body": base64.b64encode(request["body"]),
    }
    verdict = verify(captured, ENVIRONMENT["AWS_SECRET_ACCESS_KEY"])
    if not verdict["match"]:
        raise SystemExit(f"{where}: the signature does not verify: {json.dumps(verdict, indent=1)}")


def expect(found, wanted, what):
    if found != wanted:
        raise SystemExit(f"{what}:\nfound  {found}\nwanted {wanted}")


def folder_of(operation):
    return CAPTURES / re.sub(r"(?<=[a-z])(?=[A-Z])", "-", operation).lower()


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
