//! Writes exchanges as a HAR file.

use super::{AFTER, KEY, WRITE, time};
use crate::model::{Exchange, Request, Response, decode_query, query_pairs};
use bytes::Bytes;
use data_encoding::BASE64;
use http::HeaderMap;
use serde_json::{Map, Value, json};

/// The file: equal exchanges, equal bytes. It has no dates, which the format asks for: each entry is a second after the one
/// before it, from 1970 on. `key` tells the key of pseudonyms in it from others.
#[must_use]
pub fn write(exchanges: &[Exchange], key: Option<&str>) -> String {
    let entries: Vec<Value> = exchanges.iter().zip(0..).map(|(exchange, second)| entry(exchange, second)).collect();
    let creator = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    let mut log = json!({ "version": "1.2", "creator": creator, "pages": [], "entries": entries });
    if let (Some(key), Some(members)) = (key, log.as_object_mut()) {
        members.insert(KEY.to_owned(), json!(key));
    }
    let file = json!({ "log": log });
    format!("{file:#}\n")
}

fn entry(exchange: &Exchange, second: u64) -> Value {
    let mut entry = json!({
        "startedDateTime": time::format_second(second),
        "time": 0,
        "request": request(&exchange.request),
        "response": response(&exchange.response),
        "cache": {},
        "timings": { "send": 0, "wait": 0, "receive": 0 },
    });
    if let (Some(after), Some(members)) = (&exchange.after, entry.as_object_mut()) {
        members.insert(AFTER.to_owned(), json!(after));
        members.extend(exchange.write.as_ref().map(|id| (WRITE.to_owned(), json!(id))));
    }
    entry
}

fn request(request: &Request) -> Value {
    let mark = if request.query.is_empty() { "" } else { "?" };
    let mut value = json!({
        "method": request.method.as_str(),
        "url": format!("https://{}{}{mark}{}", request.authority, request.path, request.query),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query(&request.query),
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if let (false, Some(members)) = (request.body.is_empty(), value.as_object_mut()) {
        let mut data = content(&request.body);
        data.insert("mimeType".to_owned(), json!(mime_type(&request.headers)));
        members.insert("postData".to_owned(), Value::Object(data));
    }
    value
}

fn response(response: &Response) -> Value {
    let mut data = content(&response.body);
    data.insert("size".to_owned(), json!(response.body.len()));
    data.insert("mimeType".to_owned(), json!(mime_type(&response.headers)));
    json!({
        "status": response.status.as_u16(),
        "statusText": response.status.canonical_reason().unwrap_or_default(),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&response.headers),
        "content": data,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": response.body.len(),
    })
}

/// A body as text, or as base64 where it is none.
fn content(body: &Bytes) -> Map<String, Value> {
    let mut members = Map::new();
    match std::str::from_utf8(body) {
        Ok(text) => drop(members.insert("text".to_owned(), json!(text))),
        Err(_) => {
            members.insert("text".to_owned(), json!(BASE64.encode(body)));
            members.insert("encoding".to_owned(), json!("base64"));
        }
    }
    members
}

fn mime_type(headers: &HeaderMap) -> &str {
    headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn headers(headers: &HeaderMap) -> Vec<Value> {
    let readable = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    readable.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn query(query: &str) -> Vec<Value> {
    let decoded = |text: &str| String::from_utf8_lossy(&decode_query(text)).into_owned();
    query_pairs(query).map(|(name, value)| json!({ "name": decoded(name), "value": decoded(value) })).collect()
}
