"""aiobotocore."""

import pytest

get_session = pytest.importorskip("aiobotocore.session").get_session


@pytest.mark.asyncio
@pytest.mark.parametrize("case", ["a", "b"])
async def test_async(case):
    async with get_session().create_client("ram") as ram:
        arn = (await ram.create_resource_share(name="async"))["resourceShare"]["resourceShareArn"]
        await ram.tag_resource(resourceShareArn=arn, tags=[{"key": "case", "value": case}])
        shares = (await ram.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn]))["resourceShares"]
        assert [tag["value"] for share in shares for tag in share["tags"]] == [case]
