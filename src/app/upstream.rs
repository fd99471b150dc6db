//! The way upstream that a configuration describes, and that CMD would have taken.

use crate::aws::EndpointKind;
use crate::aws::{self, BaseUrl, CredentialSource, SharedFiles, Upstream, UpstreamError};
use crate::config::{AwsVariables, Config, UpstreamConfig};
use crate::model::{Actor, without_secrets};
use std::time::Duration;

/// How long a provider of credentials may take.
const CREDENTIALS_TIME: Duration = Duration::from_secs(30);

/// Where requests go: what the configuration says, else what an AWS client reads in the environment and in the shared files.
#[derive(Clone, Debug, Default)]
pub(crate) struct UpstreamDestination {
    /// A base URL instead of the regions' public endpoints.
    pub(crate) url: Option<String>,
    /// Which of the public endpoints.
    pub(crate) kind: EndpointKind,
    /// What decided, where the configuration did not.
    pub(crate) notice: Option<String>,
    /// The access key ids of the shared files that callers read too, each with its profile.
    profile_keys: Vec<(String, String)>,
}

/// Where the credentials come from: the profile that was named, else the default chain.
pub(crate) fn credential_source(config: &Config) -> CredentialSource {
    match &config.upstream.profile {
        Some(profile) => CredentialSource::Profile(profile.clone()),
        None => {
            CredentialSource::DefaultChain { profile: config.upstream.aws.profile.clone().map(|(_, profile)| profile) }
        }
    }
}

/// Where `config` and what AWS clients read send requests. Nothing is sent.
///
/// # Errors
/// Shared files that cannot be read, a profile that is not in them, two profiles that are named at once.
pub(crate) async fn destination(config: &Config) -> Result<UpstreamDestination, UpstreamError> {
    let UpstreamConfig { url, profile, names_profile, aws, .. } = &config.upstream;
    if let (Some(configured), Some((variable, named)), false) = (profile, &aws.profile, names_profile)
        && configured != named
    {
        let (configured, named) = (configured.clone(), named.clone());
        return Err(UpstreamError::TwoProfiles { configured, variable, named });
    }
    let counts = config.upstream.profile_that_counts();
    let files = SharedFiles::read(&aws.files, counts).await?;
    if let Some(named) = counts.filter(|_| profile.is_some() || !aws.has_keys) {
        check_profile(&files, named)?;
    }
    let switch = |variable: Option<bool>, key: &str| variable.unwrap_or_else(|| files.is_true(key));
    let kind = EndpointKind {
        fips: switch(aws.fips, "use_fips_endpoint"),
        dual_stack: switch(aws.dual_stack, "use_dualstack_endpoint"),
    };
    let (url, notice) = match url {
        Some(url) => (Some(url.clone()), None),
        None => match configured_endpoint(config, aws, &files) {
            Some((origin, url)) => {
                let notice = format!("{} is used instead of AWS, as set by {origin}", without_secrets(&url));
                (Some(url), Some(notice))
            }
            None => (None, kind_notice(kind, config)),
        },
    };
    // Whoever calls a server has files of its own; the command of `run` has these.
    let profile_keys = if config.command.is_some() { files.key_ids() } else { Vec::new() };
    Ok(UpstreamDestination { url, kind, notice, profile_keys })
}

/// The endpoint that AWS clients are led to, with what leads them there. One that is this proxy's own leads nowhere else.
fn configured_endpoint(config: &Config, aws: &AwsVariables, files: &SharedFiles) -> Option<(String, String)> {
    if aws.ignores_endpoints.unwrap_or_else(|| files.is_true("ignore_configured_endpoint_urls")) {
        return None;
    }
    let own = |url: &str| BaseUrl::parse(url).is_ok_and(|base| base.leads_to(config.listen));
    let of_environment = aws.endpoints.iter().find(|(_, url)| !own(url));
    let of_environment = of_environment.map(|(variable, url)| ((*variable).to_owned(), url.clone()));
    let of_files = || {
        let url = files.endpoint(&config.service.name)?;
        Some((format!("the profile {}", config.upstream.profile_that_counts().unwrap_or("default")), url))
    };
    of_environment.or_else(|| of_files().filter(|(_, url)| !own(url)))
}

fn kind_notice(kind: EndpointKind, config: &Config) -> Option<String> {
    let host = kind.host(&config.service.name, &config.region);
    (kind != EndpointKind::default()).then(|| {
        format!(
            "{host} is used, and its counterparts in other regions, as set in the AWS configuration (FIPS \
            or dual-stack endpoints)"
        )
    })
}

/// Refuses a profile that is not there. Without any file there is no default profile either, and that is usual.
fn check_profile(files: &SharedFiles, named: &str) -> Result<(), UpstreamError> {
    let profiles = files.profiles();
    if named == "default" || profiles.contains(&named) {
        return Ok(());
    }
    Err(UpstreamError::NoProfile { name: named.to_owned(), known: profiles.into_iter().map(str::to_owned).collect() })
}

/// The way upstream that `config` describes, to `destination`. Nothing is sent or read before it is asked.
pub(crate) fn upstream(
    config: &Config,
    destination: &UpstreamDestination,
    credentials: CredentialSource,
    instance: &str,
) -> Result<Upstream, UpstreamError> {
    Upstream::new(aws::UpstreamSettings {
        service: config.service.name.clone(),
        url: destination.url.clone(),
        kind: destination.kind,
        profile_keys: destination.profile_keys.clone(),
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
