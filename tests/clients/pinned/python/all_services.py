"""Makes each call of `services.json` by boto3 and by the JavaScript SDK (its modules are in CLIENT_MODULES), whatever is answered."""

import contextlib
import pathlib
import sys

import botocore.parsers

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import capture_services  # noqa: E402

for call in capture_services.CALLS:
    with contextlib.suppress(botocore.parsers.ResponseParserError):
        capture_services.call_boto3(*call)
capture_services.call_javascript([[*call, {}] for call in capture_services.CALLS])
