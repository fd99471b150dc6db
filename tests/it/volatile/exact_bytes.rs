//! Byte for byte: what a client sees on replay with the values of the recording is what it saw then.

use super::operations::{texts, volatile};
use crate::support::stage::{Asking, Ramtape, Stage};
use bytes::Bytes;
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};

/// Answers that hold the name in its spellings, and objects that look like holes.
const BODIES: [&str; 7] = [
    r#"{"name":"q\"é/1"}"#,
    r#"{"name": "q\"é/1", "b": [1.50, "q\"é/1"]}"#,
    r#"{"name":"q\"\u00e9\/1","x":"q\"é/1","y":"\u0071\"é/1"}"#,
    "{\n \"pretty\" : [ \"q\\\"é/1\" ]\r\n}\n",
    r#"{"$volatile":"q\"é/1","x":{"$volatile":"q\"é/1"},"q\"é/1":{"$$token":1}}"#,
    "not JSON: \"q\\\"é/1\"",
    r#"["\ud800","q\"é/1"]"#,
];

async fn run(ramtape: &Ramtape) -> Vec<Bytes> {
    // The client's spelling of its own value is of no matter.
    let create = r#"{"name":"q\"\u00e9\/1"}"#;
    let mut bodies = vec![ramtape.ask("CreateResourceShare", create, Asking::default()).await.body];
    for at in 0..BODIES.len() {
        let read = format!(r#"{{"permissionVersion":{at},"permissionArn":"q\"é/1"}}"#);
        bodies.push(ramtape.ask("GetPermission", read, Asking::default()).await.body);
    }
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn unusual_spellings_survive() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    for body in BODIES {
        stage.endpoint().inject(
            Fault::next(Effect::Raw {
                status: 200,
                content_type: Some("application/json".to_owned()),
                body: Bytes::from(body),
            })
            .on("GetPermission"),
        );
    }
    let recorded = run(&recording).await;
    assert_eq!(recorded[1..], BODIES.map(Bytes::from));
    recording.stop().await;
    stage.stop_endpoint().await;
    let text = texts(&stage, "c");
    // Every request has the hole; of the bodies all that are JSON, wherever the value is spelled as ramtape would spell it.
    assert_eq!(text.matches(r#""permissionArn": {"$volatile": "create-resource-share/"#).count(), BODIES.len());
    assert!(text.contains(r#""x": {"$volatile": "create-resource-share/"#), "{text}");
    assert!(text.contains(r#""$$volatile": {"$volatile": "create-resource-share/"#), "{text}");
    assert!(text.contains(r#""q\"\u00e9\/1""#), "{text}");

    for fresh in [false, true] {
        if fresh {
            std::fs::remove_dir_all(stage.cassette("c").join(".store")).unwrap();
        }
        let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
        assert_eq!(run(&replaying).await, recorded, "fresh: {fresh}");
        assert_eq!(replaying.stop().await.missed, 0);
    }
}
