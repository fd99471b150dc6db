//! How a session names itself.

use crate::model::{Request, base32};
use http::HeaderName;
use http::header::USER_AGENT;
use memchr::memmem::Finder;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// How a part of a user agent begins that is an application id.
static APPLICATION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("app/"));

const HEADER: HeaderName = HeaderName::from_static("x-ramtape-session");
const LONGEST: usize = 64;

/// The session that `request` names: by header `x-ramtape-session`, by path prefix, or by the SDK's application id
/// (`app/NAME` in the user agent), in that order; `None` for callers that name none and share one.
///
/// The header comes first: it is of the one request, and the prefix of a client that may have been made for another test.
#[must_use]
pub fn session_name(request: &Request) -> Option<String> {
    let given = match (request.header(HEADER).map(str::trim), &request.session_prefix) {
        (Some(name), _) if !name.is_empty() => decoded(name),
        (_, Some(prefix)) => decoded(prefix),
        _ => application_id(request.header(USER_AGENT)?)?.to_owned(),
    };
    let name = sanitize_session_name(&given);
    (!name.is_empty()).then_some(name)
}

/// A name as it was before it was percent-encoded: neither header nor path can hold every character.
fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
}

/// Has `request` belong to the session called `name`, unless it names one itself.
pub fn assign_session(request: &mut Request, name: &str) {
    if session_name(request).is_none() {
        // Nothing is read from the place of a prefix but the name: signatures are checked over what was received.
        request.session_prefix = Some(name.to_owned());
    }
}

/// `given` as the name of a session: other characters become `-`, and what is too long is cut. Where that changed it, a digest of
/// what was given follows, so that no two names become one.
#[must_use]
pub fn sanitize_session_name(given: &str) -> String {
    if given.len() <= LONGEST && given.chars().all(|c| plain(c) == c) {
        return given.to_owned();
    }
    let digest: [u8; 5] = Sha256::digest(given).first_chunk().copied().unwrap_or_default();
    let digest = base32::encode(&digest);
    let start: String = given.chars().take(LONGEST - 1 - digest.len()).map(plain).collect();
    format!("{start}-{digest}")
}

/// SDKs write other characters as `-` in application ids; so does this, wherever the name comes from.
const fn plain(c: char) -> char {
    if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }
}

/// The first of the parts, which blanks separate, that is one. Most user agents have none, and this is asked of every request.
fn application_id(user_agent: &str) -> Option<&str> {
    let begins = |at: &usize| user_agent.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(' '));
    let at = APPLICATION.find_iter(user_agent.as_bytes()).find(begins)?;
    user_agent.get(at + APPLICATION.needle().len()..)?.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method};

    fn named(prefix: Option<&str>, headers: &[(&'static str, &'static str)]) -> Option<String> {
        session_name(&request(prefix, headers))
    }

    fn request(prefix: Option<&str>, headers: &[(&'static str, &'static str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        Request {
            method: Method::POST,
            path: "/getresourceshares".into(),
            query: String::new(),
            headers: map,
            body: Bytes::new(),
            signed_target: "/getresourceshares".into(),
            authority: "127.0.0.1".into(),
            door: crate::model::Door::Endpoint,
            key: None,
            session_prefix: prefix.map(Into::into),
        }
    }

    #[test]
    fn who_names_a_session_keeps_it() {
        let assigned = |prefix: Option<&str>, headers: &[(&'static str, &'static str)]| {
            let mut request = request(prefix, headers);
            assign_session(&mut request, "run");
            session_name(&request)
        };
        assert_eq!(assigned(None, &[("user-agent", "Boto3/1.43")]).as_deref(), Some("run"));
        assert_eq!(assigned(None, &[("x-ramtape-session", "")]).as_deref(), Some("run"));
        assert_eq!(assigned(Some("own"), &[]).as_deref(), Some("own"));
        assert_eq!(assigned(None, &[("x-ramtape-session", "own")]).as_deref(), Some("own"));
        assert_eq!(assigned(None, &[("user-agent", "Boto3/1.43 app/own")]).as_deref(), Some("own"));
    }

    #[test]
    fn header_before_prefix_before_application_id() {
        let both = [("x-ramtape-session", "from-header"), ("user-agent", "Boto3/1.43 app/from-sdk md/x")];
        assert_eq!(named(Some("test_1"), &both).as_deref(), Some("from-header"));
        assert_eq!(named(Some("test_1"), &both[1..]).as_deref(), Some("test_1"));
        assert_eq!(named(Some("test_1"), &[("x-ramtape-session", " ")]).as_deref(), Some("test_1"));
        assert_eq!(named(None, &both[1..]).as_deref(), Some("from-sdk"));
        for none in ["Boto3/1.43 md/app/x", "myapp/x", "Boto3/1.43 app", ""] {
            assert_eq!(named(None, &[("user-agent", none)]), None, "{none}");
        }
        for first in ["app/one", "xapp/two app/one", "a app/one app/two"] {
            assert_eq!(named(None, &[("user-agent", first)]).as_deref(), Some("one"), "{first}");
        }
        assert_eq!(named(Some(&"a".repeat(100)), &[]).map(|name| name.len()), Some(64));
    }

    #[test]
    fn whichever_way_a_name_comes_a_change_to_it_is_marked() {
        let header = |name| named(None, &[("x-ramtape-session", name)]);
        let ways = [named(Some("t%5Ba%5D"), &[]), header("t[a]"), header("t%5Ba%5D")];
        let by_application = named(None, &[("user-agent", "Boto3/1.43 app/t[a] md/x")]);
        assert_eq!(ways, [by_application.clone(), by_application.clone(), by_application.clone()]);
        assert!(by_application.is_some_and(|name| name.starts_with("t-a--") && name.len() > "t-a--".len()));
    }

    #[test]
    fn no_two_names_become_one() {
        let long = |end: &str| format!("{}{end}", "a".repeat(64));
        let given = ["test%5B1%5D", "test%5B1-", "test-1-", "test-1%5D", "t%C3%A9", &long(""), &long("b"), &long("c")];
        let names: std::collections::BTreeSet<String> =
            given.iter().filter_map(|given| named(Some(given), &[])).collect();
        assert_eq!(names.len(), given.len(), "{names:?}");
        assert!(names.iter().all(|name| name.len() <= LONGEST && name.chars().all(|c| plain(c) == c)), "{names:?}");
        assert!(names.contains("test-1-") && names.iter().any(|name| name.starts_with("test-1--")), "{names:?}");
        let again = |name: &String| named(Some(name), &[]).as_ref() == Some(name);
        assert!(names.iter().all(again), "what is plain stays so");
    }
}
