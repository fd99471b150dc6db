//! `/~KEY/~SESSION/rest`: what stands before a request's own path.

use crate::model::{Request, Secret};
use subtle::ConstantTimeEq;

/// How a generated capability key begins; no session name may.
const KEY_MARK: &str = "key-";

/// A path taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prefixes<'a> {
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
pub(super) fn split<'a>(path: &'a str, key: &Secret) -> Prefixes<'a> {
    let Some((first, rest)) = segment(path) else {
        return Prefixes { key: None, session: None, rest: bare(path) };
    };
    let found = match segment(rest) {
        Some((second, rest)) => Prefixes { key: Some(first), session: Some(second), rest: bare(rest) },
        None if is_key(first, key) => Prefixes { key: Some(first), session: None, rest: bare(rest) },
        None => Prefixes { key: None, session: Some(first), rest: bare(rest) },
    };
    match found.key {
        Some(_) if path.starts_with("//") => Prefixes { key: None, session: None, rest: path },
        _ => found,
    }
}

/// `path` with one slash in front and none behind. An endpoint that ends in a slash makes a second one before the operation's
/// path (the JavaScript SDK joins so): it is the same operation. What is inside stays as it is.
fn bare(path: &str) -> &str {
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
pub fn without_prefixes(mut request: Request, key: &Secret) -> Request {
    let Prefixes { key: found, session, rest } = split(&request.path, key);
    let (found, session, rest) = (found.map(Secret::new), session.map(str::to_owned), rest.to_owned());
    request.key = found.or(request.key);
    request.session_prefix = session.or(request.session_prefix);
    request.path = rest;
    request
}

/// The first segment after its tilde, and what follows it. Some clients percent-encode the tilde.
fn segment(path: &str) -> Option<(&str, &str)> {
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
            assert_eq!(split(path, &Secret::new("sesame")), Prefixes { key, session, rest }, "{path}");
        }
    }
}
