//! A request as an operation with parameters.

use super::parts::{content_type, opaque_body, read_action};
use super::value::{Value, read_json_members};
use super::{cbor, form, payload, rest};
use crate::model::Request;

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
    read_named(request).unwrap_or_else(|| (Protocol::Rest, rest::operation(request)))
}

/// The form of `request`, and its operation, where that has a name.
fn read_named(request: &Request) -> Option<(Protocol, String)> {
    if request.header("smithy-protocol") == Some("rpc-v2-cbor")
        && let Some(operation) = request.path.rsplit('/').next().filter(|last| !last.is_empty())
    {
        return Some((Protocol::RpcV2Cbor, operation.to_owned()));
    }
    if let Some(target) = request.header("x-amz-target") {
        return Some((Protocol::AwsJson, target.rsplit('.').next().unwrap_or(target).to_owned()));
    }
    let in_body =
        || std::str::from_utf8(&request.body).ok().filter(|_| form::has_form_body(request)).and_then(read_action);
    read_action(&request.query).or_else(in_body).map(|action| (Protocol::Query, action))
}

/// The form of `request`.
pub(super) fn read_protocol(request: &Request) -> Protocol {
    read_named(request).map_or(Protocol::Rest, |(protocol, _)| protocol)
}
