//! Sessions as the control paths show them.

use crate::support::stage::{Answer, Asking, Caller, Ramtape, Stage};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use ramtape::config::{RawConfig, RecordMode};
use serde_json::{Value, json};

const LISTING: &str = "GetResourceShares";

async fn control(ramtape: &Caller, method: Method, path: &str) -> Answer {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = method;
    *request.uri_mut() = format!("{}/_ramtape/{path}", ramtape.base).parse().unwrap();
    ramtape.send(request).await
}

async fn sessions(ramtape: &Caller) -> Value {
    let answer = control(ramtape, Method::GET, "sessions").await;
    assert_eq!(answer.status, 200);
    answer.json()
}

async fn played(ramtape: &Ramtape) {
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    ramtape.ask(LISTING, own.clone(), Asking::session("b")).await;
    for name in ["one", "two"] {
        let create = json!({ "name": name }).to_string();
        ramtape.ask("CreateResourceShare", create, Asking::session("a")).await;
    }
    ramtape.ask(LISTING, own, Asking::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_with_their_positions_and_rewound() {
    for per_session in [false, true] {
        let stage = Stage::new().await;
        let switch = |written: &mut RawConfig| written.cassette_per_session = Some(per_session);
        let recording = stage.ramtape_with("c", RecordMode::Once, switch).await;
        assert_eq!(sessions(&recording).await, json!([]));
        played(&recording).await;
        let listed = sessions(&recording).await;
        let seen = |at: usize| {
            let of = |name: &str| listed[at][name].clone();
            [of("name"), of("requests"), of("replayed"), of("recorded"), of("missed"), of("writes")]
        };
        assert_eq!(seen(0), [json!(null), json!(1), json!(0), json!(1), json!(0), json!(0)]);
        assert_eq!(seen(1), [json!("a"), json!(2), json!(0), json!(2), json!(0), json!(2)]);
        assert_eq!(seen(2), [json!("b"), json!(1), json!(0), json!(1), json!(0), json!(0)]);
        assert!(listed[1]["latestWrite"].as_str().unwrap().starts_with("create-resource-share/"), "{listed}");
        assert_eq!(listed[2]["latestWrite"], Value::Null);

        let reset = |name: &'static str| control(&recording, Method::POST, name);
        assert_eq!(reset("sessions/a/reset").await.json(), json!({ "session": "a", "reset": true }));
        assert_eq!(reset("sessions/b/reset").await.json()["reset"], true);
        let absent = reset("sessions/c/reset").await.json();
        assert_eq!(absent["reset"], false);
        assert!(absent["message"].as_str().unwrap().contains("no such session"), "{absent}");
        assert_eq!(sessions(&recording).await[1]["writes"], 0);
        let summary = recording.stop().await;
        assert_eq!(summary.sessions.len(), 3);

        let replaying = stage.ramtape_with("c", RecordMode::None, switch).await;
        played(&replaying).await;
        replaying.post(LISTING, json!({ "resourceOwner": "OTHER-ACCOUNTS" })).await;
        let listed = sessions(&replaying).await;
        assert_eq!((&listed[0]["replayed"], &listed[0]["missed"]), (&json!(1), &json!(1)));
        assert_eq!((&listed[1]["replayed"], &listed[2]["replayed"]), (&json!(2), &json!(1)));
    }
}
