//! The way upstream that a configuration describes, and that CMD would have taken.

use crate::aws::EndpointKind;
use crate::aws::{self, BaseUrl, CredentialSource, Keys, ProfileKeys, SharedFiles, Upstream, UpstreamError};
use crate::config::{AwsVariables, Config, DUMMY_SECRET, NOBODYS_KEY_ID, UpstreamConfig};
use crate::model::{Actor, RoleProfile, Secret, without_secrets};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a provider of credentials may take.
const CREDENTIALS_TIME: Duration = Duration::from_secs(30);

/// Where requests go: what the configuration says, else what an AWS client reads in the environment and in the shared files.
#[derive(Clone, Debug, Default)]
pub(crate) struct UpstreamDestination {
    /// Base URLs instead of public endpoints, by the names of services.
    pub(crate) urls: BTreeMap<String, String>,
    /// Which of the public endpoints.
    pub(crate) kind: EndpointKind,
    /// What decided, where the configuration did not.
    pub(crate) notices: Vec<String>,
    /// The keys of the shared files that callers read too.
    profile_keys: Vec<ProfileKeys>,
    /// The profiles of the shared files that callers read too and that ask as a role.
    pub(crate) role_profiles: Vec<RoleProfile>,
}

/// Where the credentials come from: the profile that was named, else the default chain.
pub(crate) fn credential_source(config: &Config) -> CredentialSource {
    match &config.upstream.profile {
        _ if config.upstream.is_own => CredentialSource::Fixed(dummy_keys(NOBODYS_KEY_ID)),
        Some(profile) => CredentialSource::Profile(profile.clone()),
        None => {
            CredentialSource::DefaultChain { profile: config.upstream.aws.profile.clone().map(|(_, profile)| profile) }
        }
    }
}

/// The keys of `actor` where nobody checks them: those that its callers are given, who are known by the id.
fn dummy_keys(actor: &str) -> Keys {
    let (access_key_id, secret) = (actor.to_owned(), Secret::new(DUMMY_SECRET.to_owned()));
    Keys { access_key_id, secret, session_token: None, expiry: None }
}

/// Where `config` and what AWS clients read send requests. Nothing is sent.
///
/// # Errors
/// Shared files that cannot be read, a profile that is not in them, two profiles that are named at once.
pub(crate) async fn destination(config: &Config) -> Result<UpstreamDestination, UpstreamError> {
    let UpstreamConfig { url, urls, profile, names_profile, aws, .. } = &config.upstream;
    if let (true, Some(url)) = (config.upstream.is_own, url) {
        let services = config.service.companions.recorded().iter();
        let urls = services.map(|service| (service.clone(), url.clone())).collect();
        return Ok(UpstreamDestination { urls, ..UpstreamDestination::default() });
    }
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
    let (mut found, mut notices) = (BTreeMap::new(), Vec::new());
    for service in config.service.companions.recorded() {
        if let Some(url) = urls.get(service).or(url.as_ref()) {
            found.insert(service.clone(), url.clone());
            continue;
        }
        let notice = match configured_endpoint(config, service, aws, &files) {
            Some((origin, url)) => {
                let notice = format!("{} is used instead of AWS, as set by {origin}", without_secrets(&url));
                found.insert(service.clone(), url);
                Some(notice)
            }
            None => kind_notice(kind, config, service),
        };
        // One variable can be for all services, and is told once.
        notices.extend(notice.filter(|notice| !notices.contains(notice)));
    }
    // Whoever calls a server has files of its own; the command of `run` has these.
    let (profile_keys, role_profiles) =
        if config.command.is_some() { (files.keys(), roles(aws, &files)) } else { (Vec::new(), Vec::new()) };
    Ok(UpstreamDestination { urls: found, kind, notices, profile_keys, role_profiles })
}

/// The profiles that ask as a role, and the role of the environment itself.
fn roles(aws: &AwsVariables, files: &SharedFiles) -> Vec<RoleProfile> {
    let of_environment =
        aws.web_identity_role.iter().map(|role| RoleProfile { role_arn: role.clone(), ..RoleProfile::default() });
    files.roles().into_iter().chain(of_environment).collect()
}

/// The endpoint that clients of `service` are led to, with what leads them there. One that is this proxy's own leads nowhere
/// else.
fn configured_endpoint(
    config: &Config,
    service: &str,
    aws: &AwsVariables,
    files: &SharedFiles,
) -> Option<(String, String)> {
    if aws.ignores_endpoints.unwrap_or_else(|| files.is_true("ignore_configured_endpoint_urls")) {
        return None;
    }
    let own = |url: &str| BaseUrl::parse(url).is_ok_and(|base| base.leads_to(config.listen));
    let companions = &config.service.companions;
    let variables = companions.endpoint_variables(service);
    let of_environment = aws.endpoints_of(&variables).find(|(_, url)| !own(url));
    let of_environment = of_environment.map(|(variable, url)| (variable.to_owned(), url.to_owned()));
    let of_files = || {
        let url = files.endpoint(&companions.sdk_names(service))?;
        Some((format!("the profile {}", config.upstream.profile_that_counts().unwrap_or("default")), url))
    };
    of_environment.or_else(|| of_files().filter(|(_, url)| !own(url)))
}

fn kind_notice(kind: EndpointKind, config: &Config, service: &str) -> Option<String> {
    let host = config.endpoints.get(service)?.host(kind, &config.region);
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
        services: config.endpoints.clone(),
        urls: destination.urls.clone(),
        kind: destination.kind,
        profile_keys: destination.profile_keys.clone(),
        role_profiles: destination.role_profiles.clone(),
        credentials,
        actors: actor_sources(&config.actors, config.upstream.is_own),
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
fn actor_sources(actors: &[Actor], at_own_server: bool) -> Vec<(String, CredentialSource)> {
    let source = |actor: &Actor| match at_own_server {
        true => Some(CredentialSource::Fixed(dummy_keys(&actor.label))),
        false => Some(CredentialSource::Profile(actor.profile.clone()?)),
    };
    let profile = |actor: &Actor| Some((actor.label.clone(), source(actor)?));
    actors.iter().filter_map(profile).collect()
}
