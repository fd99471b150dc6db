//! Errors, in the forms in which services' clients read them.

use super::call::{Protocol, read_protocol};
use super::parts::content_type;
use super::{cbor, xml};
use crate::model::{self, Notation, Request, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

/// How a service's clients read errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorForm {
    /// JSON, and the header `x-amzn-errortype`.
    Json,
    /// XML.
    Xml,
    /// CBOR.
    Cbor,
}

impl ErrorForm {
    /// How the client that sent `request` reads errors.
    #[must_use]
    pub fn read(request: &Request) -> Self {
        match read_protocol(request) {
            Protocol::AwsJson => Self::Json,
            Protocol::Query => Self::Xml,
            Protocol::RpcV2Cbor => Self::Cbor,
            // S3 and its like read XML, and JSON's clients look at the header first.
            Protocol::Rest if content_type(request).contains("json") => Self::Json,
            Protocol::Rest => Self::Xml,
        }
    }
}

/// The answer that tells the error `kind` with `message`: 400, which no client asks again after.
#[must_use]
pub fn error_response(form: ErrorForm, kind: &str, message: &str) -> Response {
    let mut response = Response::error(StatusCode::BAD_REQUEST, kind, message);
    let (content_type, body) = match form {
        ErrorForm::Json => return response,
        ErrorForm::Xml => ("text/xml", Bytes::from(write_xml(kind, message))),
        ErrorForm::Cbor => {
            response.headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
            ("application/cbor", Bytes::from(write_cbor(kind, message)))
        }
    };
    response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Response { body, ..response }
}

/// The error as the query protocol has it, and, in `Errors`, as EC2 has it: each client finds its own.
fn write_xml(kind: &str, message: &str) -> String {
    let (kind, message) = (xml::escape_xml(kind), xml::escape_xml(message));
    let error = format!("<Error><Type>Sender</Type><Code>{kind}</Code><Message>{message}</Message></Error>");
    format!("<ErrorResponse><Errors>{error}</Errors>{error}<RequestId>ramtape</RequestId></ErrorResponse>")
}

fn write_cbor(kind: &str, message: &str) -> Vec<u8> {
    let mut writer = cbor::Writer::new();
    writer.map(2);
    ["__type", kind, "message", message].into_iter().for_each(|text| writer.text(text));
    writer.into_bytes()
}

/// The error that an answer names, if its `status` is not one of success: from `header`, the value of `x-amzn-errortype`, else
/// from the body: in CBOR as in JSON, else as [`model::error_kind`] says.
#[must_use]
pub fn error_kind(status: u16, header: Option<&str>, body: &[u8]) -> Option<String> {
    match Notation::detect(body) {
        Notation::Cbor => model::error_kind(status, header, super::to_json(body).unwrap_or_default().as_bytes()),
        _ => model::error_kind(status, header, body),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn an_error_is_in_the_form_that_its_client_reads() {
        let told = error_response(ErrorForm::Xml, "Kind", "a < b");
        assert_eq!(
            (told.status, &told.headers["content-type"]),
            (StatusCode::BAD_REQUEST, &"text/xml".parse().unwrap())
        );
        assert!(
            told.body.ends_with(b"<Message>a &lt; b</Message></Error><RequestId>ramtape</RequestId></ErrorResponse>")
        );
        let told = error_response(ErrorForm::Cbor, "Kind", "no");
        assert_eq!(told.body, b"\xa2\x66__type\x64Kind\x67message\x62no"[..]);
        for form in [ErrorForm::Json, ErrorForm::Xml, ErrorForm::Cbor] {
            let told = error_response(form, "Kind", "no");
            assert_eq!(error_kind(400, None, &told.body).as_deref(), Some("Kind"), "{form:?}");
        }
    }

    #[test]
    fn errors_are_named_in_every_notation() {
        for (body, kind) in [
            (&b"<ErrorResponse><Error><Type>Sender</Type><Code>A</Code></Error></ErrorResponse>"[..], Some("A")),
            (b"<Response><Errors><Error><Code>B</Code></Error></Errors></Response>", Some("B")),
            (b"<?xml version=\"1.0\"?>\n<Error><Code>C</Code></Error>", Some("C")),
            (b"\xa1\x66__type\x65x.y#D", Some("D")),
            (br#"{"__type":"x#E"}"#, Some("E")),
            (b"<html>", None),
            (b"<html><Code>F</Code></html>", None),
            (b"", None),
        ] {
            assert_eq!(error_kind(400, None, body).as_deref(), kind, "{body:?}");
            assert_eq!(error_kind(200, None, body), None);
        }
        assert_eq!(error_kind(400, Some("A:http://x/"), b"<Error><Code>C</Code></Error>").as_deref(), Some("A"));
    }
}
