//! HTTP archives of requests that were answered, to be imported.

use serde_json::{Value, json};

/// An archive of calls of GetResourceShares, each a body that was asked with and one that was answered.
pub(crate) fn archive(calls: impl IntoIterator<Item = (String, String)>) -> String {
    let entries: Vec<Value> = calls.into_iter().map(|(asked, answered)| entry(&asked, &answered)).collect();
    json!({ "log": { "version": "1.2", "creator": { "name": "test", "version": "1" }, "entries": entries } })
        .to_string()
}

fn entry(asked: &str, answered: &str) -> Value {
    let headers = json!([{ "name": "content-type", "value": "application/json" }]);
    json!({
        "startedDateTime": "2026-12-01T00:00:00.000Z", "time": 1, "cache": {},
        "timings": { "send": 0, "wait": 1, "receive": 0 },
        "request": {
            "method": "POST", "url": "https://ram.us-east-1.amazonaws.com/getresourceshares",
            "httpVersion": "HTTP/1.1", "headers": headers, "queryString": [], "cookies": [],
            "headersSize": -1, "bodySize": asked.len(), "postData": { "mimeType": "application/json", "text": asked },
        },
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": headers, "cookies": [],
            "redirectURL": "", "headersSize": -1, "bodySize": answered.len(),
            "content": { "size": answered.len(), "mimeType": "application/json", "text": answered },
        },
    })
}
