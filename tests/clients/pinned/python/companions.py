"""What a suite does that shares subnets: across EC2, IAM, Organizations, STS and RAM, and, unless `few` or `reads` is asked, five
more services. Prints what it sees, one JSON a line."""

import json
import sys
import time

import boto3

REGION = "us-east-1"


def client(service):
    return boto3.client(service, region_name=REGION)


def show(**seen):
    print(json.dumps(seen, default=str, sort_keys=True))


def network():
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    show(subnets=[s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]
    seen = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    show(subnets=[s["SubnetId"] for s in seen], arn=subnet["SubnetArn"])
    return subnet["SubnetArn"]


def role(name):
    iam = client("iam")
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException as error:
        show(before=error.response["Error"]["Code"])
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    show(arn=arn, polled=[iam.get_role(RoleName=name)["Role"]["Arn"] for _ in range(3)])
    return arn


def organization():
    organizations = client("organizations")
    show(organization=organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"])
    created = organizations.create_account(Email="a@example.com", AccountName="member")["CreateAccountStatus"]
    while created["State"] == "IN_PROGRESS":
        time.sleep(0.1)
        created = organizations.describe_create_account_status(CreateAccountRequestId=created["Id"])["CreateAccountStatus"]
    show(accounts=[a["Name"] for a in organizations.list_accounts()["Accounts"]])


def share(subnet, principal):
    ram = client("ram")
    made = ram.create_resource_share(name="subnets", resourceArns=[subnet], principals=[principal])["resourceShare"]
    listed = ram.get_resource_shares(resourceOwner="SELF")["resourceShares"]
    show(share=made["resourceShareArn"], listed=[s["name"] for s in listed])


def delete_role(name):
    iam = client("iam")
    iam.delete_role(RoleName=name)
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException as error:
        show(after=error.response["Error"]["Code"])


def others():
    ssm = client("ssm")
    ssm.put_parameter(Name="/team/size", Value="7", Type="String")
    ssm.put_parameter(Name="/team/key", Value="planted-secure-string", Type="SecureString")
    show(parameter=ssm.get_parameter(Name="/team/size")["Parameter"]["Value"])
    key = client("kms").create_key(Description="größe")["KeyMetadata"]["KeyId"]
    show(key=client("kms").describe_key(KeyId=key)["KeyMetadata"]["Description"])
    dynamodb = client("dynamodb")
    attribute = {"AttributeName": "id", "AttributeType": "S"}
    dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[attribute],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}, "n": {"N": "1.50"}})
    show(item=dynamodb.get_item(TableName="t", Key={"id": {"S": "1"}})["Item"])
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    show(message=sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="a/b c.txt", Body="größe".encode(), Metadata={"k": "v"})
    found = s3.get_object(Bucket="bucket", Key="a/b c.txt")
    show(objects=[o["Key"] for o in s3.list_objects_v2(Bucket="bucket")["Contents"]], metadata=found["Metadata"])
    show(content=found["Body"].read().decode(), etag=found["ETag"])
    show(length=s3.head_object(Bucket="bucket", Key="a/b c.txt")["ContentLength"])


def reads():
    network(), role("reader"), organization()
    filters = [{"Name": "state", "Values": ["available"]}]
    show(subnets=len(client("ec2").describe_subnets(Filters=filters)["Subnets"]))
    show(roles=len(client("iam").list_roles()["Roles"]), accounts=len(client("organizations").list_accounts()["Accounts"]))
    show(account=client("sts").get_caller_identity()["Account"])


if sys.argv[1:] == ["reads"]:
    reads()
else:
    subnet, principal = network(), role("reader")
    organization()
    share(subnet, principal)
    delete_role("reader")
    if not sys.argv[1:]:
        others()
