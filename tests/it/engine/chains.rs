//! Chains and tokens: what record answered, replay answers.

use crate::support::known::Known;
use crate::support::stage::{Answer, Asking, Stage, bodies};
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault, PageSizes, SimulatorSettings};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

const LISTING: &str = "GetResourceShares";

fn own(size: u32) -> Value {
    json!({ "resourceOwner": "SELF", "maxResults": size })
}

fn with_token(parameters: &Value, token: &str) -> Value {
    let mut body = parameters.clone();
    body["nextToken"] = json!(token);
    body
}

/// Records `parameters` of `operation` to its end, then replays it without the endpoint; gives both.
async fn record_and_replay(stage: &mut Stage, operation: &str, parameters: &Value) -> (Vec<Answer>, Vec<Answer>) {
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.pages(operation, parameters, 100).await;
    recording.stop().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.pages(operation, parameters, 100).await;
    assert_eq!(replaying.stop().await.upstream_connections, 0);
    (recorded, replayed)
}

/// The JavaScript SDK joins an endpoint that ends in a slash so.
#[tokio::test(flavor = "multi_thread")]
async fn extra_slashes_are_the_same_operation() {
    let mut stage = Stage::new().await;
    stage.endpoint().set_page_sizes(PageSizes::new(LISTING, &[1, 2]));
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.pages("/GetResourceShares", &own(2), 100).await;
    assert!(recorded.len() > 2 && recorded.iter().all(|page| page.status == 200), "{recorded:?}");
    recording.stop().await;
    stage.stop_endpoint().await;
    let texts = stage.texts("c");
    assert!(texts.len() == 1 && texts[0].0.starts_with("get-resource-shares/"), "{texts:?}");

    let replaying = stage.ramtape("c", RecordMode::None).await;
    for spelling in ["getresourceshares", "/getresourceshares", "getresourceshares/", "//getresourceshares//"] {
        assert_eq!(bodies(&replaying.pages(spelling, &own(2), 100).await), bodies(&recorded), "{spelling}");
    }
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_fourteen_listings_replay_byte_for_byte() {
    let table: toml::Table = include_str!("../../../config/ram.toml").parse().unwrap();
    let operations = table["operations"].as_table().unwrap();
    let paged: BTreeSet<&String> =
        operations.iter().filter(|(_, o)| o.get("page_items").is_some()).map(|(name, _)| name).collect();

    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let listings = Known::ask(&recording).await.listings();
    assert_eq!(listings.iter().map(|(operation, _)| operation).collect::<BTreeSet<_>>(), paged);
    let mut recorded = Vec::new();
    for (operation, mut parameters) in listings {
        stage.endpoint().set_page_sizes(PageSizes::new(&operation, &[1, 0, 1]));
        parameters["maxResults"] = json!(2);
        let pages = recording.pages(&operation, &parameters, 100).await;
        assert!(pages.iter().all(|page| page.status == 200), "{operation}: {pages:?}");
        recorded.push((operation, parameters, pages));
    }
    let summary = recording.stop().await;
    assert_eq!(summary.partial, Vec::<String>::new());
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let (mut tokens, mut chains) = (HashSet::new(), 0);
    for (operation, parameters, pages) in recorded {
        let replayed = replaying.pages(&operation, &parameters, 100).await;
        assert_eq!(bodies(&replayed), bodies(&pages), "{operation}");
        for token in pages.iter().filter_map(Answer::next_token) {
            assert!(tokens.insert(token), "{operation}: a token twice");
        }
        chains += usize::from(pages.len() > 1);
    }
    assert!(chains >= 10, "only {chains} of 14 listings have several pages");
    assert_eq!(replaying.stop().await.missed, 0);
}

impl Known {
    /// Asks through the recording itself.
    async fn ask(recording: &crate::support::stage::Caller) -> Self {
        let shares = recording.post("GetResourceShares", json!({ "resourceOwner": "SELF" })).await.json();
        let resources = recording.post("ListResources", json!({ "resourceOwner": "SELF" })).await.json();
        let invitations = recording.post("GetResourceShareInvitations", json!({})).await.json();
        Self {
            share: shares["resourceShares"][0]["resourceShareArn"].clone(),
            resource: resources["resources"][0]["arn"].clone(),
            invitation: invitations["resourceShareInvitations"][0]["resourceShareInvitationArn"].clone(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_in_the_middle_stays_where_it_was() {
    let mut stage = Stage::new().await;
    stage.endpoint().set_page_sizes(PageSizes::new(LISTING, &[2, 0, 3]));
    let (recorded, replayed) = record_and_replay(&mut stage, LISTING, &own(5)).await;
    let count = |page: &Answer| page.json()["resourceShares"].as_array().map_or(0, Vec::len);
    let counts: Vec<usize> = recorded.iter().map(count).collect();
    assert_eq!(counts[..3], [2, 0, 3]);
    assert_eq!(bodies(&replayed), bodies(&recorded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_early_leaves_a_partial_chain() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.pages(LISTING, &own(1), 2).await;
    let summary = recording.stop().await;
    assert_eq!(summary.partial.len(), 1);
    assert!(summary.partial[0].starts_with("GetResourceShares "), "{:?}", summary.partial);
    assert!(stage.texts("c")[0].1.contains("\"complete\": false"));
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.pages(LISTING, &own(1), 3).await;
    assert_eq!(bodies(&replayed[..2]), bodies(&recorded));
    assert_eq!(replayed[2].error().as_deref(), Some("CassetteMissException"));
    assert!(replayed[2].message().contains("recorded only in part: its first 2 pages are there"), "{replayed:?}");
    assert_eq!(replaying.stop().await.missed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_is_served_at_any_time_as_often_as_asked() {
    let mut stage = Stage::new().await;
    let (recorded, _) = record_and_replay(&mut stage, LISTING, &own(2)).await;
    stage.stop_endpoint().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let last = recorded.len() - 1;
    for at in [last, 1, last, 2, 1] {
        let token = recorded[at - 1].next_token().unwrap();
        let page = replaying.post(LISTING, with_token(&own(2), &token)).await;
        assert_eq!(page.body, recorded[at].body, "page {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_goes_on_by_token_after_a_restart() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    let first = recording.pages(LISTING, &own(2), 2).await;
    recording.stop().await;

    let again = stage.ramtape("c", RecordMode::All).await;
    let token = first[1].next_token();
    let rest = again.pages_from(LISTING, &own(2), token, 100).await;
    assert!(rest.iter().all(|page| page.status == 200), "{rest:?}");
    assert_eq!(again.stop().await.partial, Vec::<String>::new());

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.pages(LISTING, &own(2), 100).await;
    assert_eq!(bodies(&replayed), bodies(&[first, rest].concat()));
    assert_eq!(stage.texts("c").len(), 1);
    assert!(!stage.texts("c")[0].1.contains("\"complete\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_takes_may_share_their_first_page() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let one = recording.pages(LISTING, &own(3), 100).await;
    stage.endpoint().change_before_page(LISTING, 1, |world| {
        let arn = world.share_arns("111122223333").pop().unwrap();
        assert!(world.rename_share(&arn, "renamed"));
    });
    let two = recording.pages(LISTING, &own(3), 100).await;
    assert_eq!(one[0].body, two[0].body);
    assert_ne!(bodies(&one), bodies(&two));
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(bodies(&replaying.pages(LISTING, &own(3), 100).await), bodies(&one));
    assert_eq!(bodies(&replaying.pages(LISTING, &own(3), 100).await), bodies(&two));
    // The last one for ever.
    assert_eq!(bodies(&replaying.pages(LISTING, &own(3), 100).await), bodies(&two));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_from_elsewhere_get_what_ram_answers() {
    let mut stage = Stage::new().await;
    let (recorded, _) = record_and_replay(&mut stage, LISTING, &own(2)).await;
    let other = stage.ramtape("other", RecordMode::Once).await;
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "one more"));
    let elsewhere = other.pages(LISTING, &own(1), 100).await;
    let another_listing = other.pages("ListPermissions", &json!({ "maxResults": 1 }), 2).await;
    other.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let token = recorded[0].next_token().unwrap();
    let mut garbled = token.clone().into_bytes();
    garbled[20] = if garbled[20] == b'a' { b'b' } else { b'a' };
    let garbled = String::from_utf8(garbled).unwrap();
    for (what, token) in [
        ("from another cassette", elsewhere[0].next_token().unwrap()),
        ("of another operation", another_listing[0].next_token().unwrap()),
        ("garbled", garbled),
        ("cut short", token[..44].to_owned()),
        ("of RAM", "AAMA-EFRSURBSGhmSU5jZmZ2+/==".to_owned()),
    ] {
        let answer = replaying.post(LISTING, with_token(&own(2), &token)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_deref()),
            (400, Some("InvalidNextTokenException")),
            "{what}"
        );
    }
    let mut other_parameters = with_token(&own(2), &token);
    other_parameters["name"] = json!("x");
    let answer = replaying.post(LISTING, other_parameters).await;
    assert_eq!(answer.error().as_deref(), Some("InvalidNextTokenException"), "of other parameters");
    let region = Asking::region("eu-west-1");
    let answer = replaying.ask(LISTING, with_token(&own(2), &token).to_string(), region).await;
    assert_eq!(answer.error().as_deref(), Some("InvalidNextTokenException"), "of another region");
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn upstreams_token_never_enters_the_text_and_ours_never_reaches_upstream() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let pages = recording.pages(LISTING, &own(2), 100).await;
    recording.stop().await;
    let ours: Vec<String> = pages.iter().filter_map(Answer::next_token).collect();
    let received = stage.endpoint().received();
    let sent: Vec<String> = received
        .iter()
        .filter_map(|request| {
            serde_json::from_slice::<Value>(&request.body).unwrap()["nextToken"].as_str().map(str::to_owned)
        })
        .collect();
    assert_eq!(sent.len(), ours.len());
    assert!(sent.iter().all(|token| !ours.contains(token)));
    for (path, text) in stage.texts("c") {
        assert!(sent.iter().chain(&ours).all(|token| !text.contains(token.as_str())), "{path}");
        assert!(text.contains(r#""nextToken": {"$token": 1}"#), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_not_recorded_as_a_page() {
    let stage = Stage::with(SimulatorSettings {
        seed: Some(7),
        token_lifetime: Duration::from_secs(60),
        ..SimulatorSettings::default()
    })
    .await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let first = recording.pages(LISTING, &own(2), 1).await;
    stage.endpoint().advance(Duration::from_secs(61));
    let refused = recording.post(LISTING, with_token(&own(2), &first[0].next_token().unwrap())).await;
    assert_eq!(refused.error().as_deref(), Some("InvalidNextTokenException"));
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on), (1, 1));
    assert!(!stage.texts("c")[0].1.contains("InvalidNextToken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_illegal_page_size_gets_what_was_recorded_or_what_ram_answers() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.post(LISTING, own(501)).await;
    assert_eq!(recorded.status, 400);
    let pages = recording.pages(LISTING, &own(2), 100).await;
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.post(LISTING, own(501)).await.body, recorded.body);
    for (operation, size, kind) in [
        (LISTING, json!(0), "InvalidParameterException"),
        (LISTING, json!("5"), "InvalidParameterException"),
        ("GetResourceShareInvitations", json!(501), "InvalidMaxResultsException"),
        ("GetResourceShareInvitations", json!(-1), "InvalidMaxResultsException"),
        ("GetResourceShareInvitations", json!(1.5), "InvalidMaxResultsException"),
    ] {
        let mut parameters = own(1);
        parameters["maxResults"] = size.clone();
        let answer = replaying.post(operation, parameters).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (400, Some(kind)), "{operation} {size}");
    }
    assert_eq!(bodies(&replaying.pages(LISTING, &own(2), 100).await), bodies(&pages));
}

#[tokio::test(flavor = "multi_thread")]
async fn upstreams_token_stays_out_of_the_text_whatever_page_size_it_took() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(Effect::Raw {
        status: 200,
        content_type: Some("application/json".to_owned()),
        body: r#"{"resourceShares":[],"nextToken":"SECRET"}"#.into(),
    }));
    let page = recording.post(LISTING, own(1000)).await;
    assert_ne!(page.next_token().as_deref(), Some("SECRET"));
    recording.stop().await;
    assert!(stage.texts("c").iter().all(|(_, text)| !text.contains("SECRET")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_for_a_foreign_token_is_recorded_and_the_token_itself_never_kept() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let foreign = with_token(&own(2), "Zm9yZWlnbg+/==");
    let recorded = recording.post(LISTING, foreign.clone()).await;
    assert_eq!(recorded.error().as_deref(), Some("InvalidNextTokenException"));
    assert!(!recorded.message().contains("ramtape"), "upstream judges: {}", recorded.message());
    let pages = recording.pages(LISTING, &own(2), 100).await;
    assert_eq!(recording.stop().await.passed_on, 0);
    stage.stop_endpoint().await;
    assert!(stage.texts("c").iter().all(|(_, text)| !text.contains("Zm9yZWlnbg")));
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(replaying.post(LISTING, foreign).await.body, recorded.body);
    let other = replaying.post(LISTING, with_token(&own(2), "b3RoZXI=")).await;
    assert_eq!(other.error(), recorded.error());
    assert_ne!(other.body, recorded.body);
    assert_eq!(bodies(&replaying.pages(LISTING, &own(2), 100).await), bodies(&pages));
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_recordings_have_equal_tokens_and_texts() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        // Another seed means other random tokens of upstream's and nothing else that a client would see twice.
        let stage = Stage::new().await;
        let recording = stage.ramtape("c", RecordMode::Once).await;
        let pages = recording.pages(LISTING, &own(2), 100).await;
        recording.stop().await;
        seen.push((bodies(&pages), stage.texts("c")));
    }
    assert_eq!(seen[0], seen[1]);
}

/// A chain that was recorded up to its second page, under an endpoint whose tokens expire.
async fn partial(stage: &Stage) -> Vec<Answer> {
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let pages = recording.pages(LISTING, &own(2), 2).await;
    recording.stop().await;
    stage.endpoint().advance(Duration::from_secs(3600));
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn new_episodes_reads_a_partial_chain_again_and_continues() {
    let mut stage = Stage::new().await;
    let recorded = partial(&stage).await;
    // The pages are cut differently this time, so the place where the client stands is in the middle of one.
    stage.endpoint().set_page_sizes(PageSizes::new(LISTING, &[1, 2, 2, 1]));
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let pages = continuing.pages(LISTING, &own(2), 100).await;
    assert!(pages.iter().all(|page| page.status == 200), "{pages:?}");
    assert_eq!(bodies(&pages[..2]), bodies(&recorded));
    let names = |pages: &[Answer]| -> Vec<String> {
        let shares = pages.iter().flat_map(|page| page.json()["resourceShares"].as_array().unwrap().clone());
        shares.map(|share| share["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = stage.ramtape("whole", RecordMode::Once).await;
    let whole = all.pages(LISTING, &json!({ "resourceOwner": "SELF" }), 100).await;
    assert_eq!(names(&pages), names(&whole));
    assert_eq!(continuing.stop().await.partial, Vec::<String>::new());
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(bodies(&replaying.pages(LISTING, &own(2), 100).await), bodies(&pages));
    let text = &stage.texts("c")[0].1;
    assert!(!text.contains("\"complete\""), "the longer take supersedes the partial one: {text}");
    assert_eq!(text.matches("\"pages\"").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_episodes_stops_if_the_listing_has_changed() {
    let stage = Stage::new().await;
    let recorded = partial(&stage).await;
    stage.endpoint().change("us-east-1", |world| {
        let arn = world.share_arns("111122223333").remove(0);
        assert!(world.remove_share(&arn));
    });
    let before = stage.texts("c");
    let continuing = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let pages = continuing.pages(LISTING, &own(2), 100).await;
    assert_eq!(bodies(&pages[..2]), bodies(&recorded));
    assert_eq!(pages[2].error().as_deref(), Some("InvalidNextTokenException"));
    assert!(pages[2].message().contains("has changed"), "{}", pages[2].message());
    continuing.stop().await;
    assert_eq!(stage.texts("c"), before);
}
