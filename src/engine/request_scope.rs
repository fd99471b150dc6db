//! What a request's headers say of who asks, which service, and in which region: read once.

use crate::aws::IssuedKeys;
use crate::aws::sigv4::ClaimedCredential;
use crate::engine::settings::EngineSettings;
use crate::engine::stand_ins::label_in_token;
use crate::model::{DEFAULT_ACTOR, Request};
use crate::session::{Actors, Claim};
use crate::wire;
use std::borrow::Cow;

/// An actor's label. The one of callers that no actor claims costs nothing.
pub(super) type ActorLabel = Cow<'static, str>;

/// What a request without a credential is taken for that is for another service, of which nothing tells the name.
const NAMELESS: &str = "another service";

/// The service and the region that a request asks, and the actor that it speaks as.
#[derive(Clone, Debug)]
pub(super) struct RequestScope<'r> {
    /// The credential that the request claims to be signed with, where it names one.
    pub(super) credential: Option<ClaimedCredential<'r>>,
    /// The service in the credential's scope, else that of the host, else that of the request's form, else RAM.
    pub(super) service: &'r str,
    /// The region in the credential's scope, else in the host that was addressed, else the configured one; where a service has
    /// one region for all clients, that.
    pub(super) region: &'r str,
    /// Who asks.
    pub(super) actor: ActorLabel,
    /// The actor for whose credentials the request has stand-ins.
    pub(super) stand_in_for: Option<&'r str>,
    /// What of the headers a service without a model reads parameters from, or its operation.
    pub(super) parameter_headers: String,
}

impl<'r> RequestScope<'r> {
    /// The scope of a request that is replayed or imported. No profile is loaded: replaying needs no credentials.
    pub(super) fn read(request: &'r Request, settings: &'r EngineSettings, callers: (&Actors, &IssuedKeys)) -> Self {
        let (actors, issued) = callers;
        let scope = Self::read_place(request, settings);
        if let Some(label) = scope.stand_in_for {
            return Self { actor: Cow::Owned(label.to_owned()), ..scope };
        }
        let Some(credential) = scope.credential else { return scope };
        if let Some(issued) = issued.get(credential.access_key_id) {
            return Self { actor: Cow::Owned(issued.actor), ..scope };
        }
        if actors.is_empty() {
            return scope;
        }
        match actors.claim(credential.access_key_id, &[]) {
            Claim::Actor(label) => Self { actor: Cow::Owned(label.to_owned()), ..scope },
            Claim::Nobody { .. } => scope,
        }
    }

    /// The scope of a request whose actor is still to be found out.
    pub(super) fn read_place(request: &'r Request, settings: &'r EngineSettings) -> Self {
        let credential = ClaimedCredential::read(request);
        let host = request.authority.rsplit_once(':').map_or(request.authority.as_str(), |(host, _)| host);
        let addressed = settings.endpoints.find(host);
        let service = match (&credential, addressed) {
            (Some(credential), _) => credential.service,
            (None, Some(addressed)) => addressed.service,
            (None, None) => service_by_form(request, settings),
        };
        let signed = credential.and_then(|credential| credential.region).filter(|region| is_region(region));
        let named =
            || addressed.map(|addressed| addressed.region).or_else(|| region_in_host(&request.authority, service));
        let region = signed.or_else(named).unwrap_or(&settings.region);
        let region = settings.endpoints.get(service).map_or(region, |endpoint| endpoint.signing_region(region));
        let is_modelled = service == settings.service.name;
        let parameter_headers = if is_modelled { String::new() } else { wire::parameter_headers(request) };
        let stand_in_for = request.header("x-amz-security-token").and_then(label_in_token);
        Self { credential, service, region, actor: Cow::Borrowed(DEFAULT_ACTOR), stand_in_for, parameter_headers }
    }

    /// The access key id that the request names.
    pub(super) fn key_id(&self) -> Option<&'r str> {
        self.credential.map(|credential| credential.access_key_id)
    }
}

/// The service that an unsigned request is for, by its form; what has none of other services' forms is RAM's.
fn service_by_form<'r>(request: &Request, settings: &'r EngineSettings) -> &'r str {
    let form = wire::ServiceForm::read(request);
    if form.is_none() {
        return &settings.service.name;
    }
    let companions = &settings.service.companions;
    companions.service_by_form(form.version.as_deref(), form.target).unwrap_or(NAMELESS)
}

/// The region in a host of `service`, whatever the host ends with.
fn region_in_host<'r>(authority: &'r str, service: &str) -> Option<&'r str> {
    let (label, rest) = authority.split_once('.')?;
    let is_own = label == service || label.strip_prefix(service)? == "-fips";
    rest.split('.').next().filter(|region| is_own && is_region(region))
}

fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}
