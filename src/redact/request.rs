//! The redacted copy of a request.

use super::find::{Hit, Wanted};
use super::redaction::{KeySource, Redaction, RedactionError};
use super::rule::Way;
use crate::model::{decode_query_text, query_pair};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::fmt;

/// Everything in a query's value but what needs no escape anywhere.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request as it is asked: what of it can be redacted, and what is not to be.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The operation, if it is a known one.
    pub operation: Option<&'a str>,
    /// The path of an unknown one.
    pub path: &'a str,
    /// The query, as received.
    pub query: &'a str,
    /// The body, as received.
    pub body: &'a [u8],
    /// Whole strings that become holes.
    pub keep: &'a dyn Fn(&str) -> bool,
    /// Parameters that are no part of a request's identity, nor ever stored.
    pub skip: &'a dyn Fn(&str) -> bool,
}

impl fmt::Debug for Asking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// The redacted copy of a request that is fingerprinted and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The path.
    pub path: String,
    /// The query.
    pub query: String,
    /// The body.
    pub body: Vec<u8>,
    /// JSON pointers to what would need the key that is missing.
    pub unkeyed: Vec<String>,
    /// What was redacted: a JSON pointer to it, and what stands there now.
    pub redacted: Vec<(String, String)>,
}

impl Redaction {
    /// The redacted copy of a request; `None` where nothing in it is redacted.
    ///
    /// # Errors
    /// As the variants of [`RedactionError`] say.
    pub fn request(&self, asking: &Asking<'_>) -> Result<Option<Copied>, RedactionError> {
        let wanted = Wanted {
            rules: &self.rules,
            accounts: self.policy.accounts,
            operation: asking.operation,
            way: Way::Request,
            keep: asking.keep,
            skip: asking.skip,
        };
        let known = asking.operation.is_some();
        let in_path = if known { Vec::new() } else { wanted.in_text(asking.path, "/(path)") };
        let in_body = in_body(&wanted, asking.body, known);
        let in_query = if asking.query.is_empty() { Vec::new() } else { in_query(&wanted, asking) };
        let all: Vec<&Hit> = in_path.iter().chain(&in_body).chain(in_query.iter().flat_map(Pair::hits)).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let missing = matches!(self.source, KeySource::Missing(_));
        let unkeyed = if missing { all.iter().map(|hit| hit.pointer.clone()).collect() } else { Vec::new() };
        self.count(all.iter().copied());
        let redacted = all.iter().map(|hit| Ok((hit.pointer.clone(), self.instead_of(hit)?)));
        let redacted = redacted.collect::<Result<_, RedactionError>>()?;
        let query: Vec<String> = in_query.iter().map(|pair| self.pair(pair)).collect::<Result<_, _>>()?;
        let path = self.replaced(asking.path, &in_path)?;
        Ok(Some(Copied {
            path,
            query: query.join("&"),
            body: self.replaced_bytes(asking.body, &in_body)?,
            unkeyed,
            redacted,
        }))
    }

    /// A pair of a query, redacted; as it came where there is nothing to redact.
    fn pair(&self, pair: &Pair<'_>) -> Result<String, RedactionError> {
        match pair {
            Pair::Opaque { pair, hits } => self.replaced(pair, hits),
            Pair::Known { pair, in_name, in_value, .. } if in_name.is_empty() && in_value.is_empty() => {
                Ok((*pair).to_owned())
            }
            Pair::Known { name, value, in_name, in_value, .. } => {
                let (name, value) = (self.replaced(name, in_name)?, self.replaced(value, in_value)?);
                Ok(format!("{}={}", utf8_percent_encode(&name, ESCAPED), utf8_percent_encode(&value, ESCAPED)))
            }
        }
    }
}

/// Everything to redact in a body. Only in an object, whose members become parameters, are there holes.
fn in_body(wanted: &Wanted<'_>, body: &[u8], known: bool) -> Vec<Hit> {
    let members = known || body.trim_ascii_start().starts_with(b"{");
    if members { wanted.in_bytes(body) } else { Wanted { keep: &|_| false, ..*wanted }.in_bytes(body) }
}

/// A pair of a query.
enum Pair<'a> {
    Known {
        pair: &'a str,
        name: String,
        value: String,
        in_name: Vec<Hit>,
        in_value: Vec<Hit>,
    },
    /// It does not decode, or is left alone.
    Opaque {
        pair: &'a str,
        hits: Vec<Hit>,
    },
}

impl Pair<'_> {
    fn hits(&self) -> impl Iterator<Item = &Hit> {
        let (one, other) = match self {
            Self::Known { in_name, in_value, .. } => (in_name.as_slice(), in_value.as_slice()),
            Self::Opaque { hits, .. } => (hits.as_slice(), &[][..]),
        };
        one.iter().chain(other)
    }
}

fn in_query<'a>(wanted: &Wanted<'_>, asking: &Asking<'a>) -> Vec<Pair<'a>> {
    let found = asking.query.split('&').map(|pair| {
        let (name, value) = query_pair(pair);
        let decoded = |text: &'a str| decode_query_text(text).map(Cow::into_owned);
        match (decoded(name), decoded(value)) {
            (Some(name), _) if (asking.skip)(&name) => Pair::Opaque { pair, hits: Vec::new() },
            (Some(name), Some(value)) => {
                let (in_name, in_value) = (wanted.in_text(&name, "/(query)"), wanted.in_parameter(&name, &value));
                Pair::Known { pair, name, value, in_name, in_value }
            }
            _ => Pair::Opaque { pair, hits: wanted.in_text(pair, "/(query)") },
        }
    });
    found.collect()
}
