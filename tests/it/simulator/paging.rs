//! Pages and their tokens.

use ramtape::simulator::{PageSizes, SimulatorSettings};
use serde_json::{Value, json};

use super::client::minutes;
use super::{REGION, empty, started};

const SHARES: &str = "/getresourceshares";
const INVALID: &str = "InvalidNextTokenException";

fn own() -> Value {
    json!({"resourceOwner": "SELF"})
}

/// How many items each page has.
fn sizes(pages: &[Value]) -> Vec<usize> {
    pages.iter().map(|page| page["resourceShares"].as_array().unwrap().len()).collect()
}

fn names(pages: &[Value]) -> Vec<String> {
    let items = pages.iter().flat_map(|page| page["resourceShares"].as_array().unwrap());
    items.map(|share| share["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_listing_is_walked_to_its_end() {
    let (_simulator, owner, _) = started(SimulatorSettings { page_cap: 4, ..SimulatorSettings::default() }).await;
    let pages = owner.pages(SHARES, &own()).await;
    assert_eq!(sizes(&pages), [4, 4, 2]);
    let threes = owner.pages(SHARES, &json!({"resourceOwner": "SELF", "maxResults": 3})).await;
    assert_eq!(sizes(&threes), [3, 3, 3, 1]);
    assert_eq!(names(&pages), names(&threes));
    // More than the service gives is not an error.
    let capped = owner.pages(SHARES, &json!({"resourceOwner": "SELF", "maxResults": 500})).await;
    assert_eq!(sizes(&capped), [4, 4, 2]);
}

#[tokio::test]
async fn all_fourteen_listings_are_paged() {
    let (simulator, owner, _) = started(SimulatorSettings { page_cap: 1, ..SimulatorSettings::default() }).await;
    let arn = simulator.change(REGION, |world| world.share_arns("111122223333")).unwrap().remove(0);
    let invitations = owner.items("/getresourceshareinvitations", &json!({})).await;
    let pending = invitations.iter().find(|it| it["status"] == "PENDING").unwrap();
    let resources = owner.items("/listresources", &own()).await;
    let resources: Vec<&Value> = resources.iter().map(|resource| &resource["arn"]).collect();
    let permissions = owner.items("/listpermissions", &json!({"permissionType": "CUSTOMER_MANAGED"})).await;
    for source in ["123456789012", "123456789013"] {
        owner.ok("/associateresourceshare", json!({"resourceShareArn": arn, "sources": [source]})).await;
    }
    for permission in &permissions {
        let to = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionSubnet";
        let body = json!({"fromPermissionArn": permission["arn"], "toPermissionArn": to});
        owner.ok("/replacepermissionassociations", body).await;
    }
    owner
        .ok(
            "/associateresourceshare",
            json!({"resourceShareArn": arn, "resourceArns": ["arn:aws:glue:us-east-1:111122223333:catalog"]}),
        )
        .await;
    let body = json!({"permissionArn": permissions[0]["arn"], "policyTemplate": r#"{"Effect":"Allow","Action":[]}"#});
    owner.ok("/createpermissionversion", body).await;
    for (path, parameters, count) in [
        ("/getresourcepolicies", json!({"resourceArns": resources}), 8),
        ("/getresourceshareassociations", json!({"associationType": "PRINCIPAL"}), 9),
        ("/getresourceshareinvitations", json!({}), 3),
        ("/getresourceshares", own(), 10),
        (
            "/listpendinginvitationresources",
            json!({"resourceShareInvitationArn": pending["resourceShareInvitationArn"]}),
            1,
        ),
        ("/listpermissionassociations", json!({}), 11),
        ("/listpermissionversions", json!({"permissionArn": permissions[0]["arn"]}), 2),
        ("/listpermissions", json!({}), 15),
        ("/listprincipals", own(), 6),
        ("/listreplacepermissionassociationswork", json!({}), 2),
        ("/listresourcesharepermissions", json!({"resourceShareArn": arn}), 2),
        ("/listresourcetypes", json!({}), 13),
        ("/listresources", own(), 9),
        ("/listsourceassociations", json!({}), 2),
    ] {
        let pages = owner.pages(path, &parameters).await;
        assert_eq!(pages.len(), count, "{path}");
        let items: Vec<Value> = owner.items(path, &parameters).await;
        let mut different: Vec<String> = items.iter().map(Value::to_string).collect();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), pages.len(), "{path} gives an item twice");
    }
}

#[tokio::test]
async fn tokens_are_opaque_and_can_be_used_again() {
    let (_simulator, owner, _) = started(SimulatorSettings { page_cap: 4, ..SimulatorSettings::default() }).await;
    let first = owner.ok(SHARES, own()).await;
    let token = first["nextToken"].as_str().unwrap();
    assert!(token.len() >= 100 && ['+', '/', '='].iter().all(|it| token.contains(*it)), "{token}");
    let next = json!({"resourceOwner": "SELF", "nextToken": token});
    let second = owner.ok(SHARES, next.clone()).await;
    let again = owner.ok(SHARES, next).await;
    assert_eq!(second["resourceShares"], again["resourceShares"]);
    assert_ne!(second["nextToken"], again["nextToken"]);
}

#[tokio::test]
async fn tokens_are_bound_to_caller_parameters_and_time() {
    let (simulator, mut owner, consumer) =
        started(SimulatorSettings { page_cap: 1, ..SimulatorSettings::default() }).await;
    let token = owner.ok(SHARES, own()).await["nextToken"].clone();
    let with = |mut body: Value| {
        body["nextToken"] = token.clone();
        body
    };
    consumer.refused(SHARES, with(own()), INVALID).await;
    owner.refused(SHARES, with(json!({"resourceOwner": "OTHER-ACCOUNTS"})), INVALID).await;
    owner.refused(SHARES, with(json!({"resourceOwner": "SELF", "name": "x"})), INVALID).await;
    owner.refused("/listprincipals", with(own()), INVALID).await;
    owner.refused(SHARES, json!({"resourceOwner": "SELF", "nextToken": "x"}), INVALID).await;
    owner.refused(SHARES, json!({"resourceOwner": "SELF", "nextToken": ""}), INVALID).await;
    owner.region = "eu-west-1";
    owner.refused(SHARES, with(own()), INVALID).await;
    owner.region = REGION;
    // The order of parameters, nulls and the page's size do not matter.
    owner.ok(SHARES, with(json!({"name": null, "maxResults": 7, "resourceOwner": "SELF"}))).await;
    simulator.advance(minutes(14));
    owner.ok(SHARES, with(own())).await;
    simulator.advance(minutes(1));
    let expired = owner.refused(SHARES, with(own()), INVALID).await;
    assert_eq!(expired.status, 400);
    assert_eq!(
        expired.header("x-amzn-ErrorType"),
        Some("InvalidNextTokenException:http://internal.amazon.com/coral/com.amazonaws.ram/")
    );
}

#[tokio::test]
async fn max_results_has_bounds() {
    let (_simulator, owner, _) = started(SimulatorSettings::default()).await;
    for asked in [0, -1, 501] {
        owner.refused(SHARES, json!({"resourceOwner": "SELF", "maxResults": asked}), "InvalidParameterException").await;
        let invitations = json!({"maxResults": asked});
        owner.refused("/getresourceshareinvitations", invitations, "InvalidMaxResultsException").await;
    }
    owner.refused(SHARES, json!({"resourceOwner": "SELF", "maxResults": "5"}), "SerializationException").await;
}

#[tokio::test]
async fn pages_are_short_and_empty_on_demand() {
    let (simulator, owner, consumer) = started(SimulatorSettings { page_cap: 4, ..SimulatorSettings::default() }).await;
    let usual = names(&owner.pages(SHARES, &own()).await);
    simulator.set_page_sizes(PageSizes::new("GetResourceShares", &[2, 0, 1, 0]));
    let pages = owner.pages(SHARES, &own()).await;
    assert_eq!(sizes(&pages), [2, 0, 1, 0, 4, 3]);
    assert_eq!(names(&pages), usual);
    // An empty page at the very end.
    simulator.set_page_sizes(PageSizes::new("GetResourceShares", &[3, 0]));
    assert_eq!(sizes(&consumer.pages(SHARES, &own()).await), [3, 0]);
    // Of one listing only.
    let listing = json!({"resourceOwner": "SELF", "name": "network-subnets"});
    simulator.set_page_sizes(PageSizes::new("GetResourceShares", &[0, 1, 0]).with_parameters(&listing));
    assert_eq!(sizes(&owner.pages(SHARES, &listing).await), [0, 1, 0]);
    assert_eq!(sizes(&owner.pages(SHARES, &own()).await), [3, 0, 4, 3]);
}

#[tokio::test]
async fn a_listing_can_change_between_its_pages() {
    let (simulator, owner, _) = started(SimulatorSettings { page_cap: 2, ..empty() }).await;
    for name in ["a", "b", "c", "d", "e"] {
        simulator.change(REGION, |world| world.add_share("111122223333", name)).unwrap();
    }
    assert_eq!(names(&owner.pages(SHARES, &own()).await), ["a", "b", "c", "d", "e"]);
    simulator.change_before_page("GetResourceShares", 1, |world| {
        let arns = world.share_arns("111122223333");
        assert!(world.remove_share(&arns[0]) && world.remove_share(&arns[2]));
        assert!(world.rename_share(&arns[3], "renamed"));
        assert!(!world.rename_share("none", "x"));
        world.add_share("111122223333", "f");
    });
    assert_eq!(names(&owner.pages(SHARES, &own()).await), ["a", "b", "renamed", "e", "f"]);
    assert_eq!(names(&owner.pages(SHARES, &own()).await), ["b", "renamed", "e", "f"]);
}

#[tokio::test]
async fn equal_seeds_give_equal_bytes() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let settings = SimulatorSettings { page_cap: 3, seed: Some(seed), ..SimulatorSettings::default() };
        let simulator = ramtape::simulator::Simulator::start(settings).await.unwrap();
        let owner = super::client::Client::new(simulator.addr, ramtape::simulator::Credential::owner());
        let mut bodies = Vec::new();
        for (path, body) in [
            ("/createresourceshare", r#"{"name":"new","principals":["444455556666"]}"#),
            (SHARES, r#"{"resourceOwner":"SELF"}"#),
            ("/getresourceshareassociations", r#"{"associationType":"PRINCIPAL"}"#),
            ("/listpermissions", "{}"),
        ] {
            let answer = owner.post(path, body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            bodies.push(String::from_utf8(answer.body).unwrap());
        }
        runs.push(bodies);
    }
    assert_eq!(runs[0], runs[1]);
    for (one, other) in runs[0].iter().zip(&runs[2]) {
        assert_ne!(one, other);
    }
    // Both spellings of a time occur.
    assert!(runs[0][1].contains("E9") && runs[0][1].contains(r#"Time":163"#), "{}", runs[0][1]);
}

#[tokio::test]
async fn without_a_seed_no_two_are_equal() {
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let simulator = ramtape::simulator::Simulator::start(SimulatorSettings::default()).await.unwrap();
        let owner = super::client::Client::new(simulator.addr, ramtape::simulator::Credential::owner());
        bodies.push(owner.post(SHARES, r#"{"resourceOwner":"SELF"}"#).await.body);
    }
    assert_ne!(bodies[0], bodies[1]);
}
