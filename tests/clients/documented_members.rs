//! GetResourceShares and GetResourceShareInvitations as AWS documents them: every parameter, every member of an answer,
//! every modelled error, as boto3 sees them while recording and on replay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use ramtape::simulator::{Effect, Fault};
use serde_json::{Value, json};

use crate::support::clients::{Call, aws, boto3, python};
use crate::support::scene::{Endpoint, Tape};
use crate::support::steps::{Known, Step, batch, by_step, parsed, step};

const SHARES: &str = "GetResourceShares";
const INVITATIONS: &str = "GetResourceShareInvitations";

/// AWS's example, on the wire: the CLI reference shows this answer to `aws ram get-resource-share-invitations`.
const INVITATION: &str = r#"{"resourceShareInvitations":[{"resourceShareInvitationArn":"arn:aws:ram:us-west2-1:111111111111:resource-share-invitation/32b639f0-14b8-7e8f-55ea-e6117EXAMPLE","resourceShareName":"project-resource-share","resourceShareArn":"arn:aws:ram:us-west-2:111111111111:resource-share/fcb639f0-1449-4744-35bc-a983fEXAMPLE","senderAccountId":"111111111111","receiverAccountId":"222222222222","invitationTimestamp":1.565312166258E9,"status":"PENDING"}]}"#;

#[test]
fn every_parameter_of_get_resource_shares_is_recorded_and_replayed() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let share = Known::of(&endpoint, boto3(&python)).share;
    let permission = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet";
    let network = json!([{ "tagKey": "team", "tagValues": ["network"] }, { "tagKey": "stage" }]);
    let mut steps: Vec<Step> = [
        json!({ "resourceOwner": "SELF" }),
        json!({ "resourceOwner": "OTHER-ACCOUNTS" }),
        json!({ "resourceOwner": "SELF", "resourceShareArns": [share] }),
        json!({ "resourceOwner": "SELF", "resourceShareStatus": "PENDING" }),
        json!({ "resourceOwner": "SELF", "resourceShareStatus": "ACTIVE" }),
        json!({ "resourceOwner": "SELF", "resourceShareStatus": "FAILED" }),
        json!({ "resourceOwner": "SELF", "resourceShareStatus": "DELETING" }),
        json!({ "resourceOwner": "SELF", "resourceShareStatus": "DELETED" }),
        json!({ "resourceOwner": "SELF", "name": "données-partagées" }),
        json!({ "resourceOwner": "SELF", "tagFilters": network }),
        json!({ "resourceOwner": "SELF", "permissionArn": permission }),
        json!({ "resourceOwner": "SELF", "permissionArn": permission, "permissionVersion": 1 }),
    ]
    .iter()
    .map(|parameters| step("call", SHARES, parameters))
    .collect();
    let fingerprints = steps.len();
    // nextToken and maxResults choose a page of the first listing.
    steps.push(step("pages", SHARES, &json!({ "resourceOwner": "SELF", "maxResults": 4 })));

    let recorded = by_step(&tape.record(&endpoint.url(), batch(boto3(&python), &steps)));
    endpoint.stop();
    assert_eq!(by_step(&tape.replay(batch(boto3(&python), &steps))), recorded);
    assert_eq!(tape.files().len(), fingerprints, "{:?}", tape.files());

    let shares = |at: usize| named(&recorded, &steps[at], "resourceShares");
    assert_eq!((shares(0).len(), shares(1).len(), shares(2).len()), (10, 4, 1));
    let by_status: Vec<usize> = (3..8).map(|at| shares(at).len()).collect();
    assert_eq!(by_status, [0, 8, 1, 0, 1]);
    assert_eq!(shares(8)[0]["name"], "données-partagées");
    assert_eq!((shares(9).len(), shares(10).len(), shares(11).len()), (5, 2, 2));
    let pages = parsed(&recorded[&key(&steps[12])], "page");
    let paged: Vec<&Value> = pages.iter().flat_map(|page| page["resourceShares"].as_array().unwrap()).collect();
    assert_eq!((pages.len(), paged), (3, shares(0)));
}

#[test]
fn every_member_of_a_resource_share_is_recorded_and_replayed() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let all = step("call", SHARES, &json!({ "resourceOwner": "SELF" }));
    let asked = crate::support::scene::as_owner(batch(boto3(&python), std::slice::from_ref(&all)));
    let before = by_step(&asked.endpoint(&endpoint.url()).finish().success());
    let from_policy = named(&before, &all, "resourceShares").into_iter();
    let from_policy = from_policy.clone().find(|share| share["featureSet"] == "CREATED_FROM_POLICY").unwrap();
    let promote = json!({ "resourceShareArn": from_policy["resourceShareArn"] });
    let first_page = step("call", SHARES, &json!({ "resourceOwner": "SELF", "maxResults": 9 }));
    let steps = [
        all.clone(),
        step("call", "PromoteResourceShareCreatedFromPolicy", &promote),
        step("call", SHARES, &json!({ "resourceOwner": "SELF", "name": from_policy["name"] })),
        first_page,
    ];
    let recorded = by_step(&tape.record(&endpoint.url(), batch(boto3(&python), &steps)));
    endpoint.stop();
    assert_eq!(by_step(&tape.text_alone().replay(batch(boto3(&python), &steps))), recorded);

    let shares: Vec<&Value> =
        [&steps[0], &steps[2]].iter().flat_map(|s| named(&recorded, s, "resourceShares")).collect();
    let members: BTreeSet<&String> = shares.iter().flat_map(|share| share.as_object().unwrap().keys()).collect();
    let documented = [
        "allowExternalPrincipals",
        "creationTime",
        "featureSet",
        "lastUpdatedTime",
        "name",
        "owningAccountId",
        "resourceShareArn",
        "resourceShareConfiguration",
        "status",
        "statusMessage",
        "tags",
    ];
    assert_eq!(members.iter().map(|member| member.as_str()).collect::<Vec<_>>(), documented);
    let features: BTreeSet<&str> = shares.iter().map(|share| share["featureSet"].as_str().unwrap()).collect();
    assert_eq!(features.into_iter().collect::<Vec<_>>(), ["CREATED_FROM_POLICY", "PROMOTING_TO_STANDARD", "STANDARD"]);
    let last = parsed(&recorded[&key(&steps[3])], "answer");
    assert!(last[0]["nextToken"].is_string(), "{last:?}");
}

#[test]
fn the_six_errors_of_get_resource_shares_reach_boto3() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    endpoint.running().inject(Fault::next(Effect::InternalError));
    endpoint.running().inject(Fault::next(Effect::Unavailable));
    let absent = "arn:aws:ram:us-east-1:111122223333:resource-share/7ab63972-b505-7e2a-420d-6f5d3EXAMPLE";
    let cases = [
        ("ServerInternalException", 500, json!({ "resourceOwner": "SELF", "name": "first" })),
        ("ServiceUnavailableException", 503, json!({ "resourceOwner": "SELF", "name": "second" })),
        ("UnknownResourceException", 400, json!({ "resourceOwner": "SELF", "resourceShareArns": [absent] })),
        ("MalformedArnException", 400, json!({ "resourceOwner": "SELF", "resourceShareArns": ["no-arn"] })),
        ("InvalidNextTokenException", 400, json!({ "resourceOwner": "SELF", "nextToken": "no-token" })),
        ("InvalidParameterException", 400, json!({ "resourceOwner": "NOBODY" })),
    ];
    check_errors(&python, (&mut endpoint, &tape), SHARES, &cases);
}

#[test]
fn the_eight_errors_of_get_resource_share_invitations_reach_boto3() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    endpoint.running().inject(Fault::next(Effect::InternalError));
    endpoint.running().inject(Fault::next(Effect::Unavailable));
    let (name, message) = ("InvalidParameterException".to_owned(), "A parameter is not valid.".to_owned());
    endpoint.running().inject(Fault::next(Effect::Refused { status: 400, name, message }));
    let of =
        |kind: &str| json!([format!("arn:aws:ram:us-east-1:111122223333:{kind}/7ab63972-b505-7e2a-420d-6f5d3EXAMPLE")]);
    let cases = [
        ("ServerInternalException", 500, json!({ "maxResults": 11 })),
        // Another page size would be the same listing.
        ("ServiceUnavailableException", 503, json!({ "resourceShareArns": of("resource-share"), "maxResults": 12 })),
        ("InvalidParameterException", 400, json!({ "resourceShareArns": [] })),
        (
            "ResourceShareInvitationArnNotFoundException",
            400,
            json!({ "resourceShareInvitationArns": of("resource-share-invitation") }),
        ),
        ("InvalidMaxResultsException", 400, json!({ "maxResults": 501 })),
        ("MalformedArnException", 400, json!({ "resourceShareInvitationArns": ["no-arn"] })),
        (
            "UnknownResourceException",
            400,
            json!({ "resourceShareArns": [of("resource-share")[0], of("resource-share")[0]] }),
        ),
        ("InvalidNextTokenException", 400, json!({ "nextToken": "no-token" })),
    ];
    check_errors(&python, (&mut endpoint, &tape), INVITATIONS, &cases);
}

#[test]
fn the_documented_invitation_is_recorded_and_replayed() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let example =
        Effect::Raw { status: 200, content_type: Some("application/json".into()), body: Bytes::from(INVITATION) };
    endpoint.running().inject(Fault::next(example));
    let as_documented = || aws(&python).args(["ram", "get-resource-share-invitations"]);
    let recorded = tape.record(&endpoint.url(), as_documented());
    let sent = endpoint.running().received();
    assert_eq!(
        (sent.len(), sent[0].target.as_str(), &sent[0].body[..]),
        (1, "/getresourceshareinvitations", &b"{}"[..])
    );
    endpoint.stop();

    let printed: Value = serde_json::from_slice(&recorded.stdout).unwrap();
    let mut documented: Value = serde_json::from_str(INVITATION).unwrap();
    // As the CLI prints times.
    documented["resourceShareInvitations"][0]["invitationTimestamp"] = json!(1565312166.258);
    assert_eq!(printed, documented);
    assert_eq!(tape.replay(as_documented()).stdout, recorded.stdout);

    let all = step("call", INVITATIONS, &json!({}));
    let replayed = tape.text_alone().replay(batch(boto3(&python), std::slice::from_ref(&all)));
    assert_eq!(replayed.bodies(), [INVITATION.as_bytes()]);
    let replayed = by_step(&replayed);
    let invitations = named(&replayed, &all, "resourceShareInvitations");
    assert_eq!(invitations[0]["invitationTimestamp"], "2019-08-09T00:56:06.258000+00:00");
}

#[test]
fn every_parameter_and_member_of_get_resource_share_invitations_is_recorded_and_replayed() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let mut documented: Value = serde_json::from_str(INVITATION).unwrap();
    let invitation = &mut documented["resourceShareInvitations"][0];
    invitation["receiverArn"] = json!("arn:aws:iam::222222222222:root");
    invitation["resourceShareAssociations"] = json!([{
        "resourceShareArn": invitation["resourceShareArn"], "resourceShareName": "project-resource-share",
        "associatedEntity": "222222222222", "associationType": "PRINCIPAL", "status": "FAILED", "statusMessage": "é",
        "creationTime": 1565312166.258, "lastUpdatedTime": 1565312166, "external": true,
    }]);
    let parameters = json!({
        "resourceShareArns": [invitation["resourceShareArn"]],
        "resourceShareInvitationArns": [invitation["resourceShareInvitationArn"]],
        "maxResults": 500,
    });
    let last = documented.to_string();
    documented["nextToken"] = json!("b3BhcXVl+token/1==");
    for body in [documented.to_string(), last.clone()] {
        let content_type = Some("application/json".to_owned());
        endpoint.running().inject(Fault::next(Effect::Raw { status: 200, content_type, body: body.into() }));
    }
    let pages = || batch(boto3(&python), &[step("pages", INVITATIONS, &parameters)]);
    let recorded = tape.record(&endpoint.url(), pages());
    let sent: Vec<Value> =
        endpoint.running().received().iter().map(|it| serde_json::from_slice(&it.body).unwrap()).collect();
    let mut with_token = parameters.clone();
    with_token["nextToken"] = documented["nextToken"].clone();
    assert_eq!(sent, [parameters.clone(), with_token], "upstream gets its own token back");
    endpoint.stop();

    let bodies = recorded.bodies();
    let [first, second] = bodies.as_slice() else { panic!("{recorded}") };
    assert_eq!(second, last.as_bytes());
    let mut first: Value = serde_json::from_slice(first).unwrap();
    assert_ne!(std::mem::take(&mut first["nextToken"]), documented["nextToken"], "the token is ramtape's own");
    documented["nextToken"] = Value::Null;
    assert_eq!(first, documented);
    assert_eq!(tape.text_alone().replay(pages()).stdout, recorded.stdout);
}

/// Asks for each case once, without retries: what upstream answers reaches the client; all but the server's own errors,
/// which come first, is there again on replay.
fn check_errors(python: &Path, scene: (&mut Endpoint, &Tape), operation: &str, cases: &[(&str, u16, Value)]) {
    let (endpoint, tape) = scene;
    let steps: Vec<Step> = cases.iter().map(|(_, _, parameters)| step("call", operation, parameters)).collect();
    let once = |steps: &[Step]| -> Call { batch(boto3(python), steps).env("AWS_MAX_ATTEMPTS", "1") };
    let recorded = tape.try_record(&endpoint.url(), once(&steps));
    assert_eq!(recorded.code, Some(1), "{recorded}");
    assert!(recorded.stderr.contains("2 passed on without being recorded"), "{recorded}");
    endpoint.stop();
    let recorded = by_step(&recorded);
    for ((code, status, _), step) in cases.iter().zip(&steps) {
        let error = parsed(&recorded[&key(step)], "error")[0];
        assert_eq!((&error["code"], &error["status"]), (&json!(code), &json!(status)), "{error}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
    }

    let replayed = tape.try_replay(once(&steps));
    assert_eq!(replayed.code, Some(1), "{replayed}");
    assert!(replayed.stderr.contains("2 missed; 0 upstream connections"), "{replayed}");
    let replayed = by_step(&replayed);
    for (step, (_, status, _)) in steps.iter().zip(cases) {
        if *status < 500 {
            assert_eq!(replayed[&key(step)], recorded[&key(step)]);
        } else {
            assert_eq!(parsed(&replayed[&key(step)], "error")[0]["code"], "CassetteMissException");
        }
    }
}

fn key(step: &Step) -> String {
    json!(step).to_string()
}

/// The items of a step's one answer.
fn named<'a>(answers: &'a BTreeMap<String, Vec<Value>>, step: &Step, list: &str) -> Vec<&'a Value> {
    let answers = parsed(&answers[&key(step)], "answer");
    assert_eq!(answers.len(), 1);
    answers[0][list].as_array().unwrap().iter().collect()
}
