//! What tells the service of a request that nobody signed, and what of its headers is part of what it asks.

use super::form;
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

/// The headers of `request` that are part of what it asks, in one text: two requests that differ in nothing else but headers ask
/// the same where this is the same.
#[must_use]
pub fn parameter_headers(request: &Request) -> String {
    let is_part = |name: &str| {
        name.starts_with("x-amz-") && !matches!(name, "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256")
            || name.starts_with("if-")
            || matches!(name, "range" | "smithy-protocol" | "content-type" | "content-encoding")
    };
    let mut lines: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| is_part(name.as_str()))
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort_unstable();
    lines.concat()
}
