//! What a request's headers say of who asks, and in which region: read once.

use crate::aws::sigv4::ClaimedCredential;
use crate::engine::settings::EngineSettings;
use crate::model::{DEFAULT_ACTOR, Request};
use crate::session::{Actors, Claim};
use std::borrow::Cow;

/// An actor's label. The one of callers that no actor claims costs nothing.
pub(super) type ActorLabel = Cow<'static, str>;

/// The region that a request asks, and the actor that it speaks as.
#[derive(Clone, Debug)]
pub(super) struct RequestScope<'r> {
    /// The credential that the request claims to be signed with, where it names one.
    pub(super) credential: Option<ClaimedCredential<'r>>,
    /// The region in the credential's scope, else in the host that was addressed, else the configured one.
    pub(super) region: &'r str,
    /// Who asks.
    pub(super) actor: ActorLabel,
}

impl<'r> RequestScope<'r> {
    /// The scope of a request that is replayed or imported. No profile is loaded: replaying needs no credentials.
    pub(super) fn read(request: &'r Request, settings: &'r EngineSettings, actors: &Actors) -> Self {
        let scope = Self::read_region(request, settings);
        let Some(credential) = scope.credential.filter(|_| !actors.is_empty()) else { return scope };
        match actors.claim(credential.access_key_id, &[]) {
            Claim::Actor(label) => Self { actor: Cow::Owned(label.to_owned()), ..scope },
            Claim::Nobody { .. } => scope,
        }
    }

    /// The scope of a request whose actor is still to be found out.
    pub(super) fn read_region(request: &'r Request, settings: &'r EngineSettings) -> Self {
        let credential = ClaimedCredential::read(request);
        let signed = credential.and_then(|credential| credential.region).filter(|region| is_region(region));
        let addressed = || addressed_region(&request.authority, &settings.service.name);
        let region = signed.or_else(addressed).unwrap_or(&settings.region);
        Self { credential, region, actor: Cow::Borrowed(DEFAULT_ACTOR) }
    }

    /// The access key id that the request names.
    pub(super) fn key_id(&self) -> Option<&'r str> {
        self.credential.map(|credential| credential.access_key_id)
    }
}

/// The region in a host of `service`.
fn addressed_region<'r>(authority: &'r str, service: &str) -> Option<&'r str> {
    let (label, rest) = authority.split_once('.')?;
    let is_own = label == service || label.strip_prefix(service)? == "-fips";
    rest.split('.').next().filter(|region| is_own && is_region(region))
}

fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}
