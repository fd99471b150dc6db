//! Passes requests on with their client's own signature: nothing that it covers is changed, added or left out.

use super::answer::Answer;
use super::answer::{is_hop_by_hop, named_in_connection};
use super::error::UpstreamError;
use super::sigv4::signed_header_names;
use super::upstream::Upstream;
use crate::model::{Request, VIA};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, EXPECT, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use http_body_util::Full;

/// What ramtape itself is told by headers begins so.
const OWN: &str = "x-ramtape-";

impl Upstream {
    /// Sends `request` to the endpoint that its client signed for, as it was signed, and reads the answer whole. An error
    /// that the service answers is an answer.
    ///
    /// # Errors
    /// [`UpstreamError`]: there is no answer, or none that may be used.
    pub async fn pass_on(&self, request: &Request) -> Result<Answer, UpstreamError> {
        let authority = request.authority.as_str();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let Some(addressed) = self.services.find(host) else {
            return Err(UpstreamError::NotAnEndpoint { host: host.to_owned(), services: self.service_names() });
        };
        let endpoint = self.endpoint(addressed.service)?;
        let mut outgoing = http::Request::new(Full::new(request.body.clone()));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = endpoint.url_of_signed(host, &request.signed_target)?;
        // HTTP/2 would send the host of the URL, which is another one where the endpoint is.
        *outgoing.version_mut() = Version::HTTP_11;
        *outgoing.headers_mut() = passed(request, self.via.as_ref());
        self.passing_client(endpoint).await?.exchange(outgoing).await
    }
}

/// The headers that go upstream. Of those that are not signed, what belongs to the client's own connection stays here, and so
/// does what ramtape could not record.
fn passed(request: &Request, via: Option<&HeaderValue>) -> HeaderMap {
    let signed: Vec<&str> = signed_header_names(&request.headers).collect();
    let is_signed = |name: &HeaderName| signed.contains(&name.as_str());
    let of_connection = named_in_connection(&request.headers);
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
    if let Ok(host) = HeaderValue::from_str(&request.authority) {
        headers.insert(HOST, host);
    }
    for (name, value) in &request.headers {
        let stays = match *name {
            HOST => true,
            CONTENT_LENGTH => false,
            // These are never for upstream, and one of them is a secret of another's.
            _ if is_hop_by_hop(name.as_str()) => true,
            ACCEPT_ENCODING | EXPECT => !is_signed(name),
            _ => !is_signed(name) && (name.as_str().starts_with(OWN) || of_connection.contains(name)),
        };
        if !stays {
            headers.append(name, value.clone());
        }
    }
    if !headers.contains_key(ACCEPT_ENCODING) {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    if let Some(via) = via {
        headers.insert(VIA, via.clone());
    }
    headers
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]
    use super::*;
    use crate::model::Door;
    use bytes::Bytes;
    use http::Method;

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/ram/aws4_request, \
                          SignedHeaders=accept-encoding;content-length;expect;host;te;x-private;x-ramtape-session, Signature=0";

    fn up(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let request = Request {
            method: Method::POST,
            path: "/getresourceshares".into(),
            query: String::new(),
            headers: map,
            body: Bytes::new(),
            signed_target: "/getresourceshares".into(),
            authority: "ram.us-east-1.amazonaws.com".into(),
            door: Door::Proxy,
            key: None,
            session_prefix: None,
        };
        let passed = passed(&request, None);
        let shown = passed.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        shown.collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_signed_goes_up_and_nothing_else_is_as_sure() {
        let more = [
            ("connection", "keep-alive, x-private, x-hop"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic bWU6aHVudGVyMg=="),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("x-private", "1"),
            ("x-hop", "1"),
            ("accept-encoding", "gzip"),
            ("expect", "100-continue"),
            ("x-ramtape-session", "one"),
            ("x-ramtape-via", "forged"),
            ("cookie", "a=b"),
        ];
        let unsigned = [("host", "ram.us-east-1.amazonaws.com"), ("cookie", "a=b"), ("accept-encoding", "identity")];
        assert_eq!(up(&more), pairs(&unsigned));
        let signed = [&[("authorization", SIGNED)][..], &more].concat();
        let expected = [
            ("host", "ram.us-east-1.amazonaws.com"),
            ("authorization", SIGNED),
            ("x-private", "1"),
            ("accept-encoding", "gzip"),
            ("expect", "100-continue"),
            ("x-ramtape-session", "one"),
            ("cookie", "a=b"),
        ];
        assert_eq!(up(&signed), pairs(&expected));
    }

    #[test]
    fn a_header_that_comes_twice_goes_up_twice() {
        let twice = [("x-amz-meta", "a"), ("x-amz-meta", "b")];
        let expected = [("host", "ram.us-east-1.amazonaws.com"), twice[0], twice[1], ("accept-encoding", "identity")];
        assert_eq!(up(&twice), pairs(&expected));
    }
}
