//! A cassette for every session, where the client's own signature goes upstream.

use crate::proxied::{HOST, Proxied};
use crate::stage::{Asking, Caller, Stage};
use ramtape::config::{RawConfig, RecordMode};
use ramtape::simulator::Credential;
use serde_json::json;

fn per_session(written: &mut RawConfig) {
    written.cassette_per_session = Some(true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_proxy_s_client_gets_its_cassette() {
    let mut stage = Stage::new().await;
    // No credentials that ramtape holds: nothing could prove this client.
    let consumer = Credential::consumer();
    let ask = async |base: &str| {
        let client = Proxied::new(base, &consumer);
        client.ask("GetResourceShares", json!({ "resourceOwner": "SELF" }), &[("x-ramtape-session", "one")]).await
    };
    let recording = stage.ramtape_with("tapes", RecordMode::Once, per_session).await;
    let recorded = ask(&recording.base).await;
    assert_eq!(recorded.status, 200, "{recorded:?}");
    let unsigned = format!(
        "POST http://{HOST}/getresourceshares HTTP/1.1\r\nHost: {HOST}\r\nx-ramtape-session: two\r\n\
         Connection: close\r\n\r\n"
    );
    let refused = Proxied::new(&recording.base, &consumer).raw(&unsigned).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(recording.stop().await.recorded, 1);
    assert!(stage.cassette("tapes/one/get-resource-shares").is_dir() && !stage.cassette("tapes/two").exists());
    stage.stop_endpoint().await;

    let replaying = stage.ramtape_with("tapes", RecordMode::None, per_session).await;
    assert_eq!(ask(&replaying.base).await.body, recorded.body);
    replaying.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_are_not_proved_leave_no_session() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("tape", RecordMode::All).await;
    let own = json!({ "resourceOwner": "SELF" });
    let of = |secret: &str| {
        let keys = Credential { secret: secret.to_owned(), ..Credential::owner() };
        Proxied::new(&recording.base, &keys)
    };
    let forged = of("guessed").ask("GetResourceShares", own.clone(), &[("x-ramtape-session", "forged")]).await;
    assert_eq!(forged.status, 403, "{forged:?}");
    let origin = recording.base.split("/~").next().unwrap().to_owned();
    let keyless = Caller::of(&origin).ask("GetResourceShares", own.to_string(), Asking::session("keyless")).await;
    assert_eq!(keyless.status, 403, "{keyless:?}");
    let named: Vec<_> = recording.stop().await.sessions.into_iter().map(|session| session.name).collect();
    assert_eq!(named, [] as [Option<String>; 0]);

    let recording = stage.ramtape("tape", RecordMode::All).await;
    let of_owner = Proxied::new(&recording.base, &Credential::owner());
    of_owner.ask("GetResourceShares", own.clone(), &[("x-ramtape-session", "signed")]).await;
    recording.ask("GetResourceShares", own.to_string(), Asking::session("with-key")).await;
    let named: Vec<_> = recording.stop().await.sessions.into_iter().map(|session| session.name.unwrap()).collect();
    assert_eq!(named, ["signed", "with-key"]);
}
