//! One entry at a time: what it becomes, and what it lacks.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use serde_json::{Value, json};

fn file(entries: &[Value]) -> Vec<u8> {
    json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": entries } })
        .to_string()
        .into_bytes()
}

/// An entry in which everything is as it should be, changed.
fn entry(change: impl FnOnce(&mut Value)) -> Value {
    let mut entry = json!({
        "startedDateTime": "2026-11-22T05:41:17.123Z",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": "https://ram.us-east-1.amazonaws.com/getresourceshares?a=b#c",
            "headers": [{ "name": ":authority", "value": "x" }, { "name": "User-Agent", "value": "u app/s" }],
            "postData": { "mimeType": "application/json", "text": "{\"resourceOwner\":\"SELF\"}" },
            "bodySize": 24
        },
        "response": {
            "status": 200,
            "headers": [{ "name": "Content-Type", "value": "application/json" }],
            "content": { "size": 2, "mimeType": "application/json", "text": "{}" },
            "bodySize": 2
        }
    });
    change(&mut entry);
    entry
}

fn outcome(change: impl FnOnce(&mut Value)) -> Result<Exchange, Lack> {
    read(&file(&[entry(change)])).unwrap().entries.remove(0).exchange
}

#[test]
fn an_entry_is_taken_apart() {
    let [entry] = read(&file(&[entry(|_| ())])).unwrap().entries.try_into().unwrap();
    assert_eq!((entry.number, entry.name.as_str()), (1, "POST https://ram.us-east-1.amazonaws.com/getresourceshares"));
    let Exchange { request, response, after, write } = entry.exchange.unwrap();
    assert_eq!((request.path.as_str(), request.query.as_str()), ("/getresourceshares", "a=b"));
    assert_eq!(
        (request.authority.as_str(), &request.body[..]),
        ("ram.us-east-1.amazonaws.com", &b"{\"resourceOwner\":\"SELF\"}"[..])
    );
    assert_eq!((request.header("user-agent"), request.headers.len()), (Some("u app/s"), 1));
    assert_eq!((response.status.as_u16(), &response.body[..], after, write), (200, &b"{}"[..], None, None));
}

#[test]
fn bodies_come_as_text_or_base64_and_sizes_of_all_dialects_are_believed() {
    let body = |change: fn(&mut Value)| outcome(change).map(|exchange| exchange.response.body);
    let base64 = |entry: &mut Value| {
        entry["response"]["content"] = json!({ "size": 3, "text": "/w D/\n", "encoding": "base64" });
    };
    assert_eq!(body(base64).unwrap(), [0xff, 0x00, 0xff][..]);
    // mitmproxy gives the compressed size, Chromium the other one; both say what was saved.
    let compressed =
        |entry: &mut Value| entry["response"]["content"] = json!({ "size": 2, "compression": 1, "text": "{ }" });
    assert_eq!(body(compressed).unwrap(), "{ }");
    let chromium =
        |entry: &mut Value| entry["response"]["content"] = json!({ "size": 3, "compression": 1, "text": "{ }" });
    assert_eq!(body(chromium).unwrap(), "{ }");
    let unknown = |entry: &mut Value| entry["response"]["content"] = json!({ "text": "é" });
    assert_eq!(body(unknown).unwrap(), "é");
    let empty = |entry: &mut Value| entry["response"]["content"] = json!({ "size": 0, "mimeType": "" });
    assert_eq!(body(empty).unwrap(), "");
    let compressed_nothing = |entry: &mut Value| {
        entry["response"]["content"] = json!({ "size": 0 });
        let names = [("content-length", "20"), ("content-encoding", "gzip")];
        entry["response"]["headers"] = names.map(|(name, value)| json!({ "name": name, "value": value })).into();
    };
    assert_eq!(body(compressed_nothing).unwrap(), "");
    let none = |entry: &mut Value| {
        entry["response"] = json!({ "status": 204, "content": {} });
    };
    assert_eq!(body(none).unwrap(), "");
}

#[test]
fn what_is_not_whole_is_told() {
    let lack = |change: fn(&mut Value)| outcome(change).unwrap_err();
    assert_eq!(lack(|entry| entry["_resourceType"] = json!("websocket")), Lack::WebSocket);
    assert_eq!(lack(|entry| entry["response"]["status"] = json!(101)), Lack::WebSocket);
    assert_eq!(lack(|entry| entry["request"]["url"] = json!("wss://a.test/x")), Lack::WebSocket);
    assert_eq!(lack(|entry| entry["response"] = Value::Null), Lack::NoAnswer(String::new()));
    let failed =
        |entry: &mut Value| entry["response"] = json!({ "status": 0, "content": {}, "_error": "net::ERR_ABORTED" });
    assert_eq!(lack(failed).to_string(), "it has no answer (net::ERR_ABORTED)");
    assert_eq!(
        lack(|entry| drop(entry["response"]["content"].as_object_mut().unwrap().remove("text"))),
        Lack::NoAnswerBody
    );
    assert_eq!(lack(|entry| entry["response"]["content"]["text"] = json!("")), Lack::NoAnswerBody);
    assert_eq!(lack(|entry| drop(entry["response"].as_object_mut().unwrap().remove("content"))), Lack::NoAnswerBody);
    let cut = |entry: &mut Value| entry["response"]["content"]["size"] = json!(9);
    assert_eq!(lack(cut), Lack::Truncated { there: 2, size: 9 });
    assert_eq!(lack(|entry| drop(entry["request"].as_object_mut().unwrap().remove("postData"))), Lack::NoRequestBody);
    // A text that was left out can be an empty one, and a size that nobody knew 0.
    assert_eq!(lack(|entry| entry["request"]["postData"]["text"] = json!("")), Lack::NoRequestBody);
    let unsized_answer = |entry: &mut Value| {
        entry["response"]["content"] = json!({ "size": 0 });
        entry["response"]["headers"] = json!([{ "name": "content-length", "value": "512" }]);
    };
    assert_eq!(lack(unsized_answer), Lack::NoAnswerBody);
    for bad in [json!("no url"), json!("/path"), json!("https://a b/"), json!(7)] {
        assert!(matches!(outcome(|entry| entry["request"]["url"] = bad), Err(Lack::Unreadable(_))));
    }
    let encoded = |entry: &mut Value| entry["response"]["content"]["encoding"] = json!("rot13");
    assert!(lack(encoded).to_string().contains("rot13"));
}

#[test]
fn a_request_without_a_body_is_one_where_that_is_said() {
    let bare = |size: Value, method: &str| {
        outcome(|entry| {
            let request = entry["request"].as_object_mut().unwrap();
            request.remove("postData");
            request.insert("bodySize".into(), size);
            request.insert("method".into(), json!(method));
        })
    };
    assert_eq!(bare(json!(0), "POST").unwrap().request.body, "");
    assert_eq!(bare(json!(-1), "DELETE").unwrap().request.body, "");
    assert_eq!(bare(json!(-1), "POST").unwrap_err(), Lack::NoRequestBody);
    assert_eq!(bare(json!(3), "DELETE").unwrap_err(), Lack::NoRequestBody);
}

#[test]
fn entries_are_in_the_order_of_their_beginnings() {
    let at = |time: Option<&str>, path: &str| {
        entry(|entry| {
            entry["request"]["url"] = json!(format!("https://a.test/{path}"));
            entry["startedDateTime"] = json!(time);
        })
    };
    let entries = [
        at(Some("2026-11-22T05:00:03Z"), "third"),
        at(None, "after the third"),
        at(Some("2026-11-22T06:00:01+01:00"), "first"),
        at(Some("2026-11-22T05:00:02Z"), "second"),
        at(Some("2026-11-22T05:00:02Z"), "beside it"),
    ];
    let numbers: Vec<usize> = read(&file(&entries)).unwrap().entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [3, 4, 5, 1, 2]);
}

#[test]
fn one_bad_entry_does_not_hide_the_others_and_another_file_is_refused() {
    let text = String::from_utf8(file(&[entry(|_| ()), json!({ "request": 7 })])).unwrap();
    let lone = text.replace("\"text\":\"{}\"", "\"text\":\"\\ud800\"");
    assert_ne!(text, lone);
    let outcomes = |text: &str| {
        read(text.as_bytes()).unwrap().entries.iter().map(|entry| entry.exchange.is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&format!("\u{feff}{text}")), [true, false]);
    assert_eq!(outcomes(&lone), [false, false]);
    for other in ["", "{}", "[]", "{\"log\":{}}", "{\"log\":{\"entries\":{}}}"] {
        assert!(read(other.as_bytes()).unwrap_err().to_string().starts_with("not a HAR file"), "{other}");
    }
}
