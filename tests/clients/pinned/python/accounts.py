"""An owner shares with a consumer in another account: two profiles, one run.

    accounts.py CONSUMER_ACCOUNT

Prints what each of them was answered, one JSON object a line, as ram.py does.
Endpoint and region come from the environment, the keys from the profiles
"owner" and "consumer".
"""

import datetime
import json
import sys

import boto3

POLLS = 20


def main():
    consumer_account = sys.argv[1]
    owner = boto3.Session(profile_name="owner").client("ram")
    consumer = boto3.Session(profile_name="consumer").client("ram")

    # The same request of both: answered to each with what it sees.
    emit("owner", owner.get_resource_share_invitations())
    emit("consumer", consumer.get_resource_share_invitations())

    created = emit("owner", owner.create_resource_share(name="two-accounts", clientToken="create"))
    arn = created["resourceShare"]["resourceShareArn"]
    emit("owner", owner.associate_resource_share(
        resourceShareArn=arn, principals=[consumer_account], clientToken="associate"))

    invitations = emit("consumer", consumer.get_resource_share_invitations(resourceShareArns=[arn]))
    [invitation] = invitations["resourceShareInvitations"]
    emit("consumer", consumer.accept_resource_share_invitation(
        resourceShareInvitationArn=invitation["resourceShareInvitationArn"], clientToken="accept"))

    for _ in range(POLLS):
        answer = emit("owner", owner.get_resource_share_associations(
            associationType="PRINCIPAL", resourceShareArns=[arn]))
        if answer["resourceShareAssociations"][0]["status"] == "ASSOCIATED":
            return
    sys.exit("the principal was never associated")


def emit(who, answer):
    answer.pop("ResponseMetadata")
    print(json.dumps({who: answer}, sort_keys=True, default=in_utc), flush=True)
    return answer


def in_utc(time):
    return time.astimezone(datetime.timezone.utc).isoformat()


if __name__ == "__main__":
    main()
