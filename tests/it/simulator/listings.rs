//! GetResourceShares and GetResourceShareInvitations as documented, and what the other listings filter by.

use ramtape::simulator::SimulatorSettings;
use serde_json::{Value, json};

use super::client::Client;
use super::started;

const SHARES: &str = "/getresourceshares";
const INVITATIONS: &str = "/getresourceshareinvitations";
const UNKNOWN_SHARE: &str = "arn:aws:ram:us-east-1:111122223333:resource-share/00000000-0000-4000-8000-000000000000";
const SUBNET_PERMISSION: &str = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet";

async fn names(client: &Client, parameters: Value) -> Vec<String> {
    let shares = client.items(SHARES, &parameters).await;
    shares.iter().map(|share| share["name"].as_str().unwrap().to_owned()).collect()
}

fn own(mut more: Value) -> Value {
    more["resourceOwner"] = json!("SELF");
    more
}

#[tokio::test]
async fn every_parameter_filters_shares() {
    let (_simulator, owner, _) = started(SimulatorSettings::default()).await;
    assert_eq!(names(&owner, own(json!({}))).await.len(), 10);
    let others = names(&owner, json!({"resourceOwner": "OTHER-ACCOUNTS"})).await;
    assert_eq!(others, ["central-prefix-lists", "shared-aurora", "partner-catalog", "partner-subnets"]);

    assert_eq!(names(&owner, own(json!({"name": "données-partagées"}))).await, ["données-partagées"]);
    assert!(names(&owner, own(json!({"name": "network"}))).await.is_empty());
    assert_eq!(names(&owner, own(json!({"resourceShareStatus": "DELETED"}))).await, ["old-subnets"]);
    assert_eq!(names(&owner, own(json!({"resourceShareStatus": "FAILED"}))).await, ["private-ca"]);
    assert_eq!(names(&owner, own(json!({"resourceShareStatus": "ACTIVE"}))).await.len(), 8);

    let network = json!([{"tagKey": "team", "tagValues": ["network", "none"]}]);
    assert_eq!(names(&owner, own(json!({"tagFilters": network}))).await.len(), 5);
    let both = json!([{"tagKey": "team", "tagValues": ["network"]}, {"tagKey": "stage"}]);
    assert_eq!(names(&owner, own(json!({"tagFilters": both, "resourceShareStatus": "FAILED"}))).await, ["private-ca"]);
    assert!(names(&owner, own(json!({"tagFilters": [{"tagKey": "none"}]}))).await.is_empty());

    let with_permission = json!({"permissionArn": SUBNET_PERMISSION});
    assert_eq!(names(&owner, own(with_permission)).await, ["network-subnets", "old-subnets"]);
    let of_version =
        json!({"permissionArn": SUBNET_PERMISSION, "permissionVersion": 1, "resourceShareStatus": "ACTIVE"});
    assert_eq!(names(&owner, own(of_version)).await, ["network-subnets"]);
    assert!(names(&owner, own(json!({"permissionArn": SUBNET_PERMISSION, "permissionVersion": 2}))).await.is_empty());

    let all = owner.items(SHARES, &own(json!({}))).await;
    let arns = json!([all[3]["resourceShareArn"], all[1]["resourceShareArn"]]);
    assert_eq!(names(&owner, own(json!({"resourceShareArns": arns}))).await, ["transit-hub", "build-projects"]);
    assert_eq!(names(&owner, own(json!({"resourceShareArns": []}))).await.len(), 10);
}

#[tokio::test]
async fn a_share_has_every_member() {
    let (_simulator, owner, _) = started(SimulatorSettings::default()).await;
    let shares = owner.items(SHARES, &own(json!({}))).await;
    let failed = shares.iter().find(|share| share["status"] == "FAILED").unwrap();
    let promoted = shares.iter().find(|share| share["featureSet"] == "CREATED_FROM_POLICY").unwrap();
    assert_eq!(promoted["resourceShareConfiguration"], json!({"retainSharingOnAccountLeaveOrganization": false}));
    let members: Vec<&str> = failed.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "resourceShareArn",
            "name",
            "owningAccountId",
            "allowExternalPrincipals",
            "status",
            "statusMessage",
            "tags",
            "creationTime",
            "lastUpdatedTime",
            "featureSet"
        ]
    );
    assert_eq!(failed["owningAccountId"], "111122223333");
    assert_eq!(failed["statusMessage"], "The resource could not be shared.");
    assert_eq!(failed["tags"][1], json!({"key": "stage", "value": "prod"}));
    assert!(failed["creationTime"].as_f64().is_some_and(|time| time > 1.632e9 && time.fract() != 0.0));
}

#[tokio::test]
async fn shares_are_refused_with_the_modelled_errors() {
    let (_simulator, owner, _) = started(SimulatorSettings::default()).await;
    let unknown = |body: Value| owner.refused(SHARES, own(body), "UnknownResourceException");
    unknown(json!({"resourceShareArns": [UNKNOWN_SHARE]})).await;
    unknown(json!({"permissionArn": "arn:aws:ram::aws:permission/None"})).await;
    for arn in [
        "",
        "x",
        "arn:aws:s3:::bucket",
        "arn:aws:ram:us-east-1:111122223333:resource-share",
        "arn:aws:ram:a:b:permission/x",
    ] {
        let refused = owner.refused(SHARES, own(json!({"resourceShareArns": [arn]})), "MalformedArnException").await;
        assert_eq!(refused.status, 400);
        let message = format!("The specified resource ARN {arn} is not valid. Verify the ARN and try again.");
        assert_eq!(refused.json(), json!({ "message": message }));
    }
    owner.refused(SHARES, own(json!({"permissionArn": UNKNOWN_SHARE})), "MalformedArnException").await;
    for body in [
        json!({}),
        json!({"resourceOwner": null}),
        json!({"resourceOwner": "self"}),
        own(json!({"resourceShareStatus": "GONE"})),
        own(json!({"permissionVersion": 1})),
        own(json!({"permissionArn": SUBNET_PERMISSION, "permissionVersion": 0})),
        own(json!({"tagFilters": [{}]})),
        own(json!({"maxResults": 501})),
    ] {
        owner.refused(SHARES, body, "InvalidParameterException").await;
    }
}

/// The documented example, `{}`, and both filters.
#[tokio::test]
async fn invitations_are_the_receivers() {
    let (_simulator, owner, consumer) = started(SimulatorSettings::default()).await;
    let all = owner.items(INVITATIONS, &json!({})).await;
    let statuses: Vec<&str> = all.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["ACCEPTED", "PENDING", "REJECTED"]);
    let members: Vec<&str> = all[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "resourceShareInvitationArn",
            "resourceShareName",
            "resourceShareArn",
            "senderAccountId",
            "receiverAccountId",
            "invitationTimestamp",
            "status"
        ]
    );
    assert!(consumer.items(INVITATIONS, &json!({})).await.is_empty());
    assert_eq!(owner.post(INVITATIONS, "").await.json()["resourceShareInvitations"], json!(all));

    let arns = json!({"resourceShareInvitationArns": [all[2]["resourceShareInvitationArn"]]});
    assert_eq!(owner.items(INVITATIONS, &arns).await, [all[2].clone()]);
    let shares = json!({"resourceShareArns": [all[1]["resourceShareArn"]]});
    assert_eq!(owner.items(INVITATIONS, &shares).await, [all[1].clone()]);
    let neither = json!({
        "resourceShareInvitationArns": [all[2]["resourceShareInvitationArn"]],
        "resourceShareArns": [all[1]["resourceShareArn"]],
    });
    assert!(owner.items(INVITATIONS, &neither).await.is_empty());

    let not_found = "ResourceShareInvitationArnNotFoundException";
    consumer.refused(INVITATIONS, arns, not_found).await;
    let unknown = UNKNOWN_SHARE.replace("resource-share", "resource-share-invitation");
    owner.refused(INVITATIONS, json!({"resourceShareInvitationArns": [unknown]}), not_found).await;
    for (name, error) in
        [("resourceShareInvitationArns", "MalformedArnException"), ("resourceShareArns", "UnknownResourceException")]
    {
        owner.refused(INVITATIONS, json!({ name: [UNKNOWN_SHARE] }), error).await;
    }
    owner.refused(INVITATIONS, json!({"resourceShareArns": ["x"]}), "MalformedArnException").await;
    owner.refused(INVITATIONS, json!({"nextToken": "x"}), "InvalidNextTokenException").await;
    owner.refused(INVITATIONS, json!({"maxResults": 0}), "InvalidMaxResultsException").await;
}

#[tokio::test]
async fn resources_and_principals_filter() {
    let (_simulator, owner, _) = started(SimulatorSettings::default()).await;
    let subnets = owner.items("/listresources", &own(json!({"resourceType": "EC2:subnet"}))).await;
    assert_eq!(subnets.len(), 1);
    let arn = &subnets[0]["arn"];
    assert_eq!(owner.items("/listresources", &own(json!({"resourceArns": [arn]}))).await, subnets);
    let global = own(json!({"resourceRegionScope": "GLOBAL"}));
    assert!(owner.items("/listresources", &global).await.is_empty());
    let with_consumer = owner.items("/listresources", &own(json!({"principal": "444455556666"}))).await;
    assert_eq!(with_consumer.len(), 3);
    owner.refused("/listresources", own(json!({"resourceType": "x:y"})), "InvalidResourceTypeException").await;
    owner.refused("/listprincipals", own(json!({"resourceType": "x:y"})), "InvalidParameterException").await;

    let consumers = owner.items("/listprincipals", &own(json!({"principals": ["444455556666"]}))).await;
    assert_eq!(consumers.len(), 3);
    assert!(consumers.iter().all(|principal| principal["external"] == json!(true)));
    let of_subnet = owner.items("/listprincipals", &own(json!({"resourceArn": arn}))).await;
    assert_eq!(of_subnet.len(), 2);
    let types = owner.items("/listresourcetypes", &json!({"resourceRegionScope": "GLOBAL"})).await;
    assert_eq!(types.len(), 1);
    let policies = owner.items("/getresourcepolicies", &json!({"resourceArns": [arn]})).await;
    let policy: Value = serde_json::from_str(policies[0].as_str().unwrap()).unwrap();
    assert_eq!(&policy["Statement"][0]["Resource"], arn);
    let unknown = json!({"resourceArns": ["arn:aws:ec2:us-east-1:111122223333:subnet/none"]});
    owner.refused("/getresourcepolicies", unknown, "ResourceArnNotFoundException").await;
}
