//! An answer in the protocol that its client asked in.

use super::recording::{RecordedAnswer, RecordedError};
use super::xml;
use crate::model::{ERROR_HEADER, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Where a service that had the query protocol before names the error that its clients knew.
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// What stands for the id of a request where placebo kept none.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The protocols that answers can be written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AnswerForm {
    /// restJson1, awsJson 1.0 and 1.1: JSON of this content type.
    Json(String),
    /// awsQuery: XML.
    Query,
}

/// `answer` to `operation` in this form.
pub(super) fn write_answer(answer: &RecordedAnswer, operation: &str, form: &AnswerForm) -> Response {
    let id = answer.request_id.as_deref().unwrap_or(NO_ID);
    let mut headers = HeaderMap::new();
    set(&mut headers, REQUEST_ID, id);
    let body = match form {
        AnswerForm::Json(content_type) => {
            set(&mut headers, CONTENT_TYPE, content_type);
            write_json(answer, &mut headers)
        }
        AnswerForm::Query => {
            set(&mut headers, CONTENT_TYPE, "text/xml");
            match &answer.error {
                Some(error) => xml::write_error(error, &answer.members, id),
                None => xml::write_result(operation, &answer.members, id),
            }
        }
    };
    Response { status: answer.status, headers, body: Bytes::from(body) }
}

fn write_json(answer: &RecordedAnswer, headers: &mut HeaderMap) -> String {
    let mut body = Map::new();
    if let Some(error) = &answer.error {
        let kind = name_error(error, headers);
        set(headers, ERROR_HEADER, kind);
        body.insert("__type".to_owned(), kind.into());
        body.insert("message".to_owned(), error.message.as_str().into());
    }
    body.extend(answer.members.iter().map(|(name, value)| (name.clone(), value.to_json())));
    Value::Object(body).to_string()
}

/// The error as JSON names it; where it had another code before, a header has that.
fn name_error<'e>(error: &'e RecordedError, headers: &mut HeaderMap) -> &'e str {
    let Some(modelled) = &error.modelled else { return &error.code };
    set(headers, QUERY_ERROR, &format!("{};{}", error.code, error.fault.as_deref().unwrap_or("Sender")));
    modelled
}

/// Sets a header, unless HTTP cannot carry the value.
fn set(headers: &mut HeaderMap, name: impl http::header::IntoHeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn written(file: &str, form: &AnswerForm) -> Response {
        write_answer(&RecordedAnswer::read(file.as_bytes()).unwrap(), "Do", form)
    }

    fn text(response: &Response) -> &str {
        std::str::from_utf8(&response.body).unwrap()
    }

    #[test]
    fn success_has_the_members_alone() {
        let file = r#"{"status_code": 200, "data": {"a": [1], "ResponseMetadata": {"RequestId": "r"}}}"#;
        let json = written(file, &AnswerForm::Json("application/x-amz-json-1.1".into()));
        assert_eq!(text(&json), r#"{"a":[1]}"#);
        assert_eq!(json.headers["content-type"], "application/x-amz-json-1.1");
        assert_eq!(json.headers["x-amzn-requestid"], "r");
        let xml = written(file, &AnswerForm::Query);
        assert!(text(&xml).starts_with("<DoResponse><DoResult><a><member>1</member></a></DoResult>"), "{}", text(&xml));
    }

    #[test]
    fn an_error_is_named_in_body_and_header() {
        let file = r#"{"status_code": 400, "data": {"Error": {"Code": "A.B", "Message": "M"}, "message": "M"}}"#;
        let json = written(file, &AnswerForm::Json("application/json".into()));
        assert_eq!((json.status.as_u16(), text(&json)), (400, r#"{"__type":"A.B","message":"M"}"#));
        assert_eq!(json.headers["x-amzn-errortype"], "A.B");
        let file = r#"{"status_code": 400, "data": {"Error": {"Code": "A.B", "QueryErrorCode": "C", "Message": "M"}}}"#;
        let json = written(file, &AnswerForm::Json("application/json".into()));
        assert_eq!(json.headers["x-amzn-errortype"], "C");
        assert_eq!(json.headers["x-amzn-query-error"], "A.B;Sender");
    }
}
