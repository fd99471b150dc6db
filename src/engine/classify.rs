//! Which answers of upstream are recorded.

use crate::aws::Answer;
use crate::json;
use crate::model;
use crate::service::RecordingRules;
use crate::wire;
use http::header::CONTENT_TYPE;

/// What a web page has near its beginning.
const MARKUP: [&str; 5] = ["<!doctype html", "<html", "<head", "<body", "<title"];
/// How many characters of it are looked through.
const BEGINNING: usize = 1024;
const LONGEST_TITLE: usize = 80;

/// The error that `answer` names, if it is one.
pub(super) fn error_kind(answer: &Answer) -> Option<String> {
    let header = answer.headers.get(model::ERROR_HEADER).and_then(|value| value.to_str().ok());
    wire::error_kind(answer.status.as_u16(), header, &answer.body)
}

/// Whether an answer says something about RAM, and not only about this moment or these credentials.
pub(super) fn is_recordable(answer: &Answer, rules: &RecordingRules) -> bool {
    if answer.status.is_server_error() || answer.status.as_u16() == 429 {
        return false;
    }
    error_kind(answer)
        .is_none_or(|kind| !rules.transient_errors.contains(&kind) && !rules.authentication_errors.contains(&kind))
}

/// Whether an answer says that its region does not know the credentials: one that is not enabled for the account does too.
pub(super) fn is_regional(answer: &Answer, rules: &RecordingRules) -> bool {
    error_kind(answer).is_some_and(|kind| rules.regional_errors.contains(&kind))
}

/// Whether an answer is a page for people, and so none of the service's: of a sign-in, of a proxy, of another server. What the
/// headers say is no proof: moto sends JSON and XML as `text/html`.
pub(super) fn is_web_page(answer: &Answer) -> bool {
    let Ok(text) = str::from_utf8(&answer.body) else { return false };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_answer = || json::parse(answer.body.trim_ascii()).is_ok() || wire::is_xml_answer(&answer.body);
    if text.is_empty() || is_answer() {
        return false;
    }
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_ascii_lowercase();
    if content_type.starts_with("text/html") || content_type.starts_with("application/xhtml+xml") {
        return true;
    }
    let start: String = text.chars().take(BEGINNING).collect::<String>().to_ascii_lowercase();
    text.starts_with('<') && MARKUP.iter().any(|tag| start.contains(tag))
}

/// What a web page calls itself.
pub(super) fn page_title(answer: &Answer) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.body);
    // Only ASCII changes, so that places stay the same.
    let lower = text.to_ascii_lowercase();
    let begins = lower.find("<title").and_then(|at| Some(at + lower.get(at..)?.find('>')? + 1))?;
    let title = text.get(begins..begins + lower.get(begins..)?.find("</title")?)?;
    let words: Vec<&str> = title.split_whitespace().collect();
    let title: String = words.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST_TITLE).collect();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use std::time::Duration;

    fn answer(content_type: &'static str, body: &'static str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let body = Bytes::from_static(body.as_bytes());
        Answer { status: StatusCode::OK, headers, body, elapsed: Duration::ZERO }
    }

    #[test]
    fn a_web_page_is_told_by_its_body() {
        for (content_type, body, expected) in [
            ("text/html", "{\"resourceShares\": []}", false),
            ("text/html; charset=utf-8", "", false),
            ("text/html", " \r\n", false),
            ("text/html", "Access denied by policy", true),
            ("text/html", "<!doctype html>\n<html><title>404</title>", true),
            ("application/json", "\u{feff}<!DOCTYPE HTML><p>sign in", true),
            ("text/plain", "<!-- portal -->\n<html lang=en>", true),
            ("application/xhtml+xml", "<?xml version='1.0'?><html/>", true),
            ("application/xml", "<?xml version='1.0'?><Error><Code>X</Code></Error>", false),
            ("text/plain", "html", false),
            ("application/json", "\"<html>\"", false),
        ] {
            assert_eq!(is_web_page(&answer(content_type, body)), expected, "{content_type} {body}");
        }
    }

    #[test]
    fn a_web_page_has_a_title_or_none() {
        for (body, expected) in [
            ("<html><TITLE lang=x>\n  Sign in\n to  Hotel </Title>", Some("Sign in to Hotel")),
            ("<title></title>", None),
            ("<title>never ends", None),
            ("<html>", None),
        ] {
            assert_eq!(page_title(&answer("text/html", body)).as_deref(), expected, "{body}");
        }
    }
}
