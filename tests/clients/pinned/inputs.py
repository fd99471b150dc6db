"""An input for every RAM operation with every member set, and its variants.

The members come from botocore's own model of RAM, so that none is forgotten;
their values from the tables below. `input(model)` is what both clients send,
`reordered(input)` says the same in other words, and each of `variants(...)`
changes one member so that another request results.
"""

import json

# What botocore's model has and the pinned JavaScript SDK's has not yet: both
# clients must be able to say the same.
NEWER_OPERATIONS = {"UpdatePermission"}
NEWER_MEMBERS = {
    "AssociateResourceSharePermission": {"permissionTemplateParameters"},
    "CreatePermission": {"permissionTemplateParameters"},
    "CreatePermissionVersion": {"permissionTemplateParameters"},
    "CreateResourceShare": {"permissionTemplateParameters"},
    "GetPermission": {"permissionTemplateParameters"},
    "ListPermissionAssociations": {"resourceOwner", "resourceShareArn"},
    "ListPermissions": {"resourceOwner", "permissionStatus"},
    "ReplacePermissionAssociations": {"permissionTemplateParameters"},
}

# They steer paging or idempotency and mean nothing else.
MEANINGLESS = {"clientToken", "nextToken", "maxResults"}

SHARE = "arn:aws:ram:us-east-1:123456789012:resource-share/7ab63972-b505-7e2a-420d-6f5d3EXAMPLE"
SUBNET = "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0a1b2c3d4e5f6a7"
INVITATION = "arn:aws:ram:us-east-1:123456789012:resource-share-invitation/1e3477be-4a95-46b4-bbe0-c4001EXAMPLE"
PERMISSION = "arn:aws:ram:us-east-1:123456789012:permission/reader"
POLICY = (
    '{"Effect":"Allow","Action":["ec2:RunInstances","ec2:DescribeSubnets"],"Condition":'
    '{"StringEquals":{"aws:PrincipalTag/team":"Größe/1"},"NumericLessThan":{"aws:MultiFactorAuthAge":1.50}}}'
)

# Lists stand in an order of no meaning, neither sorted nor reversed.
VALUES = {
    "associationStatus": "ASSOCIATED",
    "clientToken": "6c9f1c2e-5d0b-4e27-9d0f-000000000001",
    "fromPermissionArn": PERMISSION + "-old",
    "maxResults": 25,
    "name": 'Team „Netz\\Kern" 漢字 🦀 </x> \u00e4 a\u0308',
    "nextToken": "b3BhcXVl+token/1==",
    "permissionArn": PERMISSION,
    "permissionArns": [PERMISSION + "-b", PERMISSION + "-c", PERMISSION + "-a"],
    "permissionVersion": 3,
    "fromPermissionVersion": 2,
    "policyTemplate": POLICY,
    "principal": "111122223333",
    "principals": ["444455556666", "arn:aws:iam::111122223333:role/Größe", "111122223333"],
    "resourceArn": SUBNET,
    "resourceArns": [SUBNET + "2", SUBNET + "3", SUBNET + "1"],
    "resourceShareArn": SHARE,
    "resourceShareArns": [SHARE + "2", SHARE + "3", SHARE + "1"],
    "resourceShareInvitationArn": INVITATION,
    "resourceShareInvitationArns": [INVITATION + "2", INVITATION + "3", INVITATION + "1"],
    "resourceType": "ec2:Subnet",
    "sourceId": "123456789012",
    "sourceType": "aws:account",
    "sources": ["777788889999", "888899990000", "123456789012"],
    "tagFilters": [
        {"tagKey": "team", "tagValues": ["Größe", "a b"]},
        {"tagKey": "Env", "tagValues": []},
        {"tagKey": "env", "tagValues": ["prod"]},
    ],
    "tagKeys": ["team", "Env", "env"],
    "tags": [
        {"key": "team", "value": "Größe ✓"},
        {"key": "Env", "value": ""},
        {"key": "env", "value": "prod & \"test\"\t\u007f"},
    ],
    "toPermissionArn": PERMISSION + "-new",
    "workIds": ["work-2", "work-3", "work-1"],
}

# Members in a query are percent-encoded, each client in its own way.
QUERY_SUFFIX = "/ä 漢 a+b&c=d;e,(1)*!'~%41"


def operations(service_model):
    return [name for name in service_model.operation_names if name not in NEWER_OPERATIONS]


def meant_members(operation_model):
    """The input members that both clients know: name to shape."""
    shape = operation_model.input_shape
    newer = NEWER_MEMBERS.get(operation_model.name, set())
    if shape is None:
        return {}
    if missing := newer - set(shape.members):
        raise SystemExit(f"{operation_model.name} has no {missing}: NEWER_MEMBERS is stale")
    return {name: member for name, member in shape.members.items() if name not in newer}


def full_input(operation_model):
    return {name: value_of(name, shape) for name, shape in meant_members(operation_model).items()}


def value_of(name, shape):
    if shape.type_name == "structure":
        return {inner: value_of(inner, member) for inner, member in shape.members.items()}
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "string" and shape.enum and name not in VALUES:
        return shape.enum[0]
    value = VALUES[name]
    if shape.serialization.get("location") == "querystring" and shape.type_name == "string":
        value += QUERY_SUFFIX
    return value


def reordered(params):
    """The same request in other words, or None if there are none.

    RAM's lists have no order, not even in one another; a policy template is JSON, however it is written.
    """
    other = {name: rewritten(value) if name == "policyTemplate" else reversed_lists(value) for name, value in params.items()}
    return other if other != params else None


def reversed_lists(value):
    if isinstance(value, list):
        return [reversed_lists(item) for item in value[::-1]]
    if isinstance(value, dict):
        return {name: reversed_lists(item) for name, item in value.items()}
    return value


def rewritten(policy):
    """The same JSON: other order of keys, blanks, escapes and spelling of numbers."""
    return json.dumps(json.loads(policy), sort_keys=True, indent=1)


def variants(operation_model, params):
    """[JSON pointer, other value] for each place where another value is another request."""
    found = []
    for name, shape in meant_members(operation_model).items():
        if name not in MEANINGLESS:
            found += changes(f"/{name}", name, shape, params[name])
    return found


def changes(pointer, name, shape, value):
    if shape.type_name == "structure":
        return [
            change
            for inner, member in shape.members.items()
            for change in changes(f"{pointer}/{inner}", inner, member, value[inner])
        ]
    if shape.type_name == "list":
        # One element fewer; then the first one changed. An empty list is not an absent one.
        return [[pointer, value[:-1]], [pointer, []], *changes(f"{pointer}/0", name, shape.member, value[0])]
    return [[pointer, changed(name, shape, value)]]


def changed(name, shape, value):
    if shape.type_name == "boolean":
        return not value
    if shape.type_name == "integer":
        return value + 1
    if name == "policyTemplate":
        return value.replace("ec2:RunInstances", "ec2:StopInstances")
    if shape.enum:
        return next(other for other in shape.enum if other != value)
    return value + "-other"


def leaves(value, shape, pointer=""):
    """Pointers to members of `shape` that `value` leaves out: none, if it is full."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from leaves(value[name], member, f"{pointer}/{name}")
            else:
                yield f"{pointer}/{name}"
    elif shape.type_name == "list" and not value:
        yield pointer
    elif shape.type_name == "list":
        yield from leaves(value[0], shape.member, f"{pointer}/0")


def applied(params, pointer, value):
    """A copy of `params` with the member at `pointer` set to `value`."""
    if not pointer:
        return value
    copy = json.loads(json.dumps(params))
    *parents, last = [int(part) if part.isdigit() else part for part in pointer.split("/")[1:]]
    target = copy
    for part in parents:
        target = target[part]
    target[last] = value
    return copy


def meaning(params):
    """One text for all spellings of a request."""
    def plain(name, value):
        if isinstance(value, list):
            return sorted(json.dumps(plain(name, element), sort_keys=True) for element in value)
        if isinstance(value, dict):
            return {inner: plain(inner, item) for inner, item in value.items()}
        return json.loads(value) if name == "policyTemplate" else value

    meaningful = {name: plain(name, value) for name, value in params.items() if name not in MEANINGLESS}
    return json.dumps(meaningful, sort_keys=True)
