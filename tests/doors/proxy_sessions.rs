//! A cassette for every session, where the client's own signature goes upstream.

use crate::proxied::{HOST, Proxied};
use crate::stage::Stage;
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
