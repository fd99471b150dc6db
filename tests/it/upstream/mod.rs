//! The way to upstream, against servers that behave in every way a server can.

mod answers;
mod callers;
mod credentials;
mod passthrough;
mod requests;
mod server;
mod signing;
mod tls;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ramtape::aws::EndpointKind;
use ramtape::aws::{
    AddressRules, Answer, CredentialSource, Destination, Keys, Names, ServiceEndpoint, ServiceEndpoints, SigningKeys,
    Upstream, UpstreamError, UpstreamSettings,
};
use ramtape::model::{Request, Secret};
use std::time::Duration;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE";

/// Short enough for a test that waits for it, long enough for any test that must not.
const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);

fn keys() -> Keys {
    let (secret, session_token) = (Secret::new(SECRET), Some(Secret::new(TOKEN)));
    Keys { access_key_id: KEY_ID.to_owned(), secret, session_token, expiry: None }
}

fn settings(url: &str) -> UpstreamSettings {
    UpstreamSettings {
        services: ServiceEndpoints::new(vec![ServiceEndpoint::regional("ram")]),
        urls: [("ram".to_owned(), url.to_owned())].into(),
        kind: EndpointKind::default(),
        profile_keys: Vec::new(),
        role_profiles: Vec::new(),
        credentials: CredentialSource::Fixed(keys()),
        actors: Vec::new(),
        region: "us-east-1".to_owned(),
        names: Names::System,
        addresses: AddressRules::default(),
        ca_bundle: None,
        connect_time: LONG,
        answer_time: LONG,
        credentials_time: LONG,
        response_body: 1000,
        own: "127.0.0.1:1".parse().unwrap(),
        instance: "instance-of-this-test".to_owned(),
    }
}

fn request(headers: &[(&str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    Request {
        method: Method::POST,
        path: "/getresourceshares".to_owned(),
        query: String::new(),
        headers: map,
        body: Bytes::from_static(b"{}"),
        signed_target: "/getresourceshares".to_owned(),
        authority: "127.0.0.1:1".to_owned(),
        door: ramtape::model::Door::Endpoint,
        key: None,
        session_prefix: None,
    }
}

/// RAM in `region`, signed for `actor`.
pub(super) fn to(actor: &'static str, region: &'static str) -> Destination<'static> {
    let signing = &SigningKeys::OfActor;
    Destination { service: "ram", region, actor, signing, keeps_headers: false }
}

async fn send(settings: UpstreamSettings) -> Result<Answer, UpstreamError> {
    let request = request(&[("content-type", "application/json")]);
    let body = request.body.clone();
    Upstream::new(settings)?.send(&to("default", "us-east-1"), &request, body).await
}
