//! Reads the exchanges of a HAR file.

use super::raw::{File, RawEntry, RawHeader, RawRequest, RawResponse};
use super::time;
use crate::model::{Address, Exchange, Lack, Misspelt, Request, Response, TranscriptEntry, entry_name, utf8};
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Archive {
    /// What tells the key from others that pseudonyms in it were made with, where it says so.
    pub key: Option<String>,
    /// The entries in the order in which they were asked, as far as they say so.
    pub entries: Vec<TranscriptEntry>,
}

/// Why a file cannot be read as HAR.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// It is not JSON, or JSON of another form.
    #[error("not a HAR file (HTTP archive 1.2: JSON, as browsers' network tools and mitmproxy export it)")]
    Other {
        /// Where, and what is missing.
        source: serde_json::Error,
    },
    /// It is not valid text.
    #[error("cannot read the HAR file: it starts as UTF-16 but is not valid UTF-16; save it as UTF-8")]
    Encoding,
}

impl From<Misspelt> for HarError {
    fn from(_: Misspelt) -> Self {
        Self::Encoding
    }
}

/// What a file holds.
///
/// # Errors
/// Where it is not a HAR file at all. What is wrong with one entry is told with it.
pub fn read(file: &[u8]) -> Result<Archive, HarError> {
    let file: File = serde_json::from_slice(&utf8(file)?).map_err(|source| HarError::Other { source })?;
    let mut entries = Vec::with_capacity(file.log.entries.len());
    let mut latest = i64::MIN;
    for (at, raw) in file.log.entries.iter().enumerate() {
        let (entry, started) = entry(at + 1, raw.get());
        // One that does not say when follows the one before it.
        latest = started.unwrap_or(latest);
        entries.push((latest, entry));
    }
    entries.sort_by_key(|(started, _)| *started);
    Ok(Archive { key: file.log.key, entries: entries.into_iter().map(|(_, entry)| entry).collect() })
}

fn entry(number: usize, text: &str) -> (TranscriptEntry, Option<i64>) {
    let raw: RawEntry = match serde_json::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let exchange = Err(Lack::Unreadable(error.to_string()));
            return (TranscriptEntry { number, name: name_within(text), exchange }, None);
        }
    };
    let name = entry_name(&raw.request.method, &raw.request.url);
    let started = raw.started_date_time.as_deref().and_then(time::parse_microseconds);
    (TranscriptEntry { number, name, exchange: exchange(raw) }, started)
}

/// The name of an entry that is not one to its end; empty where it does not say even that.
fn name_within(text: &str) -> String {
    let entry: Value = serde_json::from_str(text).unwrap_or_default();
    let part = |pointer| entry.pointer(pointer).and_then(Value::as_str);
    match (part("/request/method"), part("/request/url")) {
        (Some(method), Some(url)) => entry_name(method, url),
        _ => String::new(),
    }
}

fn exchange(raw: RawEntry) -> Result<Exchange, Lack> {
    let RawEntry { request, response, resource_type, after, write, .. } = raw;
    let address = Address::parse(&request.url)?;
    let status = response.as_ref().map(|response| response.status);
    if resource_type.as_deref() == Some("websocket") || status == Some(101.0) || address.is_socket {
        return Err(Lack::WebSocket);
    }
    let response = answer(response)?;
    Ok(Exchange { request: build_request(request, address)?, response, after, write })
}

fn build_request(raw: RawRequest, address: Address) -> Result<Request, Lack> {
    let method = Method::from_bytes(raw.method.as_bytes())
        .map_err(|_| Lack::Unreadable(format!("{:?} is not an HTTP method", raw.method)))?;
    let headers = headers(&raw.headers);
    let data = raw.post_data.unwrap_or_default();
    let body = match bytes(data.text, data.encoding.as_deref())? {
        Some(body) if !body.is_empty() => body,
        // Some write an empty text where they leave the body out.
        said => {
            let sizes = || raw.body_size.into_iter().chain(length(&headers));
            // DELETE and GET have none; of others that must be said.
            let bodiless = [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS].contains(&method);
            let is_empty = said.is_some() || bodiless || sizes().any(|size| size == 0.0);
            if !is_empty || sizes().any(|size| size > 0.0) {
                return Err(Lack::NoRequestBody);
            }
            Bytes::new()
        }
    };
    Ok(address.request(method, headers, body))
}

fn answer(raw: Option<RawResponse>) -> Result<Response, Lack> {
    let Some(raw) = raw else { return Err(Lack::NoAnswer(String::new())) };
    let RawResponse { status, headers: named, content, body_size, error } = raw;
    if status == 0.0 {
        return Err(Lack::NoAnswer(error.unwrap_or_default()));
    }
    let legal = (100.0..1000.0).contains(&status) && status.fract() == 0.0;
    let status = legal.then(|| format!("{status}").parse::<StatusCode>().ok()).flatten();
    let status = status.ok_or_else(|| Lack::Unreadable("its status is not an HTTP status".to_owned()))?;
    let size = content.size.filter(|size| *size >= 0.0);
    let headers = headers(&named);
    // The length is that of what came, and a compressed nothing is something.
    let promised = length(&headers).filter(|_| !headers.contains_key(http::header::CONTENT_ENCODING));
    let body = match bytes(content.text, content.encoding.as_deref())? {
        Some(body) => body,
        None if promised.is_some_and(|length| length > 0.0) => return Err(Lack::NoAnswerBody),
        None if size.or(body_size.filter(|size| *size >= 0.0)) == Some(0.0) => Bytes::new(),
        None if status == StatusCode::NO_CONTENT => Bytes::new(),
        None => return Err(Lack::NoAnswerBody),
    };
    // Where the body came compressed, some give its compressed size: never more than there was.
    if let Some(size) = size.filter(|size| (body.len() as f64) < *size) {
        return Err(if body.is_empty() {
            Lack::NoAnswerBody
        } else {
            Lack::Truncated { there: body.len() as u64, size: size as u64 }
        });
    }
    Ok(Response { status, headers, body })
}

/// A body's bytes; `None` where there is no text.
fn bytes(text: Option<String>, encoding: Option<&str>) -> Result<Option<Bytes>, Lack> {
    let Some(text) = text else { return Ok(None) };
    match encoding.unwrap_or_default() {
        "" => Ok(Some(Bytes::from(text))),
        "base64" => {
            let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let decoded =
                BASE64.decode(&plain).map_err(|_| Lack::Unreadable("a body is not valid base64".to_owned()))?;
            Ok(Some(Bytes::from(decoded)))
        }
        other => Err(Lack::Unreadable(format!("a body has the unknown encoding {other:?}"))),
    }
}

fn length(headers: &HeaderMap) -> Option<f64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The headers that HTTP/1.1 knows: not HTTP/2's pseudo-headers.
fn headers(raw: &[RawHeader]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(raw.len());
    for RawHeader { name, value } in raw {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests;
