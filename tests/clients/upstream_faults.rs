//! What upstream and the ways to it do wrong, as boto3 sees it.

use ramtape::simulator::{Credential, Effect, Fault};
use serde_json::{Value, json};

use crate::support::clients::{Finished, boto3, python};
use crate::support::scene::{Endpoint, Tape, as_owner, recording, words};
use crate::support::steps::{Step, batch, by_step, parsed, step};

const LISTING: &str = "GetResourceShares";

#[test]
fn throttling_is_the_clients_to_retry_and_never_recorded() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let throttled = Fault::next(Effect::Throttled).times(2);
    endpoint.running().inject(throttled);
    let asked = || batch(boto3(&python), &[step("call", LISTING, &json!({ "resourceOwner": "SELF" }))]);
    let recorded = tape.record(&endpoint.url(), asked());
    assert_eq!(endpoint.running().requests(), 3);
    endpoint.stop();
    assert!(recorded.stderr.contains("1 recorded, 0 missed, 2 passed on without being recorded"), "{recorded}");
    assert_eq!(recorded.lines().last().unwrap()["retryAttempts"], 2);
    let [file] = tape.files().try_into().unwrap();
    let text = std::fs::read_to_string(tape.path().join(file)).unwrap();
    assert!(text.matches("\"status\"").count() > 0 && !text.contains("hrottl"), "{text}");
    assert_eq!(text.matches("\"pages\"").count(), 1, "{text}");

    let replayed = tape.replay(asked());
    assert_eq!(replayed.lines().last().unwrap()["retryAttempts"], 0);
    assert_eq!(replayed.bodies()[..], recorded.bodies()[2..]);
}

/// Until one attempt works: that recorded errors are answers must not make them the last ones.
#[test]
fn a_recorded_error_that_asks_to_retry_is_followed_by_what_the_retry_got() {
    let Some(python) = python() else { return };
    // Of a gateway before the service: the status says all.
    let unnamed = |status| Effect::Raw { status, content_type: Some("application/json".into()), body: "{}".into() };
    for (effect, status) in [
        (Effect::Unavailable, 503),
        (Effect::Throttled, 429),
        (Effect::InternalError, 500),
        (unnamed(429), 429),
        (unnamed(502), 502),
    ] {
        let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
        let asked = || {
            let steps = [
                step("call", "CreateResourceShare", &json!({ "name": "x", "clientToken": "t" })),
                step("call", LISTING, &json!({ "resourceOwner": "SELF", "name": "x" })),
            ];
            batch(boto3(&python), &steps)
        };
        for operation in ["CreateResourceShare", LISTING] {
            endpoint.running().inject(Fault::next(effect.clone()).times(2).on(operation));
        }
        let run = tape.run("once", &["--record-errors", "--upstream", &endpoint.url()]);
        let recorded = as_owner(asked()).under(run).finish().success();
        endpoint.stop();
        assert!(recorded.stderr.contains("6 recorded, 0 missed;"), "{recorded}");
        let retries = |finished: &Finished| -> Vec<Value> {
            parsed(&finished.lines(), "http").iter().map(|answer| answer["status"].clone()).collect()
        };
        assert_eq!(retries(&recorded), [status, status, 200, status, status, 200]);
        for tape in [&tape, &tape.text_alone()] {
            let replayed = tape.replay(asked());
            assert_eq!((retries(&replayed), replayed.bodies()), (retries(&recorded), recorded.bodies()));
        }
    }
}

#[test]
fn an_expired_session_is_reported_and_never_recorded() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    endpoint.running().end_session(&Credential::owner().access_key_id);
    let asked = batch(boto3(&python), &[step("call", LISTING, &json!({ "resourceOwner": "SELF" }))]);
    let refused = tape.try_record(&endpoint.url(), asked);
    let lines = refused.lines();
    assert_eq!(parsed(&lines, "error")[0]["code"], "ExpiredTokenException");
    assert!(refused.stderr.contains("0 recorded, 0 missed, 1 passed on"), "{refused}");
    assert!(!tape.path().exists(), "nothing came into it");
}

#[test]
fn answers_of_every_shape_replay_byte_for_byte() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let raw = |content_type: Option<&str>, body: &'static [u8]| Effect::Raw {
        status: 200,
        content_type: content_type.map(str::to_owned),
        body: body.into(),
    };
    let spelled = "{ \"resourceShares\" : [ {\"name\":\"\\u00fc\\/\u{1f980}\", \"creationTime\":1632342984.382000123456789},\n\t{\"lastUpdatedTime\": 1.632342984382E9} ] }\r\n";
    let effects = [
        Effect::Chunked,
        Effect::ConnectionClose,
        Effect::ContentType("application/x-amz-json-1.1; charset=utf-8".to_owned()),
        raw(None, b"{}"),
        raw(Some("application/json"), b""),
        raw(Some("application/json"), spelled.as_bytes()),
        raw(Some("application/json"), b"{\"resourceShares\":[],\"resourceShares\":[{\"name\":\"twice\"}]}"),
    ];
    let mut steps: Vec<Step> = Vec::new();
    for (at, effect) in effects.into_iter().enumerate() {
        endpoint.running().inject(Fault::next(effect));
        steps.push(step("call", LISTING, &json!({ "resourceOwner": "SELF", "name": format!("shape {at}") })));
    }
    let recorded = by_step(&tape.record(&endpoint.url(), batch(boto3(&python), &steps)));
    endpoint.stop();
    let received = |at: usize| parsed(&recorded[&json!(steps[at]).to_string()], "http")[0].clone();
    assert_eq!(received(5)["body"], data_encoding::BASE64.encode(spelled.as_bytes()));
    assert_eq!(received(2)["contentType"], "application/x-amz-json-1.1; charset=utf-8");

    assert_eq!(by_step(&tape.replay(batch(boto3(&python), &steps))), recorded);
    assert_eq!(by_step(&tape.git_clone().replay(batch(boto3(&python), &steps))), recorded);
}

#[test]
fn what_a_client_got_survives_a_kill() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let listed = [step("list", LISTING, &json!({ "resourceOwner": "SELF" })), words(&["--page-size", "2"])].concat();
    // Stopped in the middle of a chain: nothing of it is text yet.
    let steps = [[listed, words(&["--max-items", "5"])].concat()];
    let server = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    let recorded = batch(boto3(&python), &steps).endpoint(&server.url);
    let recorded = crate::support::scene::as_owner(recorded).finish().success();
    server.kill();
    endpoint.stop();
    assert_eq!((tape.files(), recorded.bodies().len()), (Vec::new(), 3));

    let replayed = tape.replay(batch(boto3(&python), &steps));
    assert_eq!(replayed.stdout, recorded.stdout);
    let sealed = crate::support::binary::run(tape.folder(), &["seal", "--cassette", tape.path().to_str().unwrap()]);
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    assert_eq!(tape.git_clone().replay(batch(boto3(&python), &steps)).stdout, recorded.stdout);
}
