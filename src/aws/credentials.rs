//! The credentials that ramtape signs with: the standard chain of the AWS tools, one profile, or given keys.

use super::roots::{CaBundleError, Roots};
use crate::model::{RoleProfile, Secret};
use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How long keys without an expiry are believed, as in the SDKs: a profile may be edited meanwhile.
const UNLIMITED_KEYS_TIME: Duration = Duration::from_secs(15 * 60);

/// Keys are fetched again this long before they expire, or a tenth of their time where that is less.
const REFRESH_AHEAD: Duration = Duration::from_secs(5 * 60);

/// How long a provider that failed is not asked again: anybody can send requests that need its keys to be judged.
const FAILURE_TIME: Duration = Duration::from_secs(5);

/// Where keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The standard chain: environment, shared files, web identity, container, instance.
    DefaultChain {
        /// The profile of the shared files, where another than `AWS_PROFILE` names it.
        profile: Option<String>,
    },
    /// One profile of the shared files, whatever the environment says.
    Profile(String),
    /// One provider outside of the shared files, whatever those say.
    Provider(CredentialProvider),
    /// These.
    Fixed(Keys),
}

/// What a profile can name as its `credential_source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialProvider {
    /// `Environment`: the keys in the environment.
    Environment,
    /// `EcsContainer`: the endpoint of the container's credentials.
    Container,
    /// `Ec2InstanceMetadata`: the role of the instance.
    Instance,
}

impl CredentialProvider {
    /// The provider that SDKs ask by this `name`, in any case.
    fn from_name(name: &str) -> Option<Self> {
        let known = [
            ("Environment", Self::Environment),
            ("EcsContainer", Self::Container),
            ("Ec2InstanceMetadata", Self::Instance),
        ];
        known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, provider)| provider)
    }
}

impl CredentialSource {
    /// What `role` is assumed with, where that signs: a web identity token does not.
    pub(super) fn of_role(role: &RoleProfile) -> Option<Self> {
        if let Some(profile) = &role.source_profile {
            return Some(Self::Profile(profile.clone()));
        }
        let named = role.settings.get(RoleProfile::CREDENTIAL_SOURCE)?;
        CredentialProvider::from_name(named).map(Self::Provider)
    }

    /// The profile that it names.
    fn profile(&self) -> Option<&str> {
        match self {
            Self::Profile(name) | Self::DefaultChain { profile: Some(name) } => Some(name),
            Self::DefaultChain { profile: None } | Self::Provider(_) | Self::Fixed(_) => None,
        }
    }
}

/// An access key: id, secret, and the session token of temporary ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Its id.
    pub access_key_id: String,
    /// Its secret.
    pub secret: Secret,
    /// What comes with temporary keys.
    pub session_token: Option<Secret>,
    /// When they end to be of use.
    pub expiry: Option<SystemTime>,
}

/// The keys that a request is signed with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SigningKeys {
    /// Those of its actor.
    #[default]
    OfActor,
    /// Those that it was signed with itself, which ramtape holds.
    Held(Arc<Keys>),
    /// None: it is not signed.
    None,
}

/// Why there is nothing to sign with. No message holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// No provider has any.
    #[error(
        "there are no AWS credentials to sign with: name the profile that your command uses with --profile or AWS_PROFILE, log \
         in, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({reason})"
    )]
    Missing {
        /// Where it looked, or what is missing.
        reason: String,
    },
    /// A provider that should have some failed.
    #[error("the provider of AWS credentials failed: {reason}")]
    Failed {
        /// What the provider says.
        reason: String,
    },
    /// A provider took too long.
    #[error(
        "the provider of AWS credentials did not answer within {limit:?} (if AWS_ENDPOINT_URL points to this proxy, \
         its requests came back here: set AWS_ENDPOINT_URL_RAM instead)"
    )]
    TimedOut {
        /// How long ramtape waited.
        limit: Duration,
    },
}

/// Credentials, fetched when they are first needed and again shortly before they expire. A provider that
/// fails is left alone for a few seconds.
#[derive(Debug)]
pub struct Credentials {
    source: CredentialSource,
    fallback_region: String,
    limit: Duration,
    roots: Arc<Roots>,
    // Held while fetching: many requests at once share one fetch.
    held: tokio::sync::Mutex<CachedKeys>,
}

/// The keys fetched last, and when they are to be fetched again.
#[derive(Debug, Default)]
struct CachedKeys {
    cached: Option<Cached>,
    /// Why the latest fetch gave none, and until when that is believed.
    failure: Option<(CredentialsError, SystemTime)>,
}

#[derive(Debug)]
struct Cached {
    keys: Arc<Keys>,
    until: SystemTime,
}

impl CachedKeys {
    /// Keys that are due for renewal and still of use.
    fn unexpired(&self, now: SystemTime) -> Option<Arc<Keys>> {
        let cached = self.cached.as_ref().filter(|cached| cached.keys.expiry.is_some_and(|expiry| now < expiry));
        cached.map(|cached| Arc::clone(&cached.keys))
    }
}

impl Credentials {
    /// Credentials from `source`. `fallback_region` is for providers that ask AWS where neither the environment nor the
    /// profile names a region; `limit` is how long a provider may take.
    pub(super) fn new(source: CredentialSource, fallback_region: &str, limit: Duration, roots: Arc<Roots>) -> Self {
        Self { source, fallback_region: fallback_region.to_owned(), limit, roots, held: tokio::sync::Mutex::default() }
    }

    /// Credentials from `source`, for a client of its own. `bundle` is a file of more trusted roots.
    ///
    /// # Errors
    /// Where that file cannot be used.
    pub fn open(
        source: CredentialSource,
        fallback_region: &str,
        limit: Duration,
        bundle: Option<&Path>,
    ) -> Result<Self, CaBundleError> {
        Ok(Self::new(source, fallback_region, limit, Arc::new(Roots::read(bundle)?)))
    }

    /// The keys to sign with at the time `now`.
    ///
    /// # Errors
    /// [`CredentialsError`]: there are none.
    pub async fn current(&self, now: SystemTime) -> Result<Arc<Keys>, CredentialsError> {
        let mut held = self.held.lock().await;
        if let Some(cached) = held.cached.as_ref().filter(|cached| now < cached.until) {
            return Ok(Arc::clone(&cached.keys));
        }
        if let Some((error, _)) = held.failure.as_ref().filter(|(_, until)| now < *until) {
            return held.unexpired(now).ok_or_else(|| error.clone());
        }
        let began = Instant::now();
        match self.fetch().await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                let until = refresh_at(keys.expiry, now);
                *held = CachedKeys { cached: Some(Cached { keys: Arc::clone(&keys), until }), failure: None };
                Ok(keys)
            }
            Err(error) => {
                held.failure = Some((error.clone(), now + began.elapsed() + FAILURE_TIME));
                let unexpired = held.unexpired(now);
                if unexpired.is_some() {
                    tracing::warn!(%error, "credentials could not be renewed; those at hand have not expired yet");
                }
                unexpired.ok_or(error)
            }
        }
    }

    async fn fetch(&self) -> Result<Keys, CredentialsError> {
        if let CredentialSource::Fixed(keys) = &self.source {
            return Ok(keys.clone());
        }
        let fetched = tokio::time::timeout(self.limit, self.ask_provider()).await;
        let credentials = fetched.map_err(|_| CredentialsError::TimedOut { limit: self.limit })??;
        Ok(Keys {
            access_key_id: credentials.access_key_id().to_owned(),
            secret: Secret::new(credentials.secret_access_key()),
            session_token: credentials.session_token().map(Secret::new),
            expiry: credentials.expiry(),
        })
    }

    /// Builds the provider again each time: it reads the shared files once, and remembers that it could not.
    async fn ask_provider(&self) -> Result<aws_credential_types::Credentials, CredentialsError> {
        let region = self.region().await;
        let config = self.provider_config().await?.with_region(region.clone());
        let answer = match &self.source {
            CredentialSource::Profile(name) => {
                let builder = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name);
                builder.build().provide_credentials().await
            }
            CredentialSource::Provider(CredentialProvider::Environment) => {
                EnvironmentVariableCredentialsProvider::new().provide_credentials().await
            }
            CredentialSource::Provider(CredentialProvider::Container) => {
                EcsCredentialsProvider::builder().configure(&config).build().provide_credentials().await
            }
            CredentialSource::Provider(CredentialProvider::Instance) => {
                ImdsCredentialsProvider::builder().configure(&config).build().provide_credentials().await
            }
            CredentialSource::DefaultChain { .. } | CredentialSource::Fixed(_) => {
                let mut builder = DefaultCredentialsChain::builder().configure(config);
                if let Some(name) = self.source.profile() {
                    builder = builder.profile_name(name);
                }
                builder.set_region(region);
                builder.build().await.provide_credentials().await
            }
        };
        answer.map_err(|error| match (explain(&error), &self.source) {
            // The last link of the chain, an instance's metadata, is seldom what is missing.
            (CredentialsError::Missing { reason }, CredentialSource::DefaultChain { .. }) => {
                tracing::debug!(reason, "no credentials");
                let looked =
                    "ramtape looked in its environment, the shared files, web identity, container and instance";
                CredentialsError::Missing { reason: looked.to_owned() }
            }
            (error, _) => error,
        })
    }

    /// Not the SDKs' own chain: it asks the instance's metadata service last, which costs seconds where there is none.
    async fn region(&self) -> Option<Region> {
        let profile = ProfileFileRegionProvider::builder();
        let profile = match self.source.profile() {
            Some(name) => profile.profile_name(name),
            None => profile,
        };
        let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .or_else(Region::new(self.fallback_region.clone()));
        chain.region().await
    }

    /// The one TLS stack, and no proxy: a proxy variable may well point at ramtape itself.
    async fn provider_config(&self) -> Result<ProviderConfig, CredentialsError> {
        let roots = Arc::clone(&self.roots);
        let trust = tokio::task::spawn_blocking(move || trust_store(&roots)).await;
        let trust = trust.map_err(|error| CredentialsError::Failed { reason: error.to_string() })?;
        let tls = TlsContext::builder().with_trust_store(trust).build();
        let tls = tls.map_err(|error| CredentialsError::Failed { reason: error.to_string() })?;
        let client = HttpClientBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls);
        Ok(ProviderConfig::without_region().with_http_client(client.build_https()))
    }
}

/// The HTTP client of the providers takes certificates, not trust anchors: Mozilla's roots can't be handed to it.
fn trust_store(roots: &Roots) -> TrustStore {
    let store = TrustStore::empty().with_native_roots(roots.has_native());
    match roots.bundle_pem() {
        Some(pem) => store.with_pem_certificate(pem),
        None => store,
    }
}

fn refresh_at(expiry: Option<SystemTime>, now: SystemTime) -> SystemTime {
    let Some(expiry) = expiry else { return now + UNLIMITED_KEYS_TIME };
    let left = expiry.duration_since(now).unwrap_or_default();
    now + left.saturating_sub(REFRESH_AHEAD.min(left / 10))
}

fn explain(error: &ProviderError) -> CredentialsError {
    let reason = reason(error);
    match error {
        ProviderError::CredentialsNotLoaded(_) => CredentialsError::Missing { reason },
        _ => CredentialsError::Failed { reason },
    }
}

/// The error and its causes, without what an external process wrote: it may hold a secret.
fn reason(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let mut texts: Vec<String> = Vec::new();
    for text in causes.map(ToString::to_string) {
        let text = match text.split_once("Stderr:") {
            Some((before, _)) => format!("{} (run it yourself to see what it says)", before.trim_end()),
            None => text,
        };
        if !texts.last().is_some_and(|last| last.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    #[test]
    fn keys_are_renewed_before_they_expire() {
        assert_eq!(refresh_at(Some(NOW + minutes(60)), NOW), NOW + minutes(55));
        assert_eq!(refresh_at(Some(NOW + minutes(10)), NOW), NOW + minutes(9));
        assert_eq!(refresh_at(Some(NOW), NOW + minutes(1)), NOW + minutes(1));
        assert_eq!(refresh_at(None, NOW), NOW + minutes(15));
    }

    #[test]
    fn a_reason_names_each_cause_once_and_shows_no_process_output() {
        let inner = "external process exited with code exit status: 1. Stderr: key wJalrXUtnFEMI";
        let error = ProviderError::provider_error(ProviderError::provider_error(inner));
        assert_eq!(
            reason(&error),
            "an error occurred while loading credentials: external process exited with code exit status: 1. (run it \
             yourself to see what it says)"
        );
    }

    #[tokio::test]
    async fn given_keys_are_used_as_they_are() {
        let keys =
            Keys { access_key_id: "AKID".into(), secret: Secret::new("s3cret"), session_token: None, expiry: None };
        let source = CredentialSource::Fixed(keys.clone());
        let credentials = Credentials::new(source, "us-east-1", Duration::ZERO, Arc::default());
        assert_eq!(*credentials.current(NOW).await.unwrap(), keys);
        assert!(!format!("{credentials:?}").contains("s3cret"));
    }
}
