//! Where and how to ask the real service, and as whom.

use super::AwsVariables;
use crate::model::without_secrets;
use std::path::PathBuf;
use std::time::Duration;

/// Where and how to ask the real service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// `--upstream`: a base URL (`http` or `https`) instead of the region's public endpoint.
    pub url: Option<String>,
    /// The profile whose credentials sign; else the default chain.
    pub profile: Option<String>,
    /// Whether the command line names that profile.
    pub names_profile: bool,
    /// What the environment says to AWS clients.
    pub aws: AwsVariables,
    /// More trusted roots: `AWS_CA_BUNDLE`, a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// Largest answer, in bytes.
    pub response_body: usize,
    /// How long to wait for a connection.
    pub connect_time: Duration,
    /// How long to wait for a whole answer.
    pub answer_time: Duration,
}

impl UpstreamConfig {
    /// The base URL to show: the configured one, else that of the environment. In place of one with a capability key or a password
    /// there is something that cannot be asked: without it, the command would ask AWS.
    pub(super) fn shown_url(&self) -> Option<&str> {
        let of_environment = self.aws.endpoints.first().filter(|_| self.aws.ignores_endpoints != Some(true));
        let url = self.url.as_deref().or_else(|| of_environment.map(|(_, url)| url.as_str()))?;
        Some(if without_secrets(url) == url { url } else { "<URL>" })
    }

    /// The profile of the shared files that counts, where one is named: by the configuration, else by the environment.
    #[must_use]
    pub fn profile_that_counts(&self) -> Option<&str> {
        self.profile.as_deref().or_else(|| self.aws.profile.as_ref().map(|(_, profile)| profile.as_str()))
    }

    /// The profile whose credentials sign, where one is named: by the configuration, or by the environment and not hidden by keys.
    pub(super) fn signing_profile(&self) -> Option<&str> {
        let of_environment = self.aws.profile.as_ref().filter(|_| !self.aws.has_keys);
        self.profile.as_deref().or_else(|| of_environment.map(|(_, profile)| profile.as_str()))
    }
}
