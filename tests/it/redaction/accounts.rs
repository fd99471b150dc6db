//! Pseudonyms of account numbers: a client that sends the real number and one that sends the pseudonym ask the same.

use crate::support::stage::{Ramtape, Stage};
use ramtape::config::{Pseudonymize, RawConfig, RecordMode};
use serde_json::{Value, json};

const OWNER: &str = "111122223333";
const PARTNER: &str = "444455556666";

fn accounts(config: &mut RawConfig) {
    config.redact.pseudonymize = Some(Pseudonymize::Accounts);
}

/// Shares, invites, looks: what a suite with two accounts asks, its members in many places.
async fn suite(ramtape: &Ramtape, owner: &str, partner: &str) -> Vec<Value> {
    let arn = |owner: &str| format!("arn:aws:ec2:us-east-1:{owner}:subnet/subnet-0a1b2c3d4e5f60718");
    let policy = json!({ "Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Condition": { "StringEquals": { "aws:PrincipalAccount": partner } } });
    let mut answers = Vec::new();
    for (operation, body) in [
        ("GetResourceShares", json!({ "resourceOwner": "SELF" })),
        (
            "CreateResourceShare",
            json!({ "name": format!("for-{partner}"), "principals": [partner], "resourceArns": [arn(owner)] }),
        ),
        ("ListPrincipals", json!({ "resourceOwner": "SELF", "principals": [partner] })),
        ("ListResources", json!({ "resourceOwner": "SELF", "resourceArns": [arn(owner)] })),
        (
            "CreatePermission",
            json!({ "name": "p", "resourceType": "ec2:Subnet", "policyTemplate": policy.to_string() }),
        ),
        ("GetResourceShareAssociations", json!({ "associationType": "PRINCIPAL", "principal": partner })),
        (
            "TagResource",
            json!({ "resourceShareArn": format!("arn:aws:ram:us-east-1:{owner}:resource-share/none"), "tags": [] }),
        ),
    ] {
        answers.push(ramtape.post(operation, body).await.json());
    }
    answers
}

/// The pseudonym of `account`, told by a value that both have.
fn mapped(value: Value, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(value.to_string(), |text, (from, to)| text.replace(from, to))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_account_and_its_pseudonym_are_the_same_request() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, accounts).await;
    let live = suite(&recording, OWNER, PARTNER).await;
    assert!(live[1].to_string().contains(OWNER), "the client gets what AWS said: {}", live[1]);
    let summary = recording.stop().await;
    assert_eq!((summary.not_recorded, summary.recorded), (vec![], 7));
    stage.stop_endpoint().await;
    let texts: String = stage.texts("c").into_iter().map(|(_, text)| text).collect();
    for account in [OWNER, PARTNER, "210987654321", "333344445555"] {
        assert!(!texts.contains(account), "{account} in {texts}");
    }
    // No rule here: the cassette knows.
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let with_real = suite(&replaying, OWNER, PARTNER).await;
    let owner = with_real[1]["resourceShare"]["owningAccountId"].as_str().unwrap().to_owned();
    let partner = with_real[2]["principals"][0]["id"].as_str().unwrap().to_owned();
    assert!(owner.starts_with("9999") && partner.starts_with("9999") && owner != partner, "{owner} {partner}");
    assert_eq!(suite(&replaying, &owner, &partner).await, with_real);
    // One to one, and the same everywhere.
    for (live, replayed) in live.iter().zip(&with_real) {
        let both = [(OWNER, owner.as_str()), (PARTNER, partner.as_str())];
        let others: Vec<String> = ["210987654321", "333344445555"].map(str::to_owned).to_vec();
        if !others.iter().any(|other| live.to_string().contains(other)) {
            assert_eq!(mapped(live.clone(), &both), replayed.to_string());
        }
    }
    let summary = replaying.stop().await;
    assert_eq!((summary.missed, summary.upstream_connections), (0, 0), "{:?}", summary.misses);
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_keep_their_chains() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, accounts).await;
    let asked = json!({ "resourceOwner": "SELF", "maxResults": 2 });
    let live = recording.pages("GetResourceShares", &asked, 20).await;
    assert!(live.len() > 2 && recording.stop().await.not_recorded.is_empty());
    stage.stop_endpoint().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.pages("GetResourceShares", &asked, 20).await;
    // The tokens are those that the recording client was given; the accounts are not.
    let tokens = |pages: &[crate::support::stage::Answer]| {
        pages.iter().map(crate::support::stage::Answer::next_token).collect::<Vec<_>>()
    };
    assert_eq!(tokens(&replayed), tokens(&live));
    assert!(replayed.iter().all(|page| !String::from_utf8_lossy(&page.body).contains(OWNER)));
    // Another size is cut from the same items.
    let anew = replaying.pages("GetResourceShares", &json!({ "resourceOwner": "SELF", "maxResults": 3 }), 20).await;
    let names = |pages: &[crate::support::stage::Answer]| {
        let items = pages.iter().flat_map(|page| page.json()["resourceShares"].as_array().unwrap().clone());
        items.map(|item| item["resourceShareArn"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&anew), names(&replayed));
    replaying.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volatile_name_with_an_account_in_it_is_the_sessions_own() {
    let stage = Stage::new().await;
    let both = |config: &mut RawConfig| {
        accounts(config);
        config.operations = toml::from_str("[CreateResourceShare]\nvolatile = ['name']").unwrap();
    };
    let life = async |ramtape: &Ramtape, name: &str| {
        let created = ramtape.post("CreateResourceShare", json!({ "name": name })).await.json();
        assert_eq!(created["resourceShare"]["name"], name, "{created}");
        let listed = ramtape.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": name })).await;
        assert_eq!(listed.json()["resourceShares"][0]["name"], name, "{}", listed.message());
    };
    let recording = stage.ramtape_with("c", RecordMode::Once, both).await;
    life(&recording, "run-1-111122223333").await;
    assert_eq!(recording.stop().await.not_recorded, [""; 0]);
    let replaying = stage.ramtape_with("c", RecordMode::None, both).await;
    life(&replaying, "run-2-123456789012").await;
    life(&replaying, "run-3").await;
    assert_eq!(replaying.stop().await.missed, 0);
    assert!(stage.texts("c").iter().all(|(_, text)| !text.contains("run-1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_takes_are_recorded_on_top_of_pseudonyms() {
    let stage = Stage::new().await;
    let asked = json!({ "resourceOwner": "SELF", "maxResults": 2 });
    let recording = stage.ramtape_with("c", RecordMode::Once, accounts).await;
    recording.pages("GetResourceShares", &asked, 2).await;
    recording.stop().await;
    // The rest of the listing: the walk meets the items that the cassette has, under their pseudonyms.
    let adding = stage.ramtape_with("c", RecordMode::NewEpisodes, accounts).await;
    let pages = adding.pages("GetResourceShares", &asked, 20).await;
    assert!(pages.len() > 2 && pages.iter().all(|page| page.status == 200), "{}", pages.last().unwrap().message());
    assert_eq!(adding.stop().await.not_recorded, [""; 0]);
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.pages("GetResourceShares", &asked, 20).await.len(), pages.len());
    assert_eq!(replaying.stop().await.missed, 0);
}
