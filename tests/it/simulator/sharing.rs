//! A share's life, and its invitation's, between two accounts.

use ramtape::simulator::SimulatorSettings;
use serde_json::{Value, json};

use super::client::{Client, minutes};
use super::{empty, started};

const SUBNET: &str = "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1";
const CONSUMER: &str = "444455556666";

async fn create(owner: &Client, body: Value) -> String {
    let share = owner.ok("/createresourceshare", body).await;
    assert_eq!(share["resourceShare"]["status"], "PENDING");
    share["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned()
}

async fn status(client: &Client, whose: &str, arn: &str) -> Value {
    let body = json!({"resourceOwner": whose, "resourceShareArns": [arn]});
    client.ok("/getresourceshares", body).await["resourceShares"][0]["status"].clone()
}

async fn association(owner: &Client, kind: &str, arn: &str) -> Value {
    let body = json!({"associationType": kind, "resourceShareArns": [arn]});
    owner.ok("/getresourceshareassociations", body).await["resourceShareAssociations"][0]["status"].clone()
}

async fn invitation(client: &Client, arn: &str) -> Value {
    let answer = client.ok("/getresourceshareinvitations", json!({"resourceShareArns": [arn]})).await;
    answer["resourceShareInvitations"][0].clone()
}

#[tokio::test]
async fn a_share_settles_read_by_read() {
    let (_simulator, owner, _) = started(SimulatorSettings { settling_reads: 2, ..empty() }).await;
    let arn = create(&owner, json!({"name": "s", "resourceArns": [SUBNET]})).await;
    for expected in ["PENDING", "PENDING", "ACTIVE", "ACTIVE"] {
        assert_eq!(status(&owner, "SELF", &arn).await, expected);
    }
    for expected in ["ASSOCIATING", "ASSOCIATING", "ASSOCIATED", "ASSOCIATED"] {
        assert_eq!(association(&owner, "RESOURCE", &arn).await, expected);
    }
    let target = format!("/deleteresourceshare?resourceShareArn={}&clientToken=a%20b%2B", arn.replace(':', "%3A"));
    let deleted = owner.call("DELETE", &target, "").await;
    assert_eq!(deleted.json(), json!({"returnValue": true, "clientToken": "a b+"}));
    for expected in ["DELETING", "DELETING", "DELETED", "DELETED"] {
        assert_eq!(status(&owner, "SELF", &arn).await, expected);
    }
    let body = json!({"resourceOwner": "SELF", "resourceShareArns": [arn]});
    owner.refused("/getresourceshares", body, "UnknownResourceException").await;
    assert_eq!(owner.items("/getresourceshares", &json!({"resourceOwner": "SELF"})).await.len(), 0);
}

#[tokio::test]
async fn a_share_being_deleted_refuses_writes() {
    let (_simulator, owner, _) = started(empty()).await;
    let arn = create(&owner, json!({"name": "s"})).await;
    let target = format!("/deleteresourceshare?resourceShareArn={arn}");
    assert_eq!(owner.call("DELETE", &target, "").await.status, 200);
    let error = "InvalidStateTransitionException";
    assert_eq!(owner.call("DELETE", &target, "").await.error(), error);
    owner.refused("/updateresourceshare", json!({"resourceShareArn": arn, "name": "t"}), error).await;
    owner.refused("/associateresourceshare", json!({"resourceShareArn": arn, "resourceArns": [SUBNET]}), error).await;
}

#[tokio::test]
async fn who_accepted_may_leave_and_take_out_nobody_else() {
    let (_simulator, owner, consumer) = started(empty()).await;
    let body = json!({"name": "s", "principals": [CONSUMER, "999900001111"], "resourceArns": [SUBNET]});
    let arn = create(&owner, body).await;
    let leaving = json!({"resourceShareArn": arn, "principals": [CONSUMER]});
    // An invitation opens nothing that could be left.
    consumer.refused("/disassociateresourceshare", leaving.clone(), "UnknownResourceException").await;
    let invited = invitation(&consumer, &arn).await["resourceShareInvitationArn"].clone();
    consumer.ok("/acceptresourceshareinvitation", json!({"resourceShareInvitationArn": invited})).await;

    let not_its_own =
        [json!({"principals": ["999900001111"]}), json!({"principals": [CONSUMER], "resourceArns": [SUBNET]})];
    for mut body in not_its_own {
        body["resourceShareArn"] = json!(arn);
        consumer.refused("/disassociateresourceshare", body, "OperationNotPermittedException").await;
    }
    let left = consumer.ok("/disassociateresourceshare", leaving.clone()).await;
    let association = &left["resourceShareAssociations"][0];
    assert_eq!(
        (&association["associatedEntity"], &association["status"]),
        (&json!(CONSUMER), &json!("DISASSOCIATING"))
    );
    consumer.refused("/disassociateresourceshare", leaving.clone(), "UnknownResourceException").await;
    owner.refused("/disassociateresourceshare", leaving, "UnknownResourceException").await;
}

#[tokio::test]
async fn an_accepted_invitation_opens_the_share() {
    let (_simulator, owner, consumer) = started(empty()).await;
    let body = json!({"name": "s", "principals": [CONSUMER], "resourceArns": [SUBNET]});
    let arn = create(&owner, body).await;
    consumer
        .refused(
            "/getresourceshares",
            json!({"resourceOwner": "OTHER-ACCOUNTS", "resourceShareArns": [arn]}),
            "UnknownResourceException",
        )
        .await;
    assert_eq!(invitation(&owner, &arn).await, Value::Null);
    let invited = invitation(&consumer, &arn).await;
    assert_eq!(invited["status"], "PENDING");
    assert_eq!(invited["senderAccountId"], "111122223333");
    assert_eq!(invited["receiverAccountId"], CONSUMER);
    assert_eq!((&invited["resourceShareName"], &invited["resourceShareArn"]), (&json!("s"), &json!(arn)));
    let its_arn = json!({"resourceShareInvitationArn": invited["resourceShareInvitationArn"]});
    let offered = consumer.items("/listpendinginvitationresources", &its_arn).await;
    assert_eq!((&offered[0]["arn"], &offered[0]["type"]), (&json!(SUBNET), &json!("ec2:Subnet")));
    for _ in 0..3 {
        assert_eq!(association(&owner, "PRINCIPAL", &arn).await, "ASSOCIATING");
    }
    owner
        .refused("/acceptresourceshareinvitation", its_arn.clone(), "ResourceShareInvitationArnNotFoundException")
        .await;
    let mut accept = its_arn.clone();
    accept["clientToken"] = json!("t");
    let accepted = consumer.ok("/acceptresourceshareinvitation", accept).await;
    assert_eq!(accepted["clientToken"], "t");
    assert_eq!(accepted["resourceShareInvitation"]["status"], "ACCEPTED");
    for expected in ["ASSOCIATING", "ASSOCIATED"] {
        assert_eq!(association(&owner, "PRINCIPAL", &arn).await, expected);
    }
    // Settling is seen by whoever reads; the owner's reads alone move it here.
    status(&owner, "SELF", &arn).await;
    assert_eq!(status(&consumer, "OTHER-ACCOUNTS", &arn).await, "ACTIVE");
    let principals = consumer.items("/listprincipals", &json!({"resourceOwner": "OTHER-ACCOUNTS"})).await;
    assert_eq!(principals[0]["id"], "111122223333");
    let error = "ResourceShareInvitationAlreadyAcceptedException";
    consumer.refused("/acceptresourceshareinvitation", its_arn.clone(), error).await;
    consumer.refused("/rejectresourceshareinvitation", its_arn, error).await;

    let body = json!({"resourceShareArn": arn, "principals": [CONSUMER]});
    owner.ok("/disassociateresourceshare", body.clone()).await;
    for expected in ["DISASSOCIATING", "DISASSOCIATED"] {
        assert_eq!(association(&owner, "PRINCIPAL", &arn).await, expected);
    }
    owner.refused("/disassociateresourceshare", body, "UnknownResourceException").await;
    assert_eq!(consumer.items("/getresourceshares", &json!({"resourceOwner": "OTHER-ACCOUNTS"})).await.len(), 0);
}

#[tokio::test]
async fn a_rejected_invitation_closes_it() {
    let (_simulator, owner, consumer) = started(empty()).await;
    let arn = create(&owner, json!({"name": "s", "principals": ["arn:aws:iam::444455556666:role/r"]})).await;
    let invited = invitation(&consumer, &arn).await;
    assert_eq!(invited["receiverArn"], "arn:aws:iam::444455556666:role/r");
    let its_arn = json!({"resourceShareInvitationArn": invited["resourceShareInvitationArn"]});
    let rejected = consumer.ok("/rejectresourceshareinvitation", its_arn.clone()).await;
    assert_eq!(rejected["resourceShareInvitation"]["status"], "REJECTED");
    assert_eq!(association(&owner, "PRINCIPAL", &arn).await, "FAILED");
    let error = "ResourceShareInvitationAlreadyRejectedException";
    consumer.refused("/rejectresourceshareinvitation", its_arn.clone(), error).await;
    consumer.refused("/acceptresourceshareinvitation", its_arn.clone(), error).await;
    consumer.refused("/listpendinginvitationresources", its_arn, error).await;
}

#[tokio::test]
async fn an_invitation_expires() {
    let (simulator, owner, consumer) = started(empty()).await;
    let arn = create(&owner, json!({"name": "s", "principals": [CONSUMER]})).await;
    simulator.advance(minutes(11 * 60));
    assert_eq!(invitation(&consumer, &arn).await["status"], "PENDING");
    simulator.advance(minutes(60));
    let invited = invitation(&consumer, &arn).await;
    assert_eq!(invited["status"], "EXPIRED");
    let its_arn = json!({"resourceShareInvitationArn": invited["resourceShareInvitationArn"]});
    let error = "ResourceShareInvitationExpiredException";
    consumer.refused("/acceptresourceshareinvitation", its_arn.clone(), error).await;
    consumer.refused("/listpendinginvitationresources", its_arn, error).await;
}

#[tokio::test]
async fn others_may_look_but_not_touch() {
    let (_simulator, owner, consumer) = started(SimulatorSettings::default()).await;
    let shared = consumer.items("/getresourceshares", &json!({"resourceOwner": "OTHER-ACCOUNTS"})).await;
    let arn = &shared[0]["resourceShareArn"];
    assert_eq!(shared[0].get("tags"), None);
    let error = "OperationNotPermittedException";
    consumer.refused("/updateresourceshare", json!({"resourceShareArn": arn, "name": "x"}), error).await;
    let tags = json!([{"key": "k", "value": "v"}]);
    consumer.refused("/tagresource", json!({"resourceShareArn": arn, "tags": tags}), error).await;
    let target = format!("/deleteresourceshare?resourceShareArn={}", arn.as_str().unwrap());
    assert_eq!(consumer.call("DELETE", &target, "").await.error(), error);
    let inside = json!({"name": "x", "allowExternalPrincipals": false, "principals": [CONSUMER]});
    owner.refused("/createresourceshare", inside, error).await;
    let nobody = json!({"name": "x", "principals": ["somebody"]});
    owner.refused("/createresourceshare", nobody, "InvalidParameterException").await;
}
