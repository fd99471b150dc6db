//! The way upstream that a configuration describes.

use crate::config::Config;
use crate::interaction::Actor;
use crate::upstream::{self, CredentialSource, Upstream, UpstreamError};
use std::time::Duration;

/// How long a provider of credentials may take.
const CREDENTIALS_TIME: Duration = Duration::from_secs(30);

/// Where the credentials come from: the profile that was named, else the default chain.
pub(crate) fn credential_source(config: &Config) -> CredentialSource {
    match &config.upstream.profile {
        Some(profile) => CredentialSource::Profile(profile.clone()),
        None => CredentialSource::DefaultChain,
    }
}

/// The way upstream that `config` describes. Nothing is sent or read before it is asked.
pub(crate) fn upstream(
    config: &Config,
    credentials: CredentialSource,
    instance: &str,
) -> Result<Upstream, UpstreamError> {
    Upstream::new(upstream::Settings {
        service: config.service.name.clone(),
        url: config.upstream.url.clone(),
        credentials,
        actors: actor_sources(&config.actors),
        region: config.region.clone(),
        names: config.names.clone(),
        addresses: config.addresses.clone(),
        ca_bundle: config.upstream.ca_bundle.clone(),
        connect_time: config.upstream.connect_time,
        answer_time: config.upstream.answer_time,
        credentials_time: CREDENTIALS_TIME,
        response_body: config.upstream.response_body,
        own: config.listen,
        instance: instance.to_owned(),
    })
}

/// Where the credentials of the actors with a profile come from.
fn actor_sources(actors: &[Actor]) -> Vec<(String, CredentialSource)> {
    let profile = |actor: &Actor| Some((actor.label.clone(), CredentialSource::Profile(actor.profile.clone()?)));
    actors.iter().filter_map(profile).collect()
}
