//! Cassettes of sessions, as they are opened.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::app::Rules;
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::model::Door;

fn build_request(session: &str) -> Request {
    Request {
        method: http::Method::POST,
        path: "/getresourceshares".into(),
        query: String::new(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::from_static(b"{}"),
        signed_target: "/getresourceshares".into(),
        authority: "127.0.0.1".into(),
        door: Door::Endpoint,
        key: None,
        session_prefix: Some(session.into()),
    }
}

/// Cassettes in a folder of `folder`, of which `most` are opened.
fn sessions(folder: &std::path::Path, most: usize) -> Arc<PerSession> {
    let written = RawConfig { cassette: Some(folder.join("tapes")), ..RawConfig::default() };
    let settings = Settings::load(written, &Environment::from_variables::<&str, &str>([], folder)).unwrap();
    let config = Config::from_settings(settings, RecordMode::None).unwrap();
    let opener =
        Opener { policy: Arc::new(Rules::from_config(&config)), config, upstream: None, inspector: Arc::default() };
    Arc::new(PerSession { most, ..PerSession::new(opener) })
}

#[tokio::test]
async fn no_more_cassettes_are_opened_than_a_run_can_keep() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = sessions(folder.path(), 2);
    let mut told = Vec::new();
    for session in ["a", "b", "c", "a"] {
        let response = PerSession::answer(&sessions, build_request(session)).await;
        told.push(response.headers["x-amzn-errortype"].to_str().unwrap().to_owned());
    }
    let miss = "CassetteMissException";
    assert_eq!(told, [miss, miss, "RamtapeSessionException", miss]);
}
