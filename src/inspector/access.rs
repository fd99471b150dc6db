//! Who may look: whoever has the token that the start prints.

use super::page::ROOT;
use super::query::Query;
use crate::model::{Request, Response, Secret, base32};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The parameter that has the token, in the URL that the start prints.
const TOKEN: &str = "token";

/// Lets in who has the token.
///
/// The token follows from the capability key, which it does not tell: who may look is not who may record.
pub(super) struct Access {
    token: Secret,
}

/// What a request is let do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entrance {
    /// It sees the page.
    Open,
    /// It has the token in its URL: a browser keeps it as a cookie, and its URL shows it no longer.
    Renew {
        /// The cookie.
        cookie: String,
        /// The same page without the token.
        location: String,
    },
    /// It sees nothing.
    Closed,
}

impl Access {
    pub(super) fn from_key(key: &Secret) -> Self {
        // HMAC takes keys of any length; an empty token would open nothing.
        let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes());
        let code = mac.map(|mac| mac.chain_update(b"ramtape-inspector-1").finalize().into_bytes());
        let start: Option<[u8; 15]> = code.ok().and_then(|code| code.first_chunk().copied());
        Self { token: Secret::new(start.map(|start| base32::encode(&start)).unwrap_or_default()) }
    }

    pub(super) const fn token(&self) -> &Secret {
        &self.token
    }

    pub(super) fn judge(&self, request: &Request) -> Entrance {
        let query = Query::parse(&request.query);
        if let Some(given) = query.given(TOKEN) {
            if !self.is_token(given) {
                return Entrance::Closed;
            }
            let slash = if request.path == ROOT { "/" } else { "" };
            let location = format!("{}{slash}{}", request.path, query.with(TOKEN, None).text());
            let cookie = cookie_name(request);
            let cookie = format!("{cookie}={}; Path=/_ramtape; HttpOnly; SameSite=Strict", self.token.expose());
            return Entrance::Renew { cookie, location };
        }
        let bearer = request.header(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let name = cookie_name(request);
        let cookies = request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut has_cookie = || pairs.any(|(key, value)| key == name && self.is_token(value));
        if bearer.is_some_and(|token| self.is_token(token)) || has_cookie() { Entrance::Open } else { Entrance::Closed }
    }

    fn is_token(&self, given: &str) -> bool {
        !self.token.expose().is_empty() && bool::from(given.as_bytes().ct_eq(self.token.expose().as_bytes()))
    }
}

/// The name of the cookie: browsers send the cookies of one port of a host to all others.
fn cookie_name(request: &Request) -> String {
    let port = request.authority.rsplit_once(':').map(|(_, port)| port);
    let port = port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or_else(|| "ramtape".to_owned(), |port| format!("ramtape-{port}"))
}

/// The answer that makes a browser keep the token and show the page.
pub(super) fn redirect(cookie: &str, location: &str) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in [(SET_COOKIE, cookie), (LOCATION, location), (CACHE_CONTROL, "no-store")] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    Response { status: StatusCode::SEE_OTHER, headers, body: Bytes::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Door;
    use http::Method;

    fn request(path: &str, query: &str, header: Option<(http::HeaderName, String)>) -> Request {
        Request {
            method: Method::GET,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: header.into_iter().filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect(),
            body: Bytes::new(),
            signed_target: String::new(),
            authority: "127.0.0.1:8181".to_owned(),
            door: Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }

    #[test]
    fn the_token_opens_and_nothing_else_does() {
        let access = Access::from_key(&Secret::new("key"));
        let token = access.token().expose().to_owned();
        assert!(token.len() == 24 && !token.contains("key"), "{token}");
        let judge = |query: &str, header| access.judge(&request("/_ramtape/calls", query, header));
        for (header, entrance) in [
            (Some((COOKIE, format!("a=b; ramtape-8181={token}"))), Entrance::Open),
            (Some((AUTHORIZATION, format!("Bearer {token}"))), Entrance::Open),
            // That of a ramtape on another port.
            (Some((COOKIE, format!("ramtape-8182={token}"))), Entrance::Closed),
            (Some((COOKIE, "ramtape-8181=".to_owned())), Entrance::Closed),
            (Some((AUTHORIZATION, "Bearer key".to_owned())), Entrance::Closed),
            (None, Entrance::Closed),
        ] {
            assert_eq!(judge("session=a", header), entrance);
        }
        let other = Access::from_key(&Secret::new("other")).token().expose().to_owned();
        assert_ne!(other, token);
        assert_eq!(judge(&format!("token={other}"), None), Entrance::Closed);
        assert_eq!(judge("token=", None), Entrance::Closed);
    }

    #[test]
    fn a_browser_keeps_the_token_as_a_cookie_and_shows_it_no_longer() {
        let access = Access::from_key(&Secret::new("key"));
        let token = access.token().expose();
        let cookie = format!("ramtape-8181={token}; Path=/_ramtape; HttpOnly; SameSite=Strict");
        for (path, query, location) in [
            ("/_ramtape", format!("token={token}"), "/_ramtape/"),
            ("/_ramtape/calls/3", format!("q=a%2Fb&token={token}"), "/_ramtape/calls/3?q=a%2Fb"),
        ] {
            let renewed = Entrance::Renew { cookie: cookie.clone(), location: location.to_owned() };
            assert_eq!(access.judge(&request(path, &query, None)), renewed);
        }
    }
}
