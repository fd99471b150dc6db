"""What cassettes/quickstart was recorded with, and what its test replays. Prints what came back."""

import boto3

ram = boto3.client("ram")

# A listing, as a paginator walks it.
shares = ram.get_paginator("get_resource_shares")
for page in shares.paginate(resourceOwner="SELF", PaginationConfig={"PageSize": 5}):
    print(page.get("nextToken"), *(share["name"] for share in page["resourceShares"]), sep="|")

# A listing that boto3 has no paginator for: the token is handed back by hand.
asked = {"maxResults": 5}
while True:
    page = ram.list_resource_types(**asked)
    print(page.get("nextToken"), *(kind["resourceType"] for kind in page["resourceTypes"]), sep="|")
    if "nextToken" not in page:
        break
    asked["nextToken"] = page["nextToken"]

# One share, by its name.
for share in ram.get_resource_shares(resourceOwner="SELF", name="transit-hub")["resourceShares"]:
    print(share["name"], share["status"], share["creationTime"].timestamp())

# A request that is refused: the error is an answer like any other.
try:
    ram.get_resource_shares(resourceOwner="SELF", resourceShareStatus="ASLEEP")
except ram.exceptions.InvalidParameterException as error:
    print(error)
