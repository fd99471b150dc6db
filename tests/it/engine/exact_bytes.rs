//! A body's bytes are those recorded, whatever they are.

use crate::support::stage::{Asking, Stage};
use bytes::Bytes;
use ramtape::config::RecordMode;
use ramtape::simulator::{Effect, Fault};

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_survives_record_seal_and_replay() {
    let bodies: [&[u8]; 14] = [
        br#"{"creationTime":1632342984.382000123456789,"lastUpdatedTime":1.632342984382E9,"n":-0,"m":1e30}"#,
        br#"{"a": 1, "b": [1, 2, {"c": null}], "d": {}, "e": []}"#,
        b"{\n  \"pretty\" : [ 1 ,\t2 ]\r\n}\n",
        br#"{"escapes":"\" \\ \/ \b \f \n \r \t \u00e9 \u0000 \ud83d\ude00 \u2028"}"#,
        "{\"text\":\"é😀 \u{7f}\u{2028}\u{feff}\"}".as_bytes(),
        br#"{"$token":1}"#,
        br#"{"x":{"$token":1},"y":[{"$$volatile":"z"},{"$account":{"a":1}}],"nextToken":null}"#,
        br#"{"a":1,"a":2}"#,
        br#"{"lone":"\ud800"}"#,
        b"not JSON: 5 < 6",
        b"\xff\xfe\x00 binary",
        b"",
        b"[1,2,3]",
        b"\"text\" ",
    ];
    let mut stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    for (at, body) in bodies.iter().enumerate() {
        stage.endpoint().inject(Fault::next(Effect::Raw {
            status: 200,
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            body: Bytes::from_static(body),
        }));
        let answer =
            recording.ask("GetPermission", format!(r#"{{"permissionVersion":{at}}}"#), Asking::default()).await;
        assert_eq!(&answer.body[..], *body);
    }
    recording.stop().await;
    stage.stop_endpoint().await;
    // Once with the store that recorded, once from the text alone, as a fresh clone has it.
    for fresh in [false, true] {
        if fresh {
            std::fs::remove_dir_all(stage.cassette("c").join(".store")).unwrap();
        }
        let replaying = stage.ramtape("c", RecordMode::None).await;
        for (at, body) in bodies.iter().enumerate() {
            let answer =
                replaying.ask("GetPermission", format!(r#"{{"permissionVersion":{at}}}"#), Asking::default()).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
            assert_eq!(&answer.body[..], *body, "body {at}, fresh: {fresh}");
        }
        replaying.stop().await;
    }
}
