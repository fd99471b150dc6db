//! Idempotency, tags and permissions.

use serde_json::{Value, json};

use super::client::Client;
use super::{empty, started};

const TEMPLATE: &str = r#"{"Effect":"Allow","Action":["ec2:DescribeSubnets"]}"#;
const SUBNET: &str = "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1";
const MANAGED: &str = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet";

async fn share(owner: &Client) -> String {
    let answer = owner.ok("/createresourceshare", json!({"name": "s", "resourceArns": [SUBNET]})).await;
    answer["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned()
}

async fn permission(owner: &Client) -> String {
    let body = json!({"name": "mine", "resourceType": "ec2:Subnet", "policyTemplate": TEMPLATE});
    let answer = owner.ok("/createpermission", body).await;
    answer["permission"]["arn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_token_makes_a_write_idempotent() {
    let (_simulator, owner, consumer) = started(empty()).await;
    let first = owner.post("/createresourceshare", r#"{"name": "s", "clientToken": "a b+/=&ü"}"#).await;
    assert_eq!(first.json()["clientToken"], "a b+/=&ü");
    // Spelled differently, the same.
    let again = owner.post("/createresourceshare", r#"{"clientToken":"a b+/=&\u00fc","tags":null,"name":"s"}"#).await;
    assert_eq!(first.body, again.body);
    let count =
        async |client: &Client| client.items("/getresourceshares", &json!({"resourceOwner": "SELF"})).await.len();
    assert_eq!(count(&owner).await, 1);
    let other = json!({"name": "t", "clientToken": "a b+/=&ü"});
    owner.refused("/createresourceshare", other.clone(), "IdempotentParameterMismatchException").await;
    // Another operation's, another account's.
    let body =
        json!({"name": "p", "resourceType": "ec2:Subnet", "policyTemplate": TEMPLATE, "clientToken": "a b+/=&ü"});
    owner.ok("/createpermission", body).await;
    consumer.ok("/createresourceshare", other).await;
    assert_eq!((count(&owner).await, count(&consumer).await), (1, 1));
    // Without a token every write is a new one, and nothing is echoed.
    let plain = owner.ok("/createresourceshare", json!({"name": "s"})).await;
    assert_eq!(plain.get("clientToken"), None);
    assert_eq!(count(&owner).await, 2);
    for token in [String::new(), "x".repeat(65)] {
        let body = json!({"name": "s", "clientToken": token});
        owner.refused("/createresourceshare", body, "InvalidClientTokenException").await;
    }
    // A refused write does not use its token up.
    owner.refused("/createresourceshare", json!({"clientToken": "t"}), "InvalidParameterException").await;
    owner.ok("/createresourceshare", json!({"name": "u", "clientToken": "t"})).await;
}

#[tokio::test]
async fn tags_come_and_go() {
    let (_simulator, owner, _) = started(empty()).await;
    let arn = share(&owner).await;
    let tags = async || {
        let shares = owner.items("/getresourceshares", &json!({"resourceOwner": "SELF"})).await;
        shares[0]["tags"].clone()
    };
    let tag = |tags: Value| json!({"resourceShareArn": arn, "tags": tags});
    let both = json!([{"key": "a", "value": "1"}, {"key": "b", "value": ""}]);
    assert_eq!(owner.ok("/tagresource", tag(both.clone())).await, json!({}));
    assert_eq!(tags().await, both);
    owner.ok("/tagresource", tag(json!([{"key": "a", "value": "2"}]))).await;
    owner.ok("/untagresource", json!({"resourceShareArn": arn, "tagKeys": ["b", "none"]})).await;
    assert_eq!(tags().await, json!([{"key": "a", "value": "2"}]));
    let many: Vec<Value> = (0..50).map(|n| json!({"key": format!("k{n}"), "value": ""})).collect();
    owner.refused("/tagresource", tag(json!(many)), "TagLimitExceededException").await;
    owner.refused("/tagresource", tag(json!([{"key": "aws:x", "value": ""}])), "InvalidParameterException").await;
    assert_eq!(tags().await, json!([{"key": "a", "value": "2"}]));
    let permission = permission(&owner).await;
    owner.ok("/tagresource", json!({"resourceArn": permission, "tags": both})).await;
    let shown = owner.ok("/getpermission", json!({"permissionArn": permission})).await;
    assert_eq!(shown["permission"]["tags"], both);
}

#[tokio::test]
async fn a_share_is_updated() {
    let (_simulator, owner, _) = started(empty()).await;
    let arn = share(&owner).await;
    let body = json!({"resourceShareArn": arn, "name": "neu", "allowExternalPrincipals": false});
    let updated = owner.ok("/updateresourceshare", body).await["resourceShare"].clone();
    assert_eq!((&updated["name"], &updated["allowExternalPrincipals"]), (&json!("neu"), &json!(false)));
    assert_ne!(updated["creationTime"], updated["lastUpdatedTime"]);
    owner.refused("/updateresourceshare", json!({"name": "x"}), "MissingRequiredParameterException").await;
}

#[tokio::test]
async fn a_permission_has_versions() {
    let (_simulator, owner, _) = started(empty()).await;
    let arn = permission(&owner).await;
    let body = json!({"name": "mine", "resourceType": "ec2:Subnet", "policyTemplate": TEMPLATE});
    let taken = owner.refused("/createpermission", body, "PermissionAlreadyExistsException").await;
    assert_eq!(taken.status, 409);
    let next = json!({"permissionArn": arn, "policyTemplate": r#"{"Effect":"Allow","Action":"ec2:*"}"#});
    let second = owner.ok("/createpermissionversion", next.clone()).await["permission"].clone();
    assert_eq!((&second["version"], &second["defaultVersion"]), (&json!("2"), &json!(true)));
    let first = owner.ok("/getpermission", json!({"permissionArn": arn, "permissionVersion": 1})).await;
    assert_eq!((&first["permission"]["permission"], &first["permission"]["version"]), (&json!(TEMPLATE), &json!("1")));
    let target = format!("/deletepermissionversion?permissionArn={}&permissionVersion=", arn.replace('/', "%2F"));
    let default = owner.call("DELETE", &format!("{target}2"), "").await;
    assert_eq!(default.error(), "OperationNotPermittedException");
    owner.ok("/setdefaultpermissionversion", json!({"permissionArn": arn, "permissionVersion": 1})).await;
    let deleted = owner.call("DELETE", &format!("{target}2&clientToken=t"), "").await;
    assert_eq!(deleted.json(), json!({"returnValue": true, "permissionStatus": "DELETED", "clientToken": "t"}));
    assert_eq!(owner.call("DELETE", &format!("{target}2"), "").await.error(), "UnknownResourceException");
    assert_eq!(owner.call("DELETE", &format!("{target}x"), "").await.error(), "SerializationException");
    for _ in 0..4 {
        owner.ok("/createpermissionversion", next.clone()).await;
    }
    owner.refused("/createpermissionversion", next, "PermissionVersionsLimitExceededException").await;
    let deleted = owner.call("DELETE", &format!("/deletepermission?permissionArn={arn}"), "").await;
    assert_eq!(deleted.json(), json!({"returnValue": true, "permissionStatus": "DELETING"}));
    owner.refused("/getpermission", json!({"permissionArn": arn}), "UnknownResourceException").await;
}

#[tokio::test]
async fn templates_are_checked() {
    let (_simulator, owner, _) = started(empty()).await;
    for (template, error) in [
        ("{", "MalformedPolicyTemplateException"),
        ("[]", "MalformedPolicyTemplateException"),
        (r#"{"Effect":"Allow"}"#, "MalformedPolicyTemplateException"),
        (r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, "InvalidPolicyException"),
    ] {
        let body = json!({"name": "p", "resourceType": "ec2:Subnet", "policyTemplate": template});
        owner.refused("/createpermission", body, error).await;
    }
    let managed = json!({"permissionArn": MANAGED, "policyTemplate": TEMPLATE});
    owner.refused("/createpermissionversion", managed, "OperationNotPermittedException").await;
}

#[tokio::test]
async fn a_deprecated_permission_stays_where_it_is_and_goes_nowhere_else() {
    let (_simulator, owner, _) = started(empty()).await;
    let (mine, first, second) = (permission(&owner).await, share(&owner).await, share(&owner).await);
    let attach = |share: &str| json!({"resourceShareArn": share, "permissionArn": mine, "replace": true});
    owner.ok("/associateresourcesharepermission", attach(&first)).await;
    let update = |status: &str| json!({"permissionArn": mine, "status": status, "clientToken": status});
    let deprecated = owner.ok("/updatepermission", update("DEPRECATED")).await;
    assert_eq!(deprecated, json!({"permissionStatus": "DEPRECATED", "clientToken": "DEPRECATED"}));

    let refusal = "OperationNotPermittedException";
    owner.refused("/associateresourcesharepermission", attach(&second), refusal).await;
    owner.refused("/createresourceshare", json!({"name": "n", "permissionArns": [mine]}), refusal).await;
    let replace = json!({"fromPermissionArn": MANAGED, "toPermissionArn": mine});
    owner.refused("/replacepermissionassociations", replace, refusal).await;
    let attached = |share: &str| json!({"permissionArn": mine, "resourceShareArn": share, "resourceOwner": "SELF"});
    assert_eq!(owner.items("/listpermissionassociations", &attached(&first)).await.len(), 1, "it is still there");
    assert_eq!(owner.items("/listpermissionassociations", &attached(&second)).await.len(), 0);

    let shown = owner.ok("/getpermission", json!({"permissionArn": mine})).await;
    assert_eq!(shown["permission"]["status"], "DEPRECATED");
    let listed = |status: &'static str| {
        let owner = &owner;
        async move {
            owner.items("/listpermissions", &json!({"permissionStatus": status, "resourceOwner": "SELF"})).await.len()
        }
    };
    assert_eq!((listed("DEPRECATED").await, listed("ATTACHABLE").await), (1, 0));
    owner.ok("/updatepermission", update("ATTACHABLE")).await;
    assert_eq!((listed("DEPRECATED").await, listed("ATTACHABLE").await), (0, 1));
    owner.ok("/associateresourcesharepermission", attach(&second)).await;

    for (body, error) in [
        (json!({"permissionArn": mine}), "InvalidParameterException"),
        (json!({"permissionArn": mine, "status": "DELETED"}), "InvalidParameterException"),
        (json!({"permissionArn": "x", "status": "DEPRECATED"}), "MalformedArnException"),
        (json!({"permissionArn": format!("{mine}x"), "status": "DEPRECATED"}), "UnknownResourceException"),
        (json!({"permissionArn": MANAGED, "status": "DEPRECATED"}), refusal),
        (
            json!({"permissionArn": mine, "status": "DEPRECATED", "clientToken": "ATTACHABLE"}),
            "IdempotentParameterMismatchException",
        ),
    ] {
        owner.refused("/updatepermission", body, error).await;
    }
}

#[tokio::test]
async fn permissions_are_attached_and_replaced() {
    let (_simulator, owner, _) = started(empty()).await;
    let (arn, mine) = (share(&owner).await, permission(&owner).await);
    let attached = async || {
        let items = owner.items("/listresourcesharepermissions", &json!({"resourceShareArn": arn})).await;
        items.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(attached().await, ["AWSRAMDefaultPermissionSubnet"]);
    let mut body = json!({"resourceShareArn": arn, "permissionArn": mine});
    owner.refused("/associateresourcesharepermission", body.clone(), "InvalidParameterException").await;
    body["replace"] = json!(true);
    assert_eq!(owner.ok("/associateresourcesharepermission", body).await, json!({"returnValue": true}));
    assert_eq!(attached().await, ["mine"]);
    let shares =
        owner.items("/listpermissionassociations", &json!({"permissionArn": mine, "defaultVersion": true})).await;
    assert_eq!((shares.len(), &shares[0]["resourceShareArn"]), (1, &json!(arn)));
    let target = format!("/deletepermission?permissionArn={mine}");
    assert_eq!(owner.call("DELETE", &target, "").await.error(), "OperationNotPermittedException");
    let body = json!({"resourceShareArn": arn, "permissionArn": mine});
    owner.refused("/disassociateresourcesharepermission", body, "InvalidStateTransitionException").await;

    let body = json!({"fromPermissionArn": mine, "toPermissionArn": MANAGED, "clientToken": "t"});
    let work = owner.ok("/replacepermissionassociations", body).await;
    assert_eq!(work["replacePermissionAssociationsWork"]["status"], "IN_PROGRESS");
    assert_eq!(attached().await, ["AWSRAMDefaultPermissionSubnet"]);
    let id = &work["replacePermissionAssociationsWork"]["id"];
    for expected in ["IN_PROGRESS", "COMPLETED"] {
        let works = owner.items("/listreplacepermissionassociationswork", &json!({"workIds": [id]})).await;
        assert_eq!(works[0]["status"], expected);
    }
}

#[tokio::test]
async fn what_a_policy_created_is_promoted() {
    let (_simulator, owner, _) = started(ramtape::simulator::SimulatorSettings::default()).await;
    let shares = owner.items("/getresourceshares", &json!({"resourceOwner": "SELF"})).await;
    let from_policy = shares.iter().find(|share| share["featureSet"] == "CREATED_FROM_POLICY").unwrap();
    let arn = from_policy["resourceShareArn"].as_str().unwrap();
    let target = format!("/promoteresourcesharecreatedfrompolicy?resourceShareArn={arn}");
    assert_eq!(owner.call("POST", &target, "").await.json(), json!({"returnValue": true}));
    assert_eq!(owner.call("POST", &target, "").await.error(), "InvalidStateTransitionException");
    let parameters = json!({"resourceOwner": "SELF", "resourceShareArns": [arn]});
    for expected in ["PROMOTING_TO_STANDARD", "STANDARD"] {
        assert_eq!(owner.items("/getresourceshares", &parameters).await[0]["featureSet"], expected);
    }
    let missing = owner.call("POST", "/promoteresourcesharecreatedfrompolicy", "").await;
    assert_eq!(missing.error(), "MissingRequiredParameterException");

    let permissions = owner.items("/listpermissions", &json!({"permissionType": "CUSTOMER_MANAGED"})).await;
    let from_policy = permissions.iter().find(|it| it["featureSet"] == "CREATED_FROM_POLICY").unwrap();
    let body = json!({"permissionArn": from_policy["arn"], "name": "promoted"});
    let promoted = owner.ok("/promotepermissioncreatedfrompolicy", body.clone()).await;
    assert_eq!(promoted["permission"]["featureSet"], "STANDARD");
    owner.refused("/promotepermissioncreatedfrompolicy", body, "InvalidParameterException").await;
    assert_eq!(owner.call("POST", "/enablesharingwithawsorganization", "").await.json(), json!({"returnValue": true}));
}
