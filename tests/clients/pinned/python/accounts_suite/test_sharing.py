"""A suite as teams have them: the owner's and the consumer's accounts come from STS, the rest is asked with what that gives.

Nothing in it knows of ramtape.
"""

import random
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

OWNER = "arn:aws:iam::111111111111:role/sharing/owner"
CONSUMER = "arn:aws:iam::222222222222:role/consumer"


def session_as(role, source=None):
    """A boto3 session with the credentials of `role`, asked for with those of `source`."""
    sts = (source or boto3.Session()).client("sts")
    name = f"test-{random.randrange(10**9)}"
    given = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def account_of(session):
    return session.client("sts").get_caller_identity()["Account"]


def shares(session):
    listed = session.client("ram").get_resource_shares(resourceOwner="SELF")["resourceShares"]
    return [share["name"] for share in listed]


@pytest.fixture(scope="module")
def owner():
    return session_as(OWNER)


@pytest.fixture(scope="module")
def consumer():
    return session_as(CONSUMER)


def test_each_role_is_of_its_account(owner, consumer):
    assert (account_of(owner), account_of(consumer)) == ("111111111111", "222222222222")


def test_a_share_is_its_owners(owner, consumer):
    assert shares(owner) == []
    created = owner.client("ram").create_resource_share(name="from-owner")["resourceShare"]
    assert created["owningAccountId"] == "111111111111"
    assert (shares(owner), shares(consumer)) == (["from-owner"], [])


def test_a_role_of_the_same_name_in_another_account_is_another_caller(owner):
    namesake = session_as("arn:aws:iam::333333333333:role/owner")
    assert account_of(namesake) == "333333333333"
    assert (shares(namesake), shares(owner)) == ([], ["from-owner"])


def test_a_role_can_be_assumed_by_a_role(consumer):
    nested = session_as("arn:aws:iam::444444444444:role/nested", source=consumer)
    assert account_of(nested) == "444444444444"


def test_two_threads_assume_the_same_role():
    with ThreadPoolExecutor(2) as threads:
        sessions = list(threads.map(lambda _: session_as("arn:aws:iam::555555555555:role/shared"), range(2)))
    assert [account_of(session) for session in sessions] == ["555555555555"] * 2


def test_a_web_identity_needs_no_credentials():
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = boto3.client("sts", config=Config(signature_version=UNSIGNED))
    given = sts.assume_role_with_web_identity(
        RoleArn="arn:aws:iam::666666666666:role/web",
        RoleSessionName=f"web-{random.randrange(10**9)}",
        WebIdentityToken="planted.web.identity-token-" + str(random.randrange(10**9)),
    )["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert account_of(session) == "666666666666"
