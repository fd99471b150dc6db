"""Compares config/ram.toml with the model of RAM in the installed botocore.

Prints one line for each difference: what the model has and the table lacks, the
other way round, and what they say differently: operations, their method, path,
query parameters, members with types, required ones, page items, idempotency
token, answer, modelled errors; the errors' HTTP statuses; structures. The exit
code is 1 if there are any; with `--report` it is 0 all the same.
"""

import argparse
import pathlib
import sys
import tomllib

import botocore
import botocore.loaders
import botocore.session

TABLE = pathlib.Path(__file__).parents[3] / "config" / "ram.toml"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", action="store_true", help="exit with 0 although there are differences")
    parser.add_argument("--table", type=pathlib.Path, default=TABLE, help="another table than config/ram.toml")
    arguments = parser.parse_args()
    table = Table(tomllib.loads(arguments.table.read_text("utf-8")))
    found = differences(Model().said(), table.said())
    for difference in found:
        print(difference)
    verdict = f"{len(found)} differences" if found else "no difference"
    print(f"botocore {botocore.__version__}: {verdict}", file=sys.stderr)
    sys.exit(1 if found and not arguments.report else 0)


class Model:
    """RAM as botocore's model has it, in the words of the table."""

    def __init__(self):
        self.service = botocore.session.get_session().get_service_model("ram")
        paginators = botocore.loaders.Loader().load_service_model("ram", "paginators-1")
        self.pages = paginators["pagination"]
        self.structures = {}
        self.errors = {}

    def said(self):
        operations = {name: self.operation(name) for name in self.service.operation_names}
        return {"operation": operations, "structure": self.structures, "error": self.errors}

    def operation(self, name):
        model = self.service.operation_model(name)
        given = model.input_shape
        members = given.members if given else {}
        for error in model.error_shapes:
            self.errors[error.name] = {"HTTP status": error.metadata["error"]["httpStatusCode"]}
        return {
            "method": model.http["method"],
            "path": model.http["requestUri"],
            "query parameters": {
                member for member, shape in members.items() if shape.serialization.get("location") == "querystring"
            },
            "members": self.members(given),
            "required members": set(given.required_members if given else []),
            "page items": self.page_items(name, model),
            "idempotency tokens": set(model.idempotent_members) | ({"clientToken"} & set(members)),
            "members of the answer": self.members(model.output_shape),
            "errors": {error.name for error in model.error_shapes},
        }

    def page_items(self, name, model):
        """By botocore's paginator; where it has none, the list beside the next page's token."""
        if name in self.pages:
            return self.pages[name]["result_key"]
        given, answer = (shape.members if shape else {} for shape in (model.input_shape, model.output_shape))
        if "nextToken" not in given or "nextToken" not in answer:
            return None
        lists = [member for member, shape in answer.items() if shape.type_name == "list"]
        return ", ".join(lists)

    def members(self, shape):
        return {name: self.word(member) for name, member in shape.members.items()} if shape else {}

    def word(self, shape):
        if shape.type_name == "list":
            return f"[{self.word(shape.member)}]"
        if shape.type_name == "structure":
            if shape.name not in self.structures:
                self.structures[shape.name] = {}
                self.structures[shape.name]["members"] = self.members(shape)
            return shape.name
        return shape.type_name


class Table:
    """The same of config/ram.toml."""

    def __init__(self, table):
        self.table = table
        self.paging = table["paging"]

    def said(self):
        return {
            "operation": {name: self.operation(own) for name, own in self.table["operations"].items()},
            "structure": {name: {"members": typed(own)} for name, own in self.table["structures"].items()},
            "error": {name: {"HTTP status": status} for name, status in self.table["errors"].items()},
        }

    def operation(self, own):
        members, answer = typed(own), dict(own["answer"])
        if "page_items" in own:
            members[self.paging["size"]] = "integer"
            answer[self.paging["token"]] = "string"
        token = self.table["idempotency_token"]
        return {
            "method": own["method"],
            "path": own["path"],
            "query parameters": set(own.get("query", [])),
            "members": members,
            "required members": set(own.get("required", [])),
            "page items": own.get("page_items"),
            "idempotency tokens": {token} & set(own.get("volatile", [])),
            "members of the answer": answer,
            "errors": set(own["errors"]),
        }


def typed(own):
    """Members with their types: what `types` does not name is a string."""
    return {name: "string" for name in own["members"]} | own.get("types", {})


def differences(model, table):
    found = []
    for kind in model:
        modelled, own = model[kind], table[kind]
        found += [f"{kind} {name}: the model has it, the table has not" for name in sorted(modelled.keys() - own.keys())]
        found += [f"{kind} {name}: the table has it, the model has not" for name in sorted(own.keys() - modelled.keys())]
        for name in sorted(modelled.keys() & own.keys()):
            for what in modelled[name]:
                found += [f"{kind} {name}: {line}" for line in compared(what, modelled[name][what], own[name][what])]
    return found


def compared(what, modelled, own):
    """How two values of one kind differ, a line for each difference."""
    if isinstance(modelled, (dict, set)):
        lacking, spare = sorted(set(modelled) - set(own)), sorted(set(own) - set(modelled))
        lines = [f"{what}: the model has {name}, the table has not" for name in lacking]
        lines += [f"{what}: the table has {name}, the model has not" for name in spare]
        if isinstance(modelled, dict):
            for name in sorted(set(modelled) & set(own)):
                lines += compared(f"{what}: {name}", modelled[name], own[name])
        return lines
    return [] if modelled == own else [f"{what}: {modelled} in the model, {own} in the table"]


if __name__ == "__main__":
    main()
