//! The capability key and the session in front of a path: `/~KEY/~SESSION/rest`.

use crate::model::{Request, Secret};
use subtle::ConstantTimeEq;

/// How a generated capability key begins; no session name may.
const KEY_MARK: &str = "key-";

/// A path split into its prefixes and the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PathPrefixes<'a> {
    /// The segment that is, or claims to be, the capability key. Not proved here.
    pub(super) key: Option<&'a str>,
    /// The session's name as received.
    pub(super) session: Option<&'a str>,
    /// The path without them, without empty segments at its ends; at least `/`.
    pub(super) rest: &'a str,
}

/// Takes the optional key and session segments off `path`.
///
/// The first `/~` segment is the key if it equals `key`, begins as generated keys do, or is followed by a second one;
/// else it is the session. A key is one at the very beginning only: behind a slash to spare it is in a wrong place, and the path
/// stays as received.
pub(super) fn split_prefixes<'a>(path: &'a str, key: &Secret) -> PathPrefixes<'a> {
    let Some((first, rest)) = split_segment(path) else {
        return PathPrefixes { key: None, session: None, rest: trim_slashes(path) };
    };
    let found = match split_segment(rest) {
        Some((second, rest)) => PathPrefixes { key: Some(first), session: Some(second), rest: trim_slashes(rest) },
        None if is_key(first, key) => PathPrefixes { key: Some(first), session: None, rest: trim_slashes(rest) },
        None => PathPrefixes { key: None, session: Some(first), rest: trim_slashes(rest) },
    };
    match found.key {
        Some(_) if path.starts_with("//") => PathPrefixes { key: None, session: None, rest: path },
        _ => found,
    }
}

/// `path` with one slash in front and none behind. An endpoint that ends in a slash makes a second one before the operation's
/// path (the JavaScript SDK joins so): it is the same operation. What is inside stays as it is.
fn trim_slashes(path: &str) -> &str {
    let kept = path.trim_end_matches('/');
    match kept.find(|c| c != '/') {
        None if path.is_empty() => path,
        None => "/",
        Some(slashes) => kept.get(slashes.saturating_sub(1)..).unwrap_or(kept),
    }
}

/// A request, read from elsewhere, as this proxy would have handed it on: without what stands before its own path, its
/// session named. `key` is the capability key, if it is known.
#[must_use]
pub fn strip_prefixes(mut request: Request, key: &Secret) -> Request {
    let PathPrefixes { key: found, session, rest } = split_prefixes(&request.path, key);
    let (found, session, rest) = (found.map(Secret::new), session.map(str::to_owned), rest.to_owned());
    request.key = found.or(request.key);
    request.session_prefix = session.or(request.session_prefix);
    request.path = rest;
    request
}

/// The first segment after its tilde, and what follows it. Some clients percent-encode the tilde.
fn split_segment(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('/')?.trim_start_matches('/');
    let path = path.strip_prefix('~').or_else(|| path.strip_prefix("%7E")).or_else(|| path.strip_prefix("%7e"))?;
    let (name, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    (!name.is_empty()).then_some((name, if rest.is_empty() { "/" } else { rest }))
}

fn is_key(segment: &str, key: &Secret) -> bool {
    segment.starts_with(KEY_MARK) || bool::from(segment.as_bytes().ct_eq(key.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_session_are_told_apart() {
        let table = [
            ("/getresourceshares", None, None, "/getresourceshares"),
            ("/", None, None, "/"),
            ("*", None, None, "*"),
            ("/~a", None, Some("a"), "/"),
            ("/~a/x", None, Some("a"), "/x"),
            ("/%7Ea/x", None, Some("a"), "/x"),
            ("/%7ea/%7Eb/x", Some("a"), Some("b"), "/x"),
            ("/~sesame", Some("sesame"), None, "/"),
            ("/~sesame/x", Some("sesame"), None, "/x"),
            ("/~sesam/x", None, Some("sesam"), "/x"),
            ("/~sesame/~t/x/y", Some("sesame"), Some("t"), "/x/y"),
            ("/~key-x", Some("key-x"), None, "/"),
            ("/~key-x/", Some("key-x"), None, "/"),
            ("/~key-x/~key-y/z", Some("key-x"), Some("key-y"), "/z"),
            ("/~wrong/~t/x", Some("wrong"), Some("t"), "/x"),
            ("/~/x", None, None, "/~/x"),
            ("/~a/~/x", None, Some("a"), "/~/x"),
            ("/a/~b", None, None, "/a/~b"),
            ("/~a/~b/~c", Some("a"), Some("b"), "/~c"),
            ("//getresourceshares", None, None, "/getresourceshares"),
            ("/getresourceshares/", None, None, "/getresourceshares"),
            ("///x//y//", None, None, "/x//y"),
            ("//", None, None, "/"),
            ("/~a//x", None, Some("a"), "/x"),
            ("//~a///x/", None, Some("a"), "/x"),
            ("//~sesame/x", None, None, "//~sesame/x"),
            ("//~w/~s/x", None, None, "//~w/~s/x"),
            ("/~sesame//x", Some("sesame"), None, "/x"),
            ("/~sesame//~t//", Some("sesame"), Some("t"), "/"),
        ];
        for (path, key, session, rest) in table {
            assert_eq!(split_prefixes(path, &Secret::new("sesame")), PathPrefixes { key, session, rest }, "{path}");
        }
    }
}
