//! Reads the interactions of a cassette.

use super::body;
use super::node::Node;
use super::yaml::{self, YamlFault};
use crate::model::{Address, Exchange, Lack, Misspelt, Response, TranscriptEntry, entry_name, utf8};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

/// How large a file may be, in bytes.
pub const LARGEST_FILE: u64 = 64 << 20;

/// Why a file cannot be read as a cassette.
#[derive(Debug, thiserror::Error)]
pub enum VcrError {
    /// It is too large.
    #[error("larger than {} MiB, the most that is read", LARGEST_FILE >> 20)]
    TooLarge,
    /// It is not valid text.
    #[error("cannot read the cassette: save it as UTF-8")]
    Encoding,
    /// It is not valid JSON, and begins like it.
    #[error("not a cassette of vcrpy or go-vcr: it begins as JSON")]
    Json {
        /// Where, and what is missing.
        source: serde_json::Error,
    },
    /// It is not YAML, or more than is read of it.
    #[error("not a cassette of vcrpy or go-vcr that can be read")]
    Yaml {
        /// Where, and why.
        source: YamlFault,
    },
    /// It is data of another form.
    #[error("not a cassette of vcrpy or go-vcr: {0}")]
    Form(String),
}

impl From<Misspelt> for VcrError {
    fn from(_: Misspelt) -> Self {
        Self::Encoding
    }
}

/// The interactions of a file, in its order.
///
/// # Errors
/// Where it is not a cassette at all. What is wrong with one interaction is told with it.
pub fn read(file: &[u8]) -> Result<Vec<TranscriptEntry>, VcrError> {
    if file.len() as u64 > LARGEST_FILE {
        return Err(VcrError::TooLarge);
    }
    let file = utf8(file)?;
    let text = std::str::from_utf8(&file).map_err(|_| VcrError::Encoding)?;
    let root = match text.trim_start().starts_with('{') {
        true => {
            Node::from(serde_json::from_str::<serde_json::Value>(text).map_err(|source| VcrError::Json { source })?)
        }
        false => yaml::parse(text).map_err(|source| VcrError::Yaml { source })?,
    };
    let interactions = interactions(&root)?;
    Ok(interactions.iter().enumerate().map(|(at, interaction)| entry(at + 1, interaction)).collect())
}

/// The list of interactions.
fn interactions(root: &Node) -> Result<&[std::rc::Rc<Node>], VcrError> {
    let other = |why: &str| Err(VcrError::Form(why.to_owned()));
    match (root, root.member("interactions")) {
        (_, Some(Node::List(interactions))) => Ok(interactions),
        (Node::Map(members), None) if members.iter().any(|(name, _)| name == "interactions") => Ok(&[]),
        (Node::Map(_), None) if root.member("http_interactions").is_some() => {
            other("it has `http_interactions`, the form of Ruby's VCR and of betamax, which is not read")
        }
        (Node::List(_), _) => other("it is a list, the form of vcrpy before version 1: convert it with vcrpy first"),
        (Node::Foreign(tag), _) => other(&format!("it is an object of a program ({tag}), which is not made here")),
        _ => other("it has no list `interactions`"),
    }
}

fn entry(number: usize, interaction: &Node) -> TranscriptEntry {
    let request = interaction.member("request");
    let part = |name: &str| request.and_then(|request| request.member(name)).and_then(Node::text);
    let (method, url) = (part("method"), part("uri").or_else(|| part("url")));
    match (method, url) {
        (Some(method), Some(url)) => {
            let exchange = exchange(interaction, method, url);
            TranscriptEntry { number, name: entry_name(method, url), exchange }
        }
        (method, _) => {
            let missing = if method.is_none() { "method" } else { "uri" };
            let lack = Lack::Unreadable(format!("its request has no {missing}"));
            TranscriptEntry { number, name: String::new(), exchange: Err(lack) }
        }
    }
}

fn exchange(interaction: &Node, method: &str, url: &str) -> Result<Exchange, Lack> {
    let address = Address::parse(url)?;
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Lack::Unreadable(format!("{method:?} is not an HTTP method")))?;
    let request = interaction.member("request").unwrap_or(&Node::Null);
    let sent = headers(request.member("headers"));
    let mut sent_body = body::read(request.member("body"), "its request's")?;
    if sent_body.is_empty() {
        // go-vcr has a form beside the body.
        sent_body = body::form(request.member("form"));
    }
    let promised: Option<i64> =
        request.member("content_length").and_then(Node::text).and_then(|length| length.parse().ok());
    if sent_body.is_empty() && promised.unwrap_or_default().max(length(&sent)) > 0 {
        return Err(Lack::NoRequestBody);
    }
    let response = answer(interaction.member("response"), &method)?;
    Ok(Exchange { request: address.request(method, sent, sent_body), response, after: None, write: None })
}

fn answer(response: Option<&Node>, method: &Method) -> Result<Response, Lack> {
    let Some(response) = response else { return Err(Lack::NoAnswer(String::new())) };
    let status = status(response)?;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Lack::WebSocket);
    }
    let mut headers = headers(response.member("headers"));
    // vcrpy had `content` for httpx.
    let body = response.member("body").or_else(|| response.member("content"));
    let body = body::decoded(body::read(body, "its answer's")?, &headers)?;
    let is_compressed = headers.contains_key(CONTENT_ENCODING);
    if body.is_empty() && !is_compressed && *method != Method::HEAD && length(&headers) > 0 {
        return Err(Lack::NoAnswerBody);
    }
    // They told of the body as it came.
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    Ok(Response { status, headers, body })
}

/// `status: {code: 200}`, `code: 200`, `status_code: 200` or `status: 200 OK`.
fn status(response: &Node) -> Result<StatusCode, Lack> {
    let status = response.member("status");
    let codes =
        [status.and_then(|status| status.member("code")), response.member("code"), response.member("status_code")];
    let code = codes.into_iter().flatten().find_map(Node::text);
    let code = code.or_else(|| status.and_then(Node::text)?.split(' ').next());
    match code.map(str::parse::<StatusCode>) {
        None => Err(Lack::NoAnswer(String::new())),
        Some(Ok(status)) => Ok(status),
        Some(Err(_)) => Err(Lack::Unreadable("its status is not an HTTP status".to_owned())),
    }
}

/// The headers in `node`: a value each, or a list of them. What HTTP/1.1 does not know is left out.
fn headers(node: Option<&Node>) -> HeaderMap {
    let Some(Node::Map(members)) = node else { return HeaderMap::new() };
    let mut headers = HeaderMap::with_capacity(members.len());
    for (name, values) in members {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        let single = std::slice::from_ref(values);
        for value in values.list().unwrap_or(single) {
            let value = match &**value {
                Node::Text(text) => HeaderValue::from_str(text),
                Node::Bytes(bytes) => HeaderValue::from_bytes(bytes),
                _ => continue,
            };
            headers.extend(value.ok().map(|value| (name.clone(), value)));
        }
    }
    headers
}

fn length(headers: &HeaderMap) -> i64 {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    length.unwrap_or_default()
}

#[cfg(test)]
mod tests;
