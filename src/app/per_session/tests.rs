//! Cassettes of sessions, as they are opened.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use crate::app::Rules;
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::model::Door;

fn of(session: &str) -> Request {
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
    let settings = Settings::load(written, &Environment::of::<&str, &str>([], folder)).unwrap();
    let config = Config::from_settings(settings, RecordMode::None).unwrap();
    let opener = Opener { policy: Arc::new(Rules::from_config(&config)), config, upstream: None };
    Arc::new(PerSession { most, ..PerSession::new(opener).unwrap() })
}

#[tokio::test]
async fn a_cassette_that_is_made_for_an_answer_is_asked_when_it_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = sessions(folder.path(), 2);
    // Whether who repeats the request comes when the cassette is open, or while it is being opened.
    for (session, is_open) in [("a", true), ("b", false)] {
        let turn = sessions.turn(session);
        let first = turn.lock().await;
        if is_open {
            assert!(PerSession::engine(&sessions, session).await.is_ok());
        }
        let own = Arc::clone(&sessions);
        let second = tokio::spawn(async move { PerSession::answer(&own, of(session)).await });
        while sessions.opened(session).is_none() {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!second.is_finished(), "it would ask upstream again for what is on its way");
        drop(first);
        assert_eq!(second.await.unwrap().headers["x-amzn-errortype"], "CassetteMissException");
    }
}

#[tokio::test]
async fn no_more_cassettes_are_opened_than_a_run_can_keep() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = sessions(folder.path(), 2);
    let mut told = Vec::new();
    for session in ["a", "b", "c", "a"] {
        let response = PerSession::answer(&sessions, of(session)).await;
        told.push(response.headers["x-amzn-errortype"].to_str().unwrap().to_owned());
    }
    let miss = "CassetteMissException";
    assert_eq!(told, [miss, miss, "RamtapeSessionException", miss]);
}

#[tokio::test]
async fn what_is_about_to_be_asked_upstream_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = sessions(folder.path(), 2);
    let mut leaving = Box::pin(PerSession::vet(&sessions, of("a"), "a".into()));
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(leaving.as_mut().poll(cx).is_pending())).await);
    drop(leaving);
    sessions.settle(Duration::from_secs(60)).await;
    assert_eq!(sessions.porter.summary().requests, 1);
}
