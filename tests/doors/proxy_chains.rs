//! Chains and tokens where requests keep their clients' signatures.

use crate::proxied::Proxied;
use crate::stage::{Answer, Stage, bodies};
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
