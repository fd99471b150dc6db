//! Chains and tokens where requests keep their clients' signatures.

use crate::support::proxied::Proxied;
use crate::support::stage::{Answer, Stage, bodies};
use ramtape::config::RecordMode;
use ramtape::simulator::Credential;
use ramtape::token::Token;
use serde_json::{Value, json};

const LISTING: &str = "GetResourceShares";

fn own() -> Value {
    json!({ "resourceOwner": "SELF", "maxResults": 3 })
}

fn tokens(pages: &[Answer]) -> Vec<String> {
    pages.iter().filter_map(Answer::next_token).collect()
}

/// The bodies with their tokens taken out: what does not depend on the door.
fn items(pages: &[Answer]) -> Vec<String> {
    let without = |page: &Answer| {
        let body = String::from_utf8(page.body.to_vec()).unwrap();
        page.next_token().map_or(body.clone(), |token| body.replace(&token, "TOKEN"))
    };
    pages.iter().map(without).collect()
}

fn are_ramtapes(tokens: &[String]) -> bool {
    tokens.iter().all(|token| Token::decode(token).is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_upstreams_tokens_and_the_cassette_holds_the_chain() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = Proxied::new(&recording.base, &Credential::owner()).pages(LISTING, &own(), 10).await;
    let summary = recording.stop().await;
    assert_eq!((recorded.len(), summary.recorded, summary.partial.len()), (4, 4, 0), "{recorded:?}");
    let upstreams = tokens(&recorded);
    assert!(upstreams.len() == 3 && upstreams.iter().all(|token| Token::decode(token).is_err()), "{upstreams:?}");
    let [(_, text)] = stage.texts("c").try_into().unwrap();
    assert!(upstreams.iter().all(|token| !text.contains(token)), "{text}");
    assert_eq!(text.matches("$token").count(), 3, "{text}");

    stage.stop_endpoint().await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let proxied = Proxied::new(&replaying.base, &Credential::consumer()).pages(LISTING, &own(), 10).await;
    let endpoint = replaying.pages(LISTING, &own(), 10).await;
    assert_eq!(items(&proxied), items(&recorded));
    assert!(tokens(&proxied).len() == 3 && are_ramtapes(&tokens(&proxied)));
    assert_eq!(bodies(&proxied), bodies(&endpoint));
    assert_eq!(replaying.stop().await.upstream_connections, 0);
}

fn after(token: &str) -> Value {
    let mut body = own();
    body["nextToken"] = json!(token);
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_endpoint_recorded_replays_through_the_proxy_and_while_recording_too() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = recording.pages(LISTING, &own(), 10).await;
    recording.stop().await;
    stage.stop_endpoint().await;
    for mode in [RecordMode::None, RecordMode::NewEpisodes] {
        let replaying = stage.ramtape("c", mode).await;
        let replayed = Proxied::new(&replaying.base, &Credential::consumer()).pages(LISTING, &own(), 10).await;
        assert_eq!(bodies(&replayed), bodies(&recorded), "{mode:?}");
        let summary = replaying.stop().await;
        assert_eq!((summary.replayed, summary.recorded, summary.upstream_connections), (4, 0, 0), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_can_be_asked_for_again_and_the_text_is_the_same() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    let client = Proxied::new(&recording.base, &Credential::owner());
    let pages = client.pages(LISTING, &own(), 10).await;
    let last = pages.len() - 1;
    for at in [last, 1, last, 2] {
        let again = client.post(LISTING, after(&pages[at - 1].next_token().unwrap())).await;
        assert_eq!(items(&[again]), items(&pages[at..=at]), "page {at}");
    }
    // A token that came with a page that was asked for again leads on as well.
    let again = client.post(LISTING, after(&pages[0].next_token().unwrap())).await;
    let on = client.pages_from(LISTING, &own(), again.next_token(), 10).await;
    assert_eq!(items(&on), items(&pages[2..]));
    assert_eq!(recording.stop().await.partial.len(), 0);
    let once = stage.ramtape("once", RecordMode::All).await;
    Proxied::new(&once.base, &Credential::owner()).pages(LISTING, &own(), 10).await;
    once.stop().await;
    assert_eq!(stage.texts("c"), stage.texts("once"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_goes_on_by_upstreams_token_after_a_restart() {
    for mode in [RecordMode::NewEpisodes, RecordMode::All] {
        let mut stage = Stage::new().await;
        let recording = stage.ramtape("c", RecordMode::Once).await;
        let first = Proxied::new(&recording.base, &Credential::owner()).pages(LISTING, &own(), 2).await;
        assert_eq!(recording.stop().await.partial.len(), 1);

        let again = stage.ramtape("c", mode).await;
        let client = Proxied::new(&again.base, &Credential::owner());
        let rest = client.pages_from(LISTING, &own(), first[1].next_token(), 10).await;
        assert!(rest.len() == 2 && rest.iter().all(|page| page.status == 200), "{mode:?}: {rest:?}");
        let summary = again.stop().await;
        assert_eq!(summary.partial.len(), 0, "{mode:?}: {summary:?}");
        stage.stop_endpoint().await;

        let replaying = stage.ramtape("c", RecordMode::None).await;
        let replayed = replaying.pages(LISTING, &own(), 10).await;
        assert_eq!(items(&replayed), items(&[first, rest].concat()), "{mode:?}");
        assert!(!stage.texts("c")[0].1.contains("\"complete\""), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_resumes_inside_what_is_recorded_in_part_keeps_upstreams_tokens() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let first = Proxied::new(&recording.base, &Credential::owner()).pages(LISTING, &own(), 3).await;
    recording.stop().await;
    let again = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let client = Proxied::new(&again.base, &Credential::owner());
    let rest = client.pages_from(LISTING, &own(), first[0].next_token(), 10).await;
    assert_eq!(items(&rest[..2]), items(&first[1..]));
    assert_eq!((rest.len(), rest[2].status.as_u16()), (3, 200), "{rest:?}");
    assert_eq!(again.stop().await.partial.len(), 0);
    let replaying = stage.ramtape("c", RecordMode::None).await;
    assert_eq!(items(&replaying.pages(LISTING, &own(), 10).await), items(&[&first[..1], &rest].concat()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_ramtapes_is_not_put_upstream_under_a_signature() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    recording.pages(LISTING, &own(), 2).await;
    recording.stop().await;
    let asked = stage.endpoint().requests();

    // The first two pages are there; the third would have to be walked to, with credentials that nobody proved to have.
    let going_on = stage.ramtape("c", RecordMode::NewEpisodes).await;
    let client = Proxied::new(&going_on.base, &Credential::owner());
    let pages = client.pages(LISTING, &own(), 10).await;
    assert_eq!((pages.len(), pages[2].status.as_u16()), (3, 400), "{pages:?}");
    assert_eq!(pages[2].error().as_deref(), Some("InvalidNextTokenException"));
    for part in ["partially recorded listing", "--record-mode all", "--door endpoint"] {
        assert!(pages[2].message().contains(part), "{part} in {}", pages[2].message());
    }
    assert_eq!(stage.endpoint().requests(), asked);

    // The ways out that it tells.
    let whole = going_on.pages(LISTING, &own(), 10).await;
    assert!(whole.len() == 4 && whole.iter().all(|page| page.status == 200), "{whole:?}");
    going_on.stop().await;
    let all = stage.ramtape("c", RecordMode::All).await;
    let whole = Proxied::new(&all.base, &Credential::owner()).pages(LISTING, &own(), 10).await;
    assert!(whole.len() == 4 && whole.iter().all(|page| page.status == 200), "{whole:?}");
    all.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_judges_tokens_that_nobody_knows_and_they_are_not_recorded() {
    let stage = Stage::new().await;
    let direct = Proxied::new(stage.url(), &Credential::owner());
    let elsewhere = direct.pages(LISTING, &own(), 2).await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let client = Proxied::new(&recording.base, &Credential::owner());
    let unknown = client.post(LISTING, after(&elsewhere[0].next_token().unwrap())).await;
    assert_eq!(items(&[unknown]), items(&elsewhere[1..]));

    let garbled = "ae4vbxhjtcj7yt24ubvnpbz2sk57sdx6zf6w3vxwfpk2q"; // as long as one of ramtape's
    let asked = stage.endpoint().requests();
    let refused = client.post(LISTING, after(garbled)).await;
    assert_eq!(refused.error().as_deref(), Some("InvalidNextTokenException"));
    assert_eq!(stage.endpoint().requests(), asked);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on), (0, 1), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_upstreams_to_refuse_and_no_page() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let client = Proxied::new(&recording.base, &Credential::owner());
    let first = client.pages(LISTING, &own(), 1).await;
    stage.endpoint().advance(std::time::Duration::from_secs(3600));
    let refused = client.post(LISTING, after(&first[0].next_token().unwrap())).await;
    assert_eq!(refused.error().as_deref(), Some("InvalidNextTokenException"));
    assert!(!refused.message().contains("ramtape"), "{}", refused.message());
    assert_eq!(recording.stop().await.recorded, 1);
    assert_eq!(stage.texts("c").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_doors_go_on_with_each_others_listings_where_they_can() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let client = Proxied::new(&recording.base, &Credential::owner());
    let first = client.pages(LISTING, &own(), 1).await;
    // Upstream's token means the same through the endpoint, and what follows has ramtape's.
    let rest = recording.pages_from(LISTING, &own(), first[0].next_token(), 10).await;
    assert!(rest.len() == 3 && are_ramtapes(&tokens(&rest)), "{rest:?}");
    // Through the proxy, ramtape's own can't go up.
    let refused = client.post(LISTING, after(&rest[0].next_token().unwrap())).await;
    assert_eq!(refused.error().as_deref(), Some("InvalidNextTokenException"));
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.partial.len()), (4, 0), "{summary:?}");

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let replayed = replaying.pages(LISTING, &own(), 10).await;
    assert_eq!(items(&replayed), items(&[first, rest].concat()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_belongs_to_the_listing_and_the_session_that_it_was_given_to() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let client = Proxied::new(&recording.base, &Credential::owner());
    let token = client.pages(LISTING, &own(), 1).await[0].next_token().unwrap();
    let other = json!({ "resourceOwner": "SELF", "maxResults": 3, "name": "other", "nextToken": token });
    let refused = client.post(LISTING, other).await;
    assert_eq!(refused.error().as_deref(), Some("InvalidNextTokenException"), "{refused:?}");
    assert!(!refused.message().contains("ramtape"), "{}", refused.message());
    let elsewhere = client.ask(LISTING, after(&token), &[("x-ramtape-session", "b")]).await;
    assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    let summary = recording.stop().await;
    assert_eq!(summary.partial.len(), 1, "{summary:?}");
    let complete = client_pages(&stage).await;
    assert_eq!(complete, ["one page, in part"], "the other session's page is not this one's");
}

/// What the cassette's one listing holds.
async fn client_pages(stage: &Stage) -> Vec<&'static str> {
    let listings = stage.texts("c").into_iter().filter(|(_, text)| !text.contains("\"name\": \"other\""));
    let told = |(_, text): (String, String)| match (text.matches("\"status\": 200").count(), text.contains("complete"))
    {
        (1, true) => "one page, in part",
        _ => "something else",
    };
    listings.map(told).collect()
}
