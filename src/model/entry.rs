//! What a cassette keeps for one fingerprint.

use super::{Body, ERROR_HEADER, Part, error_kind};
use serde::{Deserialize, Serialize};

/// How a request's operation is named in a cassette.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperationName {
    /// An operation of the service's table, by its name (`GetResourceShares`).
    Known(String),
    /// Anything else: method and path as received, joined by a blank (`POST /listfoo`).
    Unknown(String),
    /// An operation of another service, behind the service's name and a colon (`sts:AssumeRole`, `s3:GET /bucket`).
    Companion(String),
}

impl OperationName {
    /// The name as people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(name) | Self::Unknown(name) | Self::Companion(name) => name,
        }
    }

    /// The operation that is written so.
    #[must_use]
    pub fn parse(text: String) -> Self {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match text.split_once(':') {
            Some((service, _)) if !service.is_empty() && service.bytes().all(plain) => Self::Companion(text),
            _ if text.contains(' ') => Self::Unknown(text),
            _ => Self::Known(text),
        }
    }

    /// The other service that it is of, and what it is called there.
    #[must_use]
    pub fn service(&self) -> Option<(&str, &str)> {
        match self {
            Self::Companion(name) => name.split_once(':'),
            Self::Known(_) | Self::Unknown(_) => None,
        }
    }

    /// The name of the operation's folder in a cassette: `[a-z0-9._-]{1,64}`, no leading dot.
    /// Two operations can share a folder; the fingerprint tells their files apart.
    #[must_use]
    pub fn folder(&self) -> String {
        let mut folder = String::new();
        match self {
            Self::Known(name) => push_words(&mut folder, name),
            Self::Companion(_) => {
                let (service, operation) = self.service().unwrap_or_default();
                folder.push_str(service);
                folder.push('.');
                if operation.contains(' ') {
                    push_path(&mut folder, operation)
                } else {
                    push_words(&mut folder, operation)
                }
            }
            Self::Unknown(name) => {
                folder.push_str("unknown-");
                push_path(&mut folder, name);
            }
        }
        folder.truncate(64);
        folder
    }
}

/// A name in camel case, as words with dashes between them.
fn push_words(folder: &mut String, name: &str) {
    for c in name.chars() {
        if c.is_ascii_uppercase() && !folder.is_empty() && !folder.ends_with('.') {
            folder.push('-');
        }
        folder.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    }
}

/// A method and a path, with a dash for what a folder's name cannot have.
fn push_path(folder: &mut String, path: &str) {
    for c in path.chars() {
        let plain = c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let c = if plain { c.to_ascii_lowercase() } else { '-' };
        if !(c == '-' && folder.ends_with('-')) {
            folder.push(c);
        }
    }
}

/// One page of an answer; an answer that does not page is one page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The kept headers, names in lower case, sorted by name.
    pub headers: Vec<(String, String)>,
    /// The body with its holes.
    pub body: Body,
}

impl Page {
    /// The kept header `name`, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is an error, by its status.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        self.status >= 400
    }

    /// The error that it names, if it is one.
    #[must_use]
    pub fn error_kind(&self) -> Option<String> {
        let body = match self.body.parts() {
            [Part::Literal(bytes)] => bytes.as_ref(),
            _ => &[],
        };
        error_kind(self.status, self.header(ERROR_HEADER), body)
    }
}

/// One recorded answer to a fingerprint: a whole chain, for a listing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Take {
    /// The session that recorded it; `None` for callers that named none.
    pub session: Option<String>,
    /// The id of the latest write that the session had made before.
    pub after: Option<String>,
    /// The id of this write; `None` for reads.
    pub id: Option<String>,
    /// The page size that was asked for, of a listing.
    pub max_results: Option<u32>,
    /// Whether the chain was recorded to its end; always true for what does not page.
    pub complete: bool,
    /// How often it was recorded in a row, at least 1; replay gives it as often before it goes on.
    pub times: u32,
    /// The pages in order; at least one.
    pub pages: Vec<Page>,
}

impl Take {
    /// Whether both are the same recorded answer, however often each was given in a row.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.complete == other.complete && self.pages.len() == other.pages.len() && self.is_prefix_of(other)
    }

    /// Whether this chain was recorded in part, and the pages of `whole` go on from there.
    #[must_use]
    pub fn goes_on_in(&self, whole: &Self) -> bool {
        !self.complete && self.pages.len() < whole.pages.len() && whole.pages.starts_with(&self.pages)
    }

    /// Whether this take is a beginning of `whole`: same session, history and page size, its pages the first of the other's.
    #[must_use]
    pub fn is_prefix_of(&self, whole: &Self) -> bool {
        self.session == whole.session
            && self.after == whole.after
            && self.id == whole.id
            && self.max_results == whole.max_results
            && self.pages.len() <= whole.pages.len()
            && self.pages.iter().zip(&whole.pages).all(|(a, b)| a == b)
    }
}

/// Everything recorded for one fingerprint: what one file of a cassette says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The operation.
    pub operation: OperationName,
    /// The AWS region.
    pub region: String,
    /// The actor that asked.
    pub actor: String,
    /// The request's parameters in canonical form: compact JSON, without paging and volatile members.
    pub request: String,
    /// The takes: by session, in each in the order of its writes, between two writes by page size, else as recorded.
    pub takes: Vec<Take>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_plain_names() {
        for (name, folder) in [
            (OperationName::Known("GetResourceShares".into()), "get-resource-shares"),
            (OperationName::Known("EnableSharingWithAwsOrganization".into()), "enable-sharing-with-aws-organization"),
            (OperationName::Unknown("POST /listFoo".into()), "unknown-post-listfoo"),
            (OperationName::parse("sts:AssumeRole".into()), "sts.assume-role"),
            (OperationName::parse("s3:GET /Bucket/../x:y".into()), "s3.get-bucket-..-x-y"),
            (OperationName::parse("POST /x:y".into()), "unknown-post-x-y"),
            (OperationName::Unknown("GET /../../etc/passwd".into()), "unknown-get-..-..-etc-passwd"),
        ] {
            assert_eq!(name.folder(), folder);
        }
        assert_eq!(OperationName::Unknown(format!("POST /{}", "é/x".repeat(60))).folder().len(), 64);
    }
}
