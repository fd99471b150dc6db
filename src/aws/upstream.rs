//! Sends requests upstream, signed with the credentials of their actor.

use super::address::AddressRules;
use super::answer::Answer;
use super::caller::Trust;
use super::client::{self, Client};
use super::credentials::{CredentialSource, Credentials, SigningKeys};
use super::endpoint::{BaseUrl, Endpoint};
use super::error::UpstreamError;
use super::hosts::EndpointKind;
use super::https::HttpVersions;
use super::issued_keys::IssuedKeys;
use super::known_keys::KnownKeys;
use super::resolve::{Names, Resolver};
use super::roots::Roots;
use super::service_endpoints::ServiceEndpoints;
use super::shared_files::ProfileKeys;
use super::sigv4::{SigningScope, sign};
use crate::model::{Request, RoleProfile, Secret, VIA};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::Full;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::OnceCell;

/// What goes up of the client's headers, besides `amz-sdk-*`. `Host` and the signature's headers are new.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, USER_AGENT, HeaderName::from_static("x-amz-user-agent")];

/// What a signature brings along, which is made anew.
const OF_SIGNATURE: [&str; 4] = ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-region-set"];

/// Headers that can be parameters of a service that has no model, besides `x-amz-*`.
const PARAMETERS: [&str; 12] = [
    "accept",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Whether a header can be a parameter, or says how a request is written.
fn is_parameter(name: &str) -> bool {
    let is_own = name.starts_with("x-amz-") || name.starts_with("x-amzn-") || name == "smithy-protocol";
    (is_own && !OF_SIGNATURE.contains(&name)) || PARAMETERS.contains(&name)
}

/// Where a request goes, and as whom.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The region that the signature names.
    pub region: &'a str,
    /// The actor that it is sent for.
    pub actor: &'a str,
    /// What it is signed with.
    pub signing: &'a SigningKeys,
    /// Whether its headers can be parameters; of RAM none is.
    pub keeps_headers: bool,
}

/// The base URL `text`, which must not lead to `own`, the address that this process listens on.
fn fixed_endpoint(text: &str, own: SocketAddr) -> Result<BaseUrl, UpstreamError> {
    let base = BaseUrl::parse(text)?;
    if base.leads_to(own) { Err(UpstreamError::Loop { url: text.to_owned() }) } else { Ok(base) }
}

/// Settings of the connection to upstream: endpoint, credentials, TLS roots, limits.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// The services that may be asked.
    pub services: ServiceEndpoints,
    /// Base URLs instead of public endpoints, by the names of services.
    pub urls: BTreeMap<String, String>,
    /// Which of the public endpoints.
    pub kind: EndpointKind,
    /// The keys that stand in the shared files that callers read too.
    pub profile_keys: Vec<ProfileKeys>,
    /// The profiles there that ask as a role.
    pub role_profiles: Vec<RoleProfile>,
    /// What to sign with.
    pub credentials: CredentialSource,
    /// What to sign with instead for some actors, by their labels.
    pub actors: Vec<(String, CredentialSource)>,
    /// For providers of credentials that ask AWS, where neither environment nor profile names a region.
    pub region: String,
    /// Who knows the addresses of upstream's names.
    pub names: Names,
    /// Where the names that clients signed for may lead to.
    pub addresses: AddressRules,
    /// A PEM file with more trusted roots.
    pub ca_bundle: Option<PathBuf>,
    /// How long to wait for a connection, TLS included.
    pub connect_time: Duration,
    /// How long to wait for a whole answer, the connection included.
    pub answer_time: Duration,
    /// How long a provider of credentials may take.
    pub credentials_time: Duration,
    /// The largest answer, in bytes.
    pub response_body: usize,
    /// The address that this process listens on.
    pub own: SocketAddr,
    /// A name for this process, told to an upstream that may be a ramtape too.
    pub instance: String,
}

/// Sends requests upstream: endpoint, credentials of each actor, and HTTP client.
#[derive(Debug)]
pub struct Upstream {
    endpoints: BTreeMap<String, Endpoint>,
    pub(super) services: ServiceEndpoints,
    pub(super) via: Option<HeaderValue>,
    credentials: Credentials,
    actors: BTreeMap<String, Credentials>,
    profile_keys: Vec<ProfileKeys>,
    /// The credentials that roles of profiles are assumed with, each with its role.
    role_sources: Vec<(String, Credentials)>,
    issued: Arc<IssuedKeys>,
    roots: Arc<Roots>,
    limits: client::ExchangeLimits,
    /// For the names of ramtape's own choice, and for those that clients signed for.
    resolvers: [Resolver; 2],
    signing: OnceCell<Client>,
    /// For what keeps its client's signature: to base URLs, and to public endpoints.
    passing: [OnceCell<Client>; 2],
    known_keys: KnownKeys,
}

impl Upstream {
    /// Checks the settings. Reads the bundle of trusted roots; sends nothing, but asks for the address of the base URL's
    /// host.
    ///
    /// # Errors
    /// A base URL that can't be used or is this process's own, a bundle that can't be read.
    pub fn new(settings: UpstreamSettings) -> Result<Self, UpstreamError> {
        let UpstreamSettings { services, urls, own, kind, .. } = settings;
        let mut endpoints = BTreeMap::new();
        for service in services.iter() {
            let endpoint = match urls.get(&service.name) {
                Some(url) => Endpoint::Fixed(fixed_endpoint(url, own)?),
                None => Endpoint::Public { service: service.clone(), kind },
            };
            endpoints.insert(service.name.clone(), endpoint);
        }
        let is_fixed = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Fixed(_));
        let via = endpoints.values().any(is_fixed).then(|| HeaderValue::from_str(&settings.instance).ok()).flatten();
        let roots = Arc::new(Roots::read(settings.ca_bundle.as_deref())?);
        let from = |source: CredentialSource| {
            Credentials::new(source, &settings.region, settings.credentials_time, Arc::clone(&roots))
        };
        let credentials = from(settings.credentials);
        let actors = settings.actors.into_iter().map(|(label, source)| (label, from(source))).collect();
        let mut role_sources: Vec<(String, CredentialSource)> = Vec::new();
        for role in settings.role_profiles {
            let Some(source) = CredentialSource::of_role(&role) else { continue };
            let named = (role.role_arn, source);
            // Several profiles can name one role; each source of it is asked once.
            if !role_sources.contains(&named) {
                role_sources.push(named);
            }
        }
        let role_sources = role_sources.into_iter().map(|(role, source)| (role, from(source))).collect();
        let limits = client::ExchangeLimits {
            connect_time: settings.connect_time,
            answer_time: settings.answer_time,
            body: settings.response_body,
        };
        let own_names = Resolver::without_rules(settings.names.clone());
        let resolvers = [own_names, Resolver::new(settings.names, settings.addresses)];
        let (signing, passing) = (OnceCell::new(), [OnceCell::new(), OnceCell::new()]);
        let (profile_keys, known_keys) = (settings.profile_keys, KnownKeys::default());
        Ok(Self {
            endpoints,
            services,
            via,
            credentials,
            actors,
            profile_keys,
            role_sources,
            issued: Arc::default(),
            roots,
            limits,
            resolvers,
            signing,
            passing,
            known_keys,
        })
    }

    /// Sends `request` with `body` in place of its own to `destination`, signed again, and reads the answer whole. An error that
    /// the service answers is an answer.
    ///
    /// # Errors
    /// [`UpstreamError`]: there is no answer, or none that may be used.
    pub async fn send(
        &self,
        destination: &Destination<'_>,
        request: &Request,
        body: Bytes,
    ) -> Result<Answer, UpstreamError> {
        let Destination { service, region, actor, signing, keeps_headers } = *destination;
        let url = self.endpoint(service)?.url(region, &request.path, &request.query)?;
        let now = SystemTime::now();
        let keys = match signing {
            SigningKeys::Held(keys) => Some(Arc::clone(keys)),
            SigningKeys::OfActor => Some(self.credentials(actor).current(now).await?),
            SigningKeys::None => None,
        };
        let mut headers = self.headers(&request.headers, keeps_headers);
        if let Some(keys) = keys {
            let as_s3 = self.services.get(service).is_some_and(|service| service.as_s3);
            let scope = SigningScope { service, region, time: now, as_s3 };
            headers.extend(sign(&request.method, &url, &headers, &body, &keys, scope)?);
        }

        let mut outgoing = http::Request::new(Full::new(body));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = url;
        *outgoing.headers_mut() = headers;
        self.signing_client().await?.exchange(outgoing).await
    }

    /// What callers that act as `actor` are checked against, given this process's `key`. A signature is a proof only by the
    /// very credentials that would sign for that actor: those of another are another's power.
    pub fn trust<'a>(
        &'a self,
        destination: &Destination<'a>,
        key: &'a Secret,
        allow_any: bool,
    ) -> Result<Trust<'a>, UpstreamError> {
        let service = self.services.get(destination.service).ok_or_else(|| self.not_recorded(destination.service))?;
        let credentials = self.credentials(destination.actor);
        Ok(Trust { key, signing: destination.signing, credentials, service, allow_any })
    }

    /// The endpoint of `service`.
    ///
    /// # Errors
    /// [`UpstreamError::NotRecorded`]: it is none of the services that may be asked.
    pub(super) fn endpoint(&self, service: &str) -> Result<&Endpoint, UpstreamError> {
        self.endpoints.get(service).ok_or_else(|| self.not_recorded(service))
    }

    fn not_recorded(&self, service: &str) -> UpstreamError {
        UpstreamError::NotRecorded { service: service.to_owned(), services: self.service_names() }
    }

    pub(super) fn service_names(&self) -> String {
        self.services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The temporary credentials that were handed out through this process.
    #[must_use]
    pub const fn issued(&self) -> &Arc<IssuedKeys> {
        &self.issued
    }

    /// The key with this id, where it stands in the shared files that callers read too.
    #[must_use]
    pub fn profile_keys(&self, id: &str) -> Option<&ProfileKeys> {
        self.profile_keys.iter().find(|known| known.keys.access_key_id == id)
    }

    /// What the role called `role_arn` is assumed with, by each of the profiles that ask as it.
    pub fn role_sources(&self, role_arn: &str) -> impl Iterator<Item = &Credentials> {
        self.role_sources.iter().filter(move |(role, _)| role == role_arn).map(|(_, credentials)| credentials)
    }

    /// The regions in which the signing keys work.
    pub const fn known_keys(&self) -> &KnownKeys {
        &self.known_keys
    }

    /// Where requests to `service` for `region` go, as people read it.
    #[must_use]
    pub fn place(&self, service: &str, region: &str) -> String {
        match self.endpoints.get(service) {
            Some(Endpoint::Fixed(base)) => base.to_string(),
            Some(endpoint) => {
                let host = endpoint.url(region, "/", "").ok().and_then(|url| url.host().map(str::to_owned));
                host.unwrap_or_else(|| region.to_owned())
            }
            None => region.to_owned(),
        }
    }

    /// How many connections have carried a request to upstream.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.clients().map(Client::connections).sum()
    }

    /// How many requests were sent to upstream, whatever came of them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.clients().map(Client::requests).sum()
    }

    /// The clients that were needed so far.
    fn clients(&self) -> impl Iterator<Item = &Client> {
        [&self.signing].into_iter().chain(&self.passing).filter_map(OnceCell::get)
    }

    /// The credentials that requests of `actor` are signed with: its own, or those of everybody who has none.
    #[must_use]
    pub fn credentials(&self, actor: &str) -> &Credentials {
        self.actors.get(actor).unwrap_or(&self.credentials)
    }

    /// The actors that have credentials of their own, with these.
    pub fn actors(&self) -> impl Iterator<Item = (&str, &Credentials)> {
        self.actors.iter().map(|(label, credentials)| (label.as_str(), credentials))
    }

    /// The headers that go up: the few that every service may need, and all that can be parameters where `keeps_parameters`.
    fn headers(&self, received: &HeaderMap, keeps_parameters: bool) -> HeaderMap {
        let kept = |name: &HeaderName| {
            KEPT.contains(name)
                || name.as_str().starts_with("amz-sdk-")
                || (keeps_parameters && is_parameter(name.as_str()))
        };
        let mut headers = HeaderMap::new();
        for (name, value) in received.iter().filter(|(name, _)| kept(name)) {
            headers.append(name, value.clone());
        }
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(via) = &self.via {
            headers.insert(VIA, via.clone());
        }
        headers
    }

    async fn signing_client(&self) -> Result<&Client, UpstreamError> {
        let [resolver, _] = &self.resolvers;
        self.client(&self.signing, resolver, HttpVersions::All).await
    }

    /// The client for what keeps its client's signature. The host of a base URL may be anywhere.
    pub(super) async fn passing_client(&self, endpoint: &Endpoint) -> Result<&Client, UpstreamError> {
        let ([own, checked], [to_base, to_public]) = (&self.resolvers, &self.passing);
        let (client, resolver) = match endpoint {
            Endpoint::Fixed(_) => (to_base, own),
            Endpoint::Public { .. } => (to_public, checked),
        };
        self.client(client, resolver, HttpVersions::Http1).await
    }

    async fn client<'a>(
        &self,
        built: &'a OnceCell<Client>,
        resolver: &Resolver,
        protocols: HttpVersions,
    ) -> Result<&'a Client, UpstreamError> {
        let build = || async {
            let (roots, limits, resolver) = (Arc::clone(&self.roots), self.limits, resolver.clone());
            let building = move || Client::build(&roots, limits, resolver, protocols);
            let built = tokio::task::spawn_blocking(building).await;
            let failed = |reason: String| UpstreamError::Tls { host: String::new(), reason };
            built.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
        };
        built.get_or_try_init(build).await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

    use super::*;
    use crate::aws::{Keys, ServiceEndpoint};

    fn upstream(url: Option<&str>) -> Upstream {
        let keys = Keys { access_key_id: "AKID".into(), secret: Secret::new("s"), session_token: None, expiry: None };
        let settings = UpstreamSettings {
            services: ServiceEndpoints::new(vec![ServiceEndpoint::regional("ram")]),
            urls: url.map(|url| ("ram".to_owned(), url.to_owned())).into_iter().collect(),
            kind: EndpointKind::default(),
            profile_keys: Vec::new(),
            role_profiles: Vec::new(),
            credentials: CredentialSource::Fixed(keys),
            actors: Vec::new(),
            region: "us-east-1".into(),
            names: Names::System,
            addresses: AddressRules::default(),
            ca_bundle: None,
            connect_time: Duration::from_secs(1),
            answer_time: Duration::from_secs(1),
            credentials_time: Duration::from_secs(1),
            response_body: 1,
            own: "127.0.0.1:1".parse().unwrap(),
            instance: "one".into(),
        };
        Upstream::new(settings).unwrap()
    }

    #[test]
    fn only_a_configured_upstream_is_told_of_ramtape() {
        let told = |url| upstream(url).headers(&HeaderMap::new(), false).get(VIA).cloned();
        assert_eq!(told(Some("http://ram.invalid")).unwrap(), "one");
        assert_eq!(told(None), None);
    }

    #[test]
    fn nothing_is_built_before_it_is_needed() {
        let upstream = upstream(None);
        assert!(upstream.signing.get().is_none() && upstream.passing.iter().all(|client| client.get().is_none()));
        assert_eq!(upstream.connections(), 0);
    }
}
