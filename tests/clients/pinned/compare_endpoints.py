"""Compares [variables] and [labels] of config/services.toml with all services of the installed botocore.

Prints one line for each difference. A service's label is its own name where a client's hosts begin with that, else what the hosts
of its clients begin with; where those differ, the table chooses one of them. Its variables are those of the clients whose hosts
begin with the label; where there is no such choice and one client alone, of that client. The exit code is 1 if there are any
differences.
"""

import argparse
import pathlib
import re
import sys
import tomllib

import botocore
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

TABLE = pathlib.Path(__file__).parents[3] / "config" / "services.toml"

# One in which few services have an endpoint that is not a region's.
REGION = "eu-west-1"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=pathlib.Path, default=TABLE, help="another table than config/services.toml")
    table = tomllib.loads(parser.parse_args().table.read_text("utf-8"))
    found = differences(read_models(), table["variables"], table["labels"])
    for difference in found:
        print(difference)
    verdict = f"{len(found)} differences" if found else "no difference"
    print(f"botocore {botocore.__version__}: {verdict}", file=sys.stderr)
    sys.exit(1 if found else 0)


def read_models():
    """By each name in signatures: the clients' names in variables, each with what its hosts begin with, if they are usual ones."""
    loader, services = Loader(), {}
    partitions = loader.load_data("partitions")
    for name in loader.list_available_services("service-2"):
        model = loader.load_service_model(name, "service-2")["metadata"]
        service = model.get("signingName", model["endpointPrefix"])
        # The others are no names of services for ramtape.
        if re.fullmatch("[a-z0-9-]+", service):
            client = model["serviceId"].replace(" ", "_").upper()
            services.setdefault(service, {})[client] = label(loader, partitions, name, model)
    return services


def label(loader, partitions, name, model):
    rules = loader.load_service_model(name, "endpoint-rule-set-1")
    given = {key: value["default"] for key, value in rules["parameters"].items() if "default" in value}
    try:
        url = EndpointProvider(rules, partitions).resolve_endpoint(**given, Region=REGION).url
    except BotoCoreError:
        # Some need more than a region to tell.
        return model["endpointPrefix"]
    if url.endswith(".api.aws"):
        return None
    usual = re.fullmatch(rf"https://(.+)\.{REGION}\.amazonaws\.com", url)
    return usual[1] if usual else model["endpointPrefix"]


def differences(services, variables, labels):
    unknown = (variables.keys() | labels.keys()) - services.keys()
    found = [f"{name}: the table has it, the models have not" for name in sorted(unknown)]
    for name, clients in sorted(services.items()):
        known = {label for label in clients.values() if label}
        chosen = labels.get(name, name)
        expected = name if name in known or not known else known.pop() if len(known) == 1 else None
        if expected and chosen != expected or not expected and name in labels and chosen not in known:
            found.append(f"label of {name}: {expected or sorted(known)} in the models, {chosen} in the table")
        own = name.upper().replace("-", "_")
        led = {client for client, label in clients.items() if label == chosen} or set(clients if len(clients) == 1 else ())
        told = set(variables.get(name, [own]))
        if led:
            found += [f"variables of {name}: the models have {client}, the table has not" for client in sorted(led - told)]
            found += [f"variables of {name}: the table has {client}, the models have not" for client in sorted(told - led)]
        if variables.get(name) == [own]:
            found.append(f"variables of {name}: {own} is the rule")
    return found


if __name__ == "__main__":
    main()
