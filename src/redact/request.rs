//! The redacted copy of a request.

use super::redaction::{KeySource, Redaction, RedactionError};
use super::rule::Direction;
use super::scanner::{ScanMatch, Scanner};
use crate::model::{SecretMembers, decode_query_text, query_pair};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::fmt;

/// Everything in a query's value but what needs no escape anywhere.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parts of a request: those that can be redacted, and those that must not be.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// The operation, if it is a known one.
    pub operation: Option<&'a str>,
    /// Members that its service's table calls secret.
    pub secrets: SecretMembers<'a>,
    /// What else may hold something to redact: the path of an unknown one, or a name with a path in it.
    pub path: &'a str,
    /// The query, as received.
    pub query: &'a str,
    /// The body, as received.
    pub body: &'a [u8],
    /// WholeValue strings that become holes.
    pub keep: &'a dyn Fn(&str) -> bool,
    /// Parameters that are no part of a request's identity, nor ever stored.
    pub skip: &'a dyn Fn(&str) -> bool,
}

impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts").field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// The redacted copy of a request that is fingerprinted and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedRequest {
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
    pub fn redact_request(&self, parts: &RequestParts<'_>) -> Result<Option<RedactedRequest>, RedactionError> {
        let scanner = Scanner {
            rules: &self.rules,
            accounts: self.spec.accounts,
            operation: parts.operation,
            direction: Direction::Request,
            secrets: parts.secrets,
            keep: parts.keep,
            skip: parts.skip,
        };
        let known = parts.operation.is_some();
        let in_path = if parts.path.is_empty() { Vec::new() } else { scanner.find_in_text(parts.path, "/(path)") };
        let in_body = in_body(&scanner, parts.body, known);
        let in_query = if parts.query.is_empty() { Vec::new() } else { in_query(&scanner, parts) };
        let all: Vec<&ScanMatch> =
            in_path.iter().chain(&in_body).chain(in_query.iter().flat_map(QueryPair::matches)).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let missing = matches!(self.source, KeySource::Missing(_));
        let unkeyed = if missing { all.iter().map(|found| found.pointer.clone()).collect() } else { Vec::new() };
        self.count(all.iter().copied());
        let redacted = all.iter().map(|found| Ok((found.pointer.clone(), self.replacement(found)?)));
        let redacted = redacted.collect::<Result<_, RedactionError>>()?;
        let query: Vec<String> = in_query.iter().map(|pair| self.pair(pair)).collect::<Result<_, _>>()?;
        let path = self.replace_matches(parts.path, &in_path)?;
        Ok(Some(RedactedRequest {
            path,
            query: query.join("&"),
            body: self.replace_bytes(parts.body, &in_body)?,
            unkeyed,
            redacted,
        }))
    }

    /// A pair of a query, redacted; as it came where there is nothing to redact.
    fn pair(&self, pair: &QueryPair<'_>) -> Result<String, RedactionError> {
        match pair {
            QueryPair::Opaque { pair, matches } => self.replace_matches(pair, matches),
            QueryPair::Known { pair, in_name, in_value, .. } if in_name.is_empty() && in_value.is_empty() => {
                Ok((*pair).to_owned())
            }
            QueryPair::Known { name, value, in_name, in_value, .. } => {
                let (name, value) = (self.replace_matches(name, in_name)?, self.replace_matches(value, in_value)?);
                Ok(format!("{}={}", utf8_percent_encode(&name, ESCAPED), utf8_percent_encode(&value, ESCAPED)))
            }
        }
    }
}

/// Everything to redact in a body. Only in an object, whose members become parameters, are there holes.
fn in_body(scanner: &Scanner<'_>, body: &[u8], known: bool) -> Vec<ScanMatch> {
    let members = known || body.trim_ascii_start().starts_with(b"{");
    if members { scanner.find_in_bytes(body) } else { Scanner { keep: &|_| false, ..*scanner }.find_in_bytes(body) }
}

/// A pair of a query.
enum QueryPair<'a> {
    Known {
        pair: &'a str,
        name: String,
        value: String,
        in_name: Vec<ScanMatch>,
        in_value: Vec<ScanMatch>,
    },
    /// It does not decode, or is left alone.
    Opaque {
        pair: &'a str,
        matches: Vec<ScanMatch>,
    },
}

impl QueryPair<'_> {
    fn matches(&self) -> impl Iterator<Item = &ScanMatch> {
        let (one, other) = match self {
            Self::Known { in_name, in_value, .. } => (in_name.as_slice(), in_value.as_slice()),
            Self::Opaque { matches, .. } => (matches.as_slice(), &[][..]),
        };
        one.iter().chain(other)
    }
}

fn in_query<'a>(scanner: &Scanner<'_>, parts: &RequestParts<'a>) -> Vec<QueryPair<'a>> {
    let found = parts.query.split('&').map(|pair| {
        let (name, value) = query_pair(pair);
        let decoded = |text: &'a str| decode_query_text(text).map(Cow::into_owned);
        match (decoded(name), decoded(value)) {
            (Some(name), _) if (parts.skip)(&name) => QueryPair::Opaque { pair, matches: Vec::new() },
            (Some(name), Some(value)) => {
                let (in_name, in_value) =
                    (scanner.find_in_text(&name, "/(query)"), scanner.find_in_parameter(&name, &value));
                QueryPair::Known { pair, name, value, in_name, in_value }
            }
            _ => QueryPair::Opaque { pair, matches: scanner.find_in_text(pair, "/(query)") },
        }
    });
    found.collect()
}
