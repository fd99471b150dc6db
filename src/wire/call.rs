//! A request as an operation with parameters.

use super::value::{Members, Value, read_json_members};
use super::{cbor, form, payload, rest};
use crate::model::{Request, decode_query_text, query_pairs};
use data_encoding::BASE64;
use http::header::CONTENT_TYPE;
use std::borrow::Cow;

/// The forms in which services are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson 1.0 and 1.1: the operation in `x-amz-target`, parameters as JSON.
    AwsJson,
    /// awsQuery and ec2Query: the operation in `Action`, parameters as a form.
    Query,
    /// restJson1 and restXml: the operation in method and path, parameters in path, query, headers and body.
    Rest,
    /// rpcv2Cbor: the operation in the path, parameters as CBOR.
    RpcV2Cbor,
}

/// What a request asks, by its form alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireCall {
    /// The form.
    pub protocol: Protocol,
    /// The operation's name; of [`Protocol::Rest`] method and path, as in `GET /bucket/key`.
    pub operation: String,
    /// The parameters: one JSON object, compact, members in no particular order.
    pub parameters: String,
}

/// Reads a request of a service that has no model. Two requests that ask the same give the same parameters, as far as that
/// can be told without a model. What cannot be decoded stands whole in a member `$body` or `$query`; where it is no text, in
/// base64 in `$body-base64`.
#[must_use]
pub fn read_call(request: &Request) -> WireCall {
    let (protocol, operation) = read_operation(request);
    let body = payload::decode(request);
    let members = match protocol {
        Protocol::AwsJson if content_type(request).contains("cbor") => cbor::read_members(&body),
        Protocol::AwsJson => read_json_members(&body),
        Protocol::RpcV2Cbor => cbor::read_members(&body),
        Protocol::Query => Some(form::read_parameters(request, &body)),
        Protocol::Rest => Some(rest::read_parameters(request, &body)),
    };
    let members = members.unwrap_or_else(|| vec![opaque_body(&body)]);
    WireCall { protocol, operation, parameters: Value::Object(members).to_json() }
}

/// The form of `request`, and its operation: as [`read_call`], without the parameters.
#[must_use]
pub fn read_operation(request: &Request) -> (Protocol, String) {
    if request.header("smithy-protocol") == Some("rpc-v2-cbor")
        && let Some(operation) = request.path.rsplit('/').next().filter(|last| !last.is_empty())
    {
        return (Protocol::RpcV2Cbor, operation.to_owned());
    }
    if let Some(target) = request.header("x-amz-target") {
        return (Protocol::AwsJson, target.rsplit('.').next().unwrap_or(target).to_owned());
    }
    let in_body =
        || std::str::from_utf8(&request.body).ok().filter(|_| form::has_form_body(request)).and_then(read_action);
    match read_action(&request.query).or_else(in_body) {
        Some(action) => (Protocol::Query, action),
        None => (Protocol::Rest, rest::operation(request)),
    }
}

/// The operation that a form names.
pub(super) fn read_action(form: &str) -> Option<String> {
    let (_, value) = query_pairs(form).find(|(name, _)| *name == "Action")?;
    decode_query_text(value).map(Cow::into_owned).filter(|action| !action.is_empty())
}

/// The content type that `request` names, in lower case; empty where it names none.
pub(super) fn content_type(request: &Request) -> String {
    request.header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase()
}

/// A body that is taken as it is.
pub(super) fn opaque_body(body: &[u8]) -> (String, Value) {
    match std::str::from_utf8(body) {
        Ok(text) => ("$body".to_owned(), Value::Text(text.to_owned())),
        Err(_) => ("$body-base64".to_owned(), Value::Text(BASE64.encode(body))),
    }
}

/// The pairs of a query or a form, decoded, as they stand in it; `None` where one is no text.
pub(super) fn decode_pairs(form: &str) -> Option<Vec<(String, String)>> {
    let decode = |text| decode_query_text(text).map(Cow::into_owned);
    query_pairs(form).map(|(name, value)| Some((decode(name)?, decode(value)?))).collect()
}

/// `members` with `query`, which could not be decoded, as it is.
pub(super) fn push_opaque_query(members: &mut Members, query: &str) {
    members.push(("$query".to_owned(), Value::Text(query.to_owned())));
}
