//! From text to an entry; strict, so that an edit that went wrong is told and not guessed at.

use super::body::{read_body, read_pieces};
use super::fields::Fields;
use super::flaw::FileFlaw;
use super::request::read_request;
use super::spell::Style;
use crate::json::{self, Node};
use crate::model::{Body, Entry, OperationName, Page, Take};
use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, StatusCode};

/// Reads the text of one file.
///
/// # Errors
/// Where it is not JSON, holds a merge conflict, or a member is unknown, missing or of the wrong type.
pub fn read(text: &[u8]) -> Result<Entry, FileFlaw> {
    let root = json::parse(text).map_err(|error| {
        conflict(text).unwrap_or_else(|| FileFlaw::at(error.offset, format!("not JSON: {}", error.reason)))
    })?;
    let mut fields = Fields::read(&root, String::new())?;
    let operation = OperationName::parse(fields.text("operation")?);
    let region = fields.text("region")?;
    let actor = fields.text("actor")?;
    let request = read_request(fields.required("request")?)?;
    let takes = array(&mut fields, "takes", read_take)?;
    fields.finish()?;
    Ok(Entry { operation, region, actor, request, takes })
}

/// The conflict that `git` left in `text`, if it did.
pub(crate) fn conflict(text: &[u8]) -> Option<FileFlaw> {
    let mut offset = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if [&b"<<<<<<< "[..], b">>>>>>> ", b"||||||| "].iter().any(|marker| line.starts_with(marker)) {
            return Some(FileFlaw::at(offset, "an unresolved merge conflict"));
        }
        offset += line.len();
    }
    None
}

fn array<T>(
    fields: &mut Fields<'_, '_>,
    name: &str,
    read: impl Fn(&Node<'_>, String) -> Result<T, FileFlaw>,
) -> Result<Vec<T>, FileFlaw> {
    let node = fields.required(name)?;
    let items = node.items().ok_or_else(|| fields.flaw(node, name, "expected an array"))?;
    if items.is_empty() {
        return Err(fields.flaw(node, name, "it is empty"));
    }
    items.iter().enumerate().map(|(index, item)| read(item, fields.place_of(name, index))).collect()
}

fn read_take(node: &Node<'_>, place: String) -> Result<Take, FileFlaw> {
    let mut fields = Fields::read(node, place)?;
    let session = fields.optional_text("session")?;
    let after = fields.optional_text("after")?;
    let id = fields.optional_text("id")?;
    let max_results = match fields.optional("maxResults") {
        None => None,
        Some(node) => {
            let number = node.raw.parse().map_err(|_| fields.flaw(node, "maxResults", "expected a whole number"))?;
            Some(number)
        }
    };
    let complete = match fields.optional("complete") {
        None => true,
        Some(node) => match node.kind {
            json::Kind::Bool(complete) => complete,
            _ => return Err(fields.flaw(node, "complete", "expected true or false")),
        },
    };
    let times = match fields.optional("times") {
        None => 1,
        Some(node) => match node.raw.parse() {
            Ok(times) if times > 0 => times,
            _ => return Err(fields.flaw(node, "times", "expected a whole number, at least 1")),
        },
    };
    let pages = array(&mut fields, "pages", read_page)?;
    fields.finish()?;
    Ok(Take { session, after, id, max_results, complete, times, pages })
}

fn read_page(node: &Node<'_>, place: String) -> Result<Page, FileFlaw> {
    let mut fields = Fields::read(node, place.clone())?;
    let status = fields.required("status")?;
    let status = match status.raw.parse() {
        Ok(number) if StatusCode::from_u16(number).is_ok() => number,
        _ => return Err(fields.flaw(status, "status", "expected an HTTP status")),
    };
    let headers = match fields.optional("headers") {
        Some(node) => read_headers(node, format!("{place}.headers"))?,
        None => Vec::new(),
    };
    let body = read_content(&mut fields)?;
    fields.finish()?;
    Ok(Page { status, headers, body })
}

fn read_headers(node: &Node<'_>, place: String) -> Result<Vec<(String, String)>, FileFlaw> {
    let mut headers = Vec::new();
    for (name, value) in Fields::read(node, place)?.rest() {
        let legal = HeaderName::from_bytes(name.as_bytes()).is_ok_and(|legal| legal.as_str() == name);
        match value.text() {
            Some(text) if legal && HeaderValue::from_str(&text).is_ok() => headers.push((name, text.into_owned())),
            _ => {
                return Err(FileFlaw::at(
                    value.offset,
                    format!("{name:?} is not a lower-case header name with a valid value"),
                ));
            }
        }
    }
    headers.sort();
    Ok(headers)
}

fn read_content(fields: &mut Fields<'_, '_>) -> Result<Body, FileFlaw> {
    let style = fields.optional("style");
    let (body, text, base64) = (fields.optional("body"), fields.optional("text"), fields.optional("base64"));
    if let (Some(node), None) = (style, body) {
        return Err(fields.flaw(node, "style", "it says how \"body\" is written, and there is no \"body\""));
    }
    match (body, text, base64) {
        (None, None, None) => Ok(Body::default()),
        (Some(body), None, None) => match style.map(|style| (style, style.text())) {
            None => read_body(body, Style::Compact),
            Some((_, Some(name))) if name == "compact" => read_body(body, Style::Compact),
            Some((_, Some(name))) if name == "spaced" => read_body(body, Style::Spaced),
            Some((node, _)) => Err(fields.flaw(node, "style", "expected \"compact\" or \"spaced\"")),
        },
        (None, Some(text), None) => read_pieces(text, |text| Some(text.as_bytes().to_vec())),
        (None, None, Some(base64)) => read_pieces(base64, |text| BASE64.decode(text.as_bytes()).ok()),
        (_, Some(node), _) => Err(fields.flaw(node, "text", "give only one of body, text and base64")),
        (_, _, Some(node)) => Err(fields.flaw(node, "base64", "give only one of body, text and base64")),
    }
}
