//! A cassette for every session, where the client's own signature goes upstream.

use crate::support::proxied::{HOST, Proxied};
use crate::support::stage::{Asking, Caller, Stage};
use ramtape::config::{RawConfig, RecordMode};
use ramtape::simulator::{Credential, Effect, Fault};
use serde_json::json;
use std::time::Duration;

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
async fn a_forged_signature_makes_no_cassette_and_an_accepted_one_is_sent_once() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("tapes", RecordMode::Once, per_session).await;
    let of =
        |secret: &str| Proxied::new(&recording.base, &Credential { secret: secret.to_owned(), ..Credential::owner() });
    for session in ["forged", "also-forged", ".."] {
        let headers = [("x-ramtape-session", session)];
        // The address is redacted, so a key is needed to read the request.
        let asked = json!({ "resourceOwner": "SELF", "name": "somebody@corp.co.uk" });
        let forged = of("guessed").ask("GetResourceShares", asked, &headers).await;
        assert!(matches!(forged.status.as_u16(), 400 | 403), "{forged:?}");
    }
    assert!(!stage.cassette("tapes").exists(), "folders for anybody");

    // A new session begins with a write that its client repeats while it is on its way.
    let asked = stage.endpoint().requests();
    let owner = Proxied::new(&recording.base, &Credential::owner());
    let headers = [("x-ramtape-session", "one"), ("amz-sdk-invocation-id", "7d7b3c1e")];
    let create = || owner.ask("CreateResourceShare", json!({ "name": "once" }), &headers);
    let (first, second) = tokio::join!(create(), create());
    assert_eq!((first.status.as_u16(), &first.body), (200, &second.body), "{first:?} {second:?}");
    assert_eq!(stage.endpoint().requests(), asked + 1, "a write was repeated");
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on), (1, 2), "{summary:?}");
    assert!(summary.upstream_connections > 0, "{summary:?}");
    assert!(stage.cassette("tapes/one/create-resource-share").is_dir() && !stage.cassette("tapes/forged").exists());

    let replaying = stage.ramtape_with("tapes", RecordMode::None, per_session).await;
    let owner = Proxied::new(&replaying.base, &Credential::owner());
    let again = owner.ask("CreateResourceShare", json!({ "name": "once" }), &headers).await;
    assert_eq!(again.body, first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_upstream_does_for_a_new_session_is_kept_though_its_client_left() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("tapes", RecordMode::Once, per_session).await;
    stage.endpoint().inject(Fault::next(Effect::Latency(Duration::from_secs(1))));
    let (asked, owner) = (stage.endpoint().requests(), Proxied::new(&recording.base, &Credential::owner()));
    let leaving = tokio::spawn(async move {
        owner.ask("CreateResourceShare", json!({ "name": "left" }), &[("x-ramtape-session", "one")]).await
    });
    while stage.endpoint().requests() == asked {
        tokio::task::yield_now().await;
    }
    leaving.abort();
    let _ = leaving.await;
    // There is no cassette yet, and ramtape is told to end.
    assert_eq!(recording.stop().await.recorded, 1);
    assert!(stage.cassette("tapes/one/create-resource-share").is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_request_of_a_new_session_may_be_to_a_region_that_is_not_enabled() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("tapes", RecordMode::Once, per_session).await;
    let (own, session) = (json!({ "resourceOwner": "SELF" }), [("x-ramtape-session", "one")]);
    let (name, message) = ("UnrecognizedClientException".into(), "the key is not known".into());
    stage.endpoint().inject(Fault::next(Effect::Refused { status: 403, name, message }));
    let owner = Proxied::new(&recording.base, &Credential::owner());
    let refused = owner.ask("GetResourceShares", own.clone(), &session).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(!stage.cassette("tapes").exists(), "a key that is known nowhere makes no cassette");
    let elsewhere = Asking { session: Some("one".to_owned()), ..Asking::region("eu-central-1") };
    assert_eq!(recording.ask("GetResourceShares", own.to_string(), elsewhere).await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on), (2, 0), "{summary:?}");

    let replaying = stage.ramtape_with("tapes", RecordMode::None, per_session).await;
    let owner = Proxied::new(&replaying.base, &Credential::owner());
    let again = owner.ask("GetResourceShares", own, &session).await;
    assert_eq!((again.status, &again.body), (refused.status, &refused.body));
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_of_a_new_session_are_refused_where_only_reads_are_allowed() {
    let stage = Stage::new().await;
    let change = |written: &mut RawConfig| {
        per_session(written);
        written.read_only = Some(true);
    };
    let recording = stage.ramtape_with("tapes", RecordMode::All, change).await;
    let owner = Proxied::new(&recording.base, &Credential::owner());
    let refused = owner.post("CreateResourceShare", json!({ "name": "never" })).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_deref()), (403, Some("RamtapeReadOnlyException")));
    assert_eq!(stage.endpoint().requests(), 0);
    let summary = recording.stop().await;
    assert_eq!((summary.requests, summary.upstream_connections), (1, 0));
    assert!(!stage.cassette("tapes").exists());
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
