"""Calls RAM through boto3 and prints what came back, one JSON object a line.

The lines hold nothing that differs between two equal answers (no dates, no
request ids), so that what was printed while recording and what is printed on
replay can be compared byte for byte:

    {"http": ...}         one HTTP answer as received: status, error type, body
                          bytes in base64; retried attempts included
    {"page": ...}         a page as boto3 parsed it
    {"answer": ...}       a plain call's answer as boto3 parsed it
    {"error": ...}        what boto3 raised
    {"resumeToken": ...}  where a paginator cut short by --max-items stopped
    {"step": ...}         from "batch": what the lines after it answer

Endpoint, region and credentials come from the environment alone. The exit
code is 1 if anything was printed as an error.
"""

import argparse
import base64
import datetime
import json
import pathlib
import sys

import boto3
import botocore.exceptions
import botocore.paginate

LISTINGS = pathlib.Path(__file__).parent.parent / "listings.json"


def main():
    arguments = parse_arguments()
    ram = Ram()
    arguments.run(ram, arguments)
    sys.exit(1 if ram.failed else 0)


def parse_arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)

    for name, run, text in [
        ("list", run_list, "one listing through a boto3 paginator"),
        ("pages", run_pages, "one listing by plain calls, nextToken by nextToken"),
        ("call", run_call, "one plain call"),
    ]:
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        command.add_argument("operation")
        command.add_argument("params", nargs="?", type=json.loads, default={})
        if run is run_list:
            command.add_argument("--page-size", type=int)
            command.add_argument("--max-items", type=int)
            command.add_argument("--starting-token")

    command = commands.add_parser("all-paginators", help="every listing of listings.json")
    command.set_defaults(run=run_all_paginators)
    command.add_argument("params", nargs="?", type=json.loads, default={},
                         help="by operation, in place of those in listings.json")
    command.add_argument("--page-size", type=int)

    command = commands.add_parser("life", help="create a share, tag, list, rename, delete it")
    command.set_defaults(run=run_life)
    command.add_argument("name", nargs="?", default="life")
    command.add_argument("--untagged", action="store_true", help="leave out TagResource, which moto lacks")

    command = commands.add_parser("batch", help="what stdin asks for: a line, a JSON array of words as for the others")
    command.set_defaults(run=run_batch)
    return parser.parse_args(words)


def run_list(ram, arguments):
    config = {
        "PageSize": arguments.page_size,
        "MaxItems": arguments.max_items,
        "StartingToken": arguments.starting_token,
    }
    ram.list(arguments.operation, arguments.params, config)


def run_pages(ram, arguments):
    params = dict(arguments.params)
    while True:
        answer = ram.call(arguments.operation, params, label="page")
        if answer is None or not answer.get("nextToken"):
            return
        params["nextToken"] = answer["nextToken"]


def run_call(ram, arguments):
    ram.call(arguments.operation, arguments.params)


def run_all_paginators(ram, arguments):
    listings = json.loads(LISTINGS.read_text(encoding="utf-8"))
    for operation, params in listings.items():
        ram.list(operation, arguments.params.get(operation, params), {"PageSize": arguments.page_size})


def run_life(ram, arguments):
    created = ram.call("CreateResourceShare", {"name": arguments.name})
    if created is None:
        return
    arn = created["resourceShare"]["resourceShareArn"]
    by_arn = {"resourceOwner": "SELF", "resourceShareArns": [arn]}
    if not arguments.untagged:
        ram.call("TagResource", {"resourceShareArn": arn, "tags": [{"key": "team", "value": "Größe"}]})
    ram.call("GetResourceShares", by_arn)
    ram.call("UpdateResourceShare", {"resourceShareArn": arn, "name": arguments.name + " renamed"})
    ram.call("GetResourceShares", by_arn)
    ram.call("DeleteResourceShare", {"resourceShareArn": arn})
    ram.call("GetResourceShares", by_arn)


def run_batch(ram, _arguments):
    for line in sys.stdin:
        words = json.loads(line)
        emit({"step": words})
        arguments = parse_arguments(words)
        arguments.run(ram, arguments)


class Ram:
    """A boto3 client that prints every HTTP answer before boto3 parses it."""

    def __init__(self):
        self.client = boto3.client("ram")
        self.client.meta.events.register("before-parse.ram", self._print_http)
        self.failed = False

    def call(self, operation, params, label="answer"):
        """Prints the answer to one call and returns it, or None after an error."""
        with self._errors(operation):
            answer = self._method(operation)(**params)
            attempts = answer.pop("ResponseMetadata")["RetryAttempts"]
            emit({label: answer, "operation": operation, "retryAttempts": attempts})
            return answer

    def list(self, operation, params, config):
        with self._errors(operation):
            config = {name: value for name, value in config.items() if value is not None}
            pages = self._paginator(operation).paginate(**params, PaginationConfig=config)
            for page in pages:
                page.pop("ResponseMetadata", None)
                emit({"page": page, "operation": operation})
            if pages.resume_token:
                emit({"resumeToken": pages.resume_token})

    def _paginator(self, operation):
        method = boto3_method_name(operation)
        if self.client.can_paginate(method):
            return self.client.get_paginator(method)
        # boto3 has a paginator for 7 of the 14 paged operations. Its own engine
        # walks the others too, told what RAM's documentation says of them.
        model = self.client.meta.service_model.operation_model(operation)
        lists = [name for name, shape in model.output_shape.members.items() if shape.type_name == "list"]
        config = {
            "input_token": "nextToken",
            "output_token": "nextToken",
            "limit_key": "maxResults",
            "result_key": lists[0],
        }
        return botocore.paginate.Paginator(self._method(operation), config, model)

    def _method(self, operation):
        return getattr(self.client, boto3_method_name(operation))

    def _errors(self, operation):
        return PrintErrors(self, operation)

    @staticmethod
    def _print_http(operation_model, response_dict, **_):
        headers = response_dict["headers"]
        emit({
            "http": {
                "operation": operation_model.name,
                "status": response_dict["status_code"],
                "errorType": headers.get("x-amzn-errortype"),
                "contentType": headers.get("content-type"),
                "body": base64.b64encode(response_dict["body"]).decode("ascii"),
            }
        })


class PrintErrors:
    """Prints what botocore raises in its block, and lets the next call go on."""

    def __init__(self, ram, operation):
        self.ram = ram
        self.operation = operation

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        if isinstance(error, botocore.exceptions.ClientError):
            metadata = error.response["ResponseMetadata"]
            found = {
                "code": error.response["Error"].get("Code"),
                "message": error.response["Error"].get("Message"),
                "status": metadata["HTTPStatusCode"],
                "retryAttempts": metadata["RetryAttempts"],
            }
        elif isinstance(error, botocore.exceptions.BotoCoreError):
            found = {"code": kind.__name__, "message": str(error)}
        else:
            return False
        self.ram.failed = True
        emit({"error": found, "operation": self.operation})
        return True


def boto3_method_name(operation):
    return botocore.xform_name(operation)


def emit(line):
    print(json.dumps(line, sort_keys=True, default=in_utc), flush=True)


def in_utc(time):
    return time.astimezone(datetime.timezone.utc).isoformat()


if __name__ == "__main__":
    main()
