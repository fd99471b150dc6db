//! Answers of the query protocol.

use super::data::{Data, iso};
use super::recording::RecordedError;
use crate::wire::escape_xml;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// Members that are maps, which the protocol writes as entries: nothing else tells a map from a structure. They are those of the
/// services that botocore has with this protocol; no structure of one is called so.
const MAPS: [&str; 15] = [
    "AdditionalEncryptionContext",
    "Attributes",
    "AuthenticationRequestExtraParams",
    "Certifications",
    "DkimAttributes",
    "DomainNames",
    "EvalDecisionDetails",
    "LastIngestionTimes",
    "MailFromDomainAttributes",
    "NotificationAttributes",
    "Properties",
    "ResourceIdentifier",
    "SummaryMap",
    "VerificationAttributes",
    "attributes",
];

/// A member that CloudFormation answers as a text, and boto3 decodes where that is JSON.
const TEMPLATE: &str = "TemplateBody";

/// What boto3 decodes of IAM has this member: a policy document, which is answered as percent-encoded JSON.
const STATEMENT: &str = "Statement";

/// An answer of success.
pub(super) fn write_result(operation: &str, members: &[(String, Data)], request_id: &str) -> String {
    let mut out = format!("<{operation}Response><{operation}Result>");
    push_members(members, &mut out);
    let id = escape_xml(request_id);
    out.push_str(&format!(
        "</{operation}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
    ));
    out
}

/// An answer that tells `error`.
pub(super) fn write_error(error: &RecordedError, members: &[(String, Data)], request_id: &str) -> String {
    let mut out = "<ErrorResponse><Error>".to_owned();
    push_text("Type", error.fault.as_deref().unwrap_or("Sender"), &mut out);
    push_text("Code", &error.code, &mut out);
    push_text("Message", &error.message, &mut out);
    push_members(members, &mut out);
    out.push_str("</Error>");
    push_text("RequestId", request_id, &mut out);
    out.push_str("</ErrorResponse>");
    out
}

fn push_members(members: &[(String, Data)], out: &mut String) {
    members.iter().for_each(|(name, value)| push(name, value, out));
}

fn push(name: &str, value: &Data, out: &mut String) {
    let text: Cow<'_, str> = match value {
        Data::Null => return,
        Data::Bool(truth) => truth.to_string().into(),
        Data::Number(number) => number.to_string().into(),
        Data::Text(text) => text.into(),
        Data::Time(time) => iso(*time).into(),
        Data::List(items) => {
            return push_element(name, out, |out| items.iter().for_each(|item| push("member", item, out)));
        }
        Data::Object(_) if name == TEMPLATE => value.to_json().to_string().into(),
        Data::Object(members) if members.iter().any(|(name, _)| name == STATEMENT) => {
            utf8_percent_encode(&value.to_json().to_string(), NON_ALPHANUMERIC).to_string().into()
        }
        Data::Object(members) if is_map(name, members) => {
            return push_element(name, out, |out| push_entries(members, out));
        }
        Data::Object(members) => return push_element(name, out, |out| push_members(members, out)),
    };
    push_text(name, &text, out);
}

fn is_map(name: &str, members: &[(String, Data)]) -> bool {
    MAPS.contains(&name) || !members.iter().all(|(name, _)| is_element_name(name))
}

/// Whether an element can be called so; members of structures always can.
fn is_element_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn push_entries(members: &[(String, Data)], out: &mut String) {
    for (key, value) in members {
        push_element("entry", out, |out| {
            push_text("key", key, out);
            push("value", value, out);
        });
    }
}

fn push_text(name: &str, text: &str, out: &mut String) {
    push_element(name, out, |out| out.push_str(&escape_xml(text)));
}

fn push_element(name: &str, out: &mut String, content: impl FnOnce(&mut String)) {
    out.push_str(&format!("<{name}>"));
    content(out);
    out.push_str(&format!("</{name}>"));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use serde_json::{Value, json};

    fn written(value: Value) -> String {
        let Data::Object(members) = Data::read(value, "").unwrap() else { return String::new() };
        let text = write_result("Do", &members, "r");
        let inside = text.strip_prefix("<DoResponse><DoResult>").unwrap();
        let end = "</DoResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DoResponse>";
        inside.strip_suffix(end).unwrap().to_owned()
    }

    #[test]
    fn values_are_elements_and_lists_have_members() {
        for (value, expected) in [
            (json!({}), ""),
            (json!({"a": "x < y", "b": 1, "c": true, "d": null}), "<a>x &lt; y</a><b>1</b><c>true</c>"),
            (json!({"a": [{"b": 1}, {"b": 2}]}), "<a><member><b>1</b></member><member><b>2</b></member></a>"),
            (json!({"a": []}), "<a></a>"),
            (
                json!({"at": {"__class__": "datetime", "year": 2024, "month": 1, "day": 2, "hour": 3, "minute": 4,
                    "second": 5, "microsecond": 0}}),
                "<at>2024-01-02T03:04:05Z</at>",
            ),
            (
                json!({"Attributes": {"Owner": "me"}}),
                "<Attributes><entry><key>Owner</key><value>me</value></entry></Attributes>",
            ),
            (json!({"x": {"a b": 1}}), "<x><entry><key>a b</key><value>1</value></entry></x>"),
            (json!({"Document": {"Statement": []}}), "<Document>%7B%22Statement%22%3A%5B%5D%7D</Document>"),
            (json!({"TemplateBody": {"Resources": {}}}), "<TemplateBody>{\"Resources\":{}}</TemplateBody>"),
        ] {
            assert_eq!(written(value), expected);
        }
    }

    #[test]
    fn an_error_has_its_code_where_clients_look() {
        let error = RecordedError { code: "NoSuchEntity".into(), message: "a & b".into(), ..RecordedError::default() };
        assert_eq!(
            write_error(&error, &[], "r"),
            "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>a &amp; b</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        );
    }
}
