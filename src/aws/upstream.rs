//! Sends requests upstream, signed with the credentials of their actor.

use super::address::AddressRules;
use super::answer::Answer;
use super::caller::Trust;
use super::client::{self, Client, HttpVersions};
use super::credentials::{CredentialSource, Credentials};
use super::endpoint::{BaseUrl, Endpoint};
use super::error::UpstreamError;
use super::hosts::EndpointKind;
use super::known_keys::KnownKeys;
use super::resolve::{Names, Resolver};
use super::roots::Roots;
use super::sigv4::{SigningScope, sign};
use crate::model::{Request, Secret, VIA};
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

/// Settings of the connection to upstream: endpoint, credentials, TLS roots, limits.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// The service's name in host names and credential scopes.
    pub service: String,
    /// A base URL instead of the regions' public endpoints.
    pub url: Option<String>,
    /// Which of the public endpoints.
    pub kind: EndpointKind,
    /// The access key ids that are known to be those of profiles, each with its profile.
    pub profile_keys: Vec<(String, String)>,
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
    pub(super) endpoint: Endpoint,
    pub(super) service: String,
    pub(super) via: Option<HeaderValue>,
    credentials: Credentials,
    actors: BTreeMap<String, Credentials>,
    profile_keys: Vec<(String, String)>,
    roots: Arc<Roots>,
    limits: client::ExchangeLimits,
    /// For the names of ramtape's own choice, and for those that clients signed for.
    resolvers: [Resolver; 2],
    signing: OnceCell<Client>,
    passing: OnceCell<Client>,
    known_keys: KnownKeys,
}

impl Upstream {
    /// Checks the settings. Reads the bundle of trusted roots; sends nothing, but asks for the address of the base URL's
    /// host.
    ///
    /// # Errors
    /// A base URL that can't be used or is this process's own, a bundle that can't be read.
    pub fn new(settings: UpstreamSettings) -> Result<Self, UpstreamError> {
        let UpstreamSettings { service, url, own, .. } = settings;
        let base = url.as_deref().map(BaseUrl::parse).transpose()?;
        if let (Some(base), Some(url)) = (&base, url)
            && base.leads_to(own)
        {
            return Err(UpstreamError::Loop { url });
        }
        let via = base.as_ref().and_then(|_| HeaderValue::from_str(&settings.instance).ok());
        let endpoint = match base {
            Some(base) => Endpoint::Fixed(base),
            None => Endpoint::Public { service: service.clone(), kind: settings.kind },
        };
        let roots = Arc::new(Roots::read(settings.ca_bundle.as_deref())?);
        let from = |source: CredentialSource| {
            Credentials::new(source, &settings.region, settings.credentials_time, Arc::clone(&roots))
        };
        let credentials = from(settings.credentials);
        let actors = settings.actors.into_iter().map(|(label, source)| (label, from(source))).collect();
        let limits = client::ExchangeLimits {
            connect_time: settings.connect_time,
            answer_time: settings.answer_time,
            body: settings.response_body,
        };
        let own_names = Resolver::without_rules(settings.names.clone());
        let resolvers = match &endpoint {
            Endpoint::Fixed(_) => [own_names.clone(), own_names],
            Endpoint::Public { .. } => [own_names, Resolver::new(settings.names, settings.addresses)],
        };
        let (signing, passing) = (OnceCell::new(), OnceCell::new());
        let (profile_keys, known_keys) = (settings.profile_keys, KnownKeys::default());
        Ok(Self {
            endpoint,
            service,
            via,
            credentials,
            actors,
            profile_keys,
            roots,
            limits,
            resolvers,
            signing,
            passing,
            known_keys,
        })
    }

    /// Sends `request` with `body` in place of its own to `region`, signed again for `actor`, and reads the answer whole. An
    /// error that the service answers is an answer.
    ///
    /// # Errors
    /// [`UpstreamError`]: there is no answer, or none that may be used.
    pub async fn send(
        &self,
        actor: &str,
        request: &Request,
        body: Bytes,
        region: &str,
    ) -> Result<Answer, UpstreamError> {
        let url = self.endpoint.url(region, &request.path, &request.query)?;
        let now = SystemTime::now();
        let keys = self.credentials(actor).current(now).await?;
        let mut headers = self.headers(&request.headers);
        let scope = SigningScope { service: &self.service, region, time: now };
        headers.extend(sign(&request.method, &url, &headers, &body, &keys, scope)?);

        let mut outgoing = http::Request::new(Full::new(body));
        *outgoing.method_mut() = request.method.clone();
        *outgoing.uri_mut() = url;
        *outgoing.headers_mut() = headers;
        self.signing_client().await?.exchange(outgoing).await
    }

    /// What callers that act as `actor` are checked against, given this process's `key`. A signature is a proof only by the
    /// very credentials that would sign for that actor: those of another are another's power.
    #[must_use]
    pub fn trust<'a>(&'a self, actor: &str, key: &'a Secret, allow_any: bool) -> Trust<'a> {
        Trust { key, credentials: self.credentials(actor), service: &self.service, allow_any }
    }

    /// The regions in which the signing keys work.
    pub const fn known_keys(&self) -> &KnownKeys {
        &self.known_keys
    }

    /// Where requests for `region` go, as people read it.
    #[must_use]
    pub fn place(&self, region: &str) -> String {
        match (&self.endpoint, self.endpoint.url(region, "/", "")) {
            (Endpoint::Fixed(base), _) => base.to_string(),
            (Endpoint::Public { .. }, Ok(url)) => url.host().unwrap_or(region).to_owned(),
            (Endpoint::Public { .. }, Err(_)) => region.to_owned(),
        }
    }

    /// How many connections have carried a request to upstream.
    #[must_use]
    pub fn connections(&self) -> u64 {
        [&self.signing, &self.passing].into_iter().filter_map(OnceCell::get).map(Client::connections).sum()
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

    /// The profile that the access key `id` is known to be of.
    #[must_use]
    pub fn profile_of(&self, id: &str) -> Option<&str> {
        self.profile_keys.iter().find(|(_, known)| known == id).map(|(profile, _)| profile.as_str())
    }

    fn headers(&self, received: &HeaderMap) -> HeaderMap {
        let kept = |name: &HeaderName| KEPT.contains(name) || name.as_str().starts_with("amz-sdk-");
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

    pub(super) async fn passing_client(&self) -> Result<&Client, UpstreamError> {
        let [_, resolver] = &self.resolvers;
        self.client(&self.passing, resolver, HttpVersions::Http1).await
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
    use crate::aws::Keys;

    fn upstream(url: Option<&str>) -> Upstream {
        let keys = Keys { access_key_id: "AKID".into(), secret: Secret::new("s"), session_token: None, expiry: None };
        let settings = UpstreamSettings {
            service: "ram".into(),
            url: url.map(str::to_owned),
            kind: EndpointKind::default(),
            profile_keys: Vec::new(),
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
        let told = |url| upstream(url).headers(&HeaderMap::new()).get(VIA).cloned();
        assert_eq!(told(Some("http://ram.invalid")).unwrap(), "one");
        assert_eq!(told(None), None);
    }

    #[test]
    fn nothing_is_built_before_it_is_needed() {
        let upstream = upstream(None);
        assert!(upstream.signing.get().is_none() && upstream.passing.get().is_none());
        assert_eq!(upstream.connections(), 0);
    }
}
