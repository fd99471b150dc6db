//! What tells the service of a request that nobody signed, and what of its headers is part of what it asks.

use super::names::is_parameter_header;
use super::{form, s3};
use crate::model::{Request, decode_query_text, query_pairs};
use std::borrow::Cow;

/// What tells a service by the form of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceForm<'r> {
    /// The version that a form names beside its action.
    pub version: Option<Cow<'r, str>>,
    /// The header `x-amz-target`.
    pub target: Option<&'r str>,
    /// Whether it is in a form in which services are asked that have their operations in a form or in a header.
    is_action: bool,
}

impl<'r> ServiceForm<'r> {
    /// Reads it.
    #[must_use]
    pub fn read(request: &'r Request) -> Self {
        if let Some(target) = request.header("x-amz-target") {
            return Self { target: Some(target), is_action: true, ..Self::default() };
        }
        let is_cbor = request.header("smithy-protocol").is_some();
        let in_body = || std::str::from_utf8(&request.body).ok().filter(|_| form::has_form_body(request));
        let of = |form: &'r str| {
            let member = |named: &str| query_pairs(form).find(|(name, _)| *name == named).map(|(_, value)| value);
            member("Action").map(|_| Self {
                version: member("Version").and_then(decode_query_text),
                target: None,
                is_action: true,
            })
        };
        let named = of(&request.query).or_else(|| of(in_body()?));
        named.unwrap_or(Self { is_action: is_cbor, ..Self::default() })
    }

    /// Whether the request has no such form: its path alone says what it asks.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        !self.is_action
    }
}

/// What beside method, path, query and body is part of what `request` asks, in one text: its headers, and a bucket in its host's
/// name. Two requests in which all of this is the same ask the same.
#[must_use]
pub fn parameter_headers(request: &Request) -> String {
    let is_part = |name: &str, value: &[u8]| match name {
        "smithy-protocol" | "content-type" | "x-amz-target" => true,
        // How the body is framed.
        "x-amz-content-sha256" => value.starts_with(b"STREAMING-"),
        _ => is_parameter_header(name),
    };
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let parts = headers.filter(|(name, value)| is_part(name, value));
    let mut lines: Vec<String> = parts.map(|(name, value)| format!("{name}:{}\n", value.escape_ascii())).collect();
    lines.sort_unstable();
    lines.push(s3::path(request).into_owned());
    lines.concat()
}
