"""What the tests do with RAM."""

import boto3

# Made before any test: its requests are those of each.
at_import = boto3.client("ram")


def made(ram, name, tag):
    """A share that is made, tagged and read back: the value of its tag."""
    arn = ram.create_resource_share(name=name)["resourceShare"]["resourceShareArn"]
    ram.tag_resource(resourceShareArn=arn, tags=[{"key": "case", "value": tag}])
    shares = ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"]
    return [tag["value"] for share in shares for tag in share["tags"]]
