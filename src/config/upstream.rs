//! Where and how to ask the real service, and as whom.

use super::{AwsVariables, ENDPOINT_VARIABLE};
use crate::model::without_secrets;
use crate::service::Companions;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Where and how to ask the real service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// `--upstream`: a base URL (`http` or `https`) instead of the public endpoints of all services.
    pub url: Option<String>,
    /// Base URLs for one service each, by its name.
    pub urls: BTreeMap<String, String>,
    /// Whether that is a server of this very process, which needs no credentials: nothing of the user's AWS configuration counts,
    /// and whoever asks gets what a replay gives. No setting says it.
    pub is_own: bool,
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
    /// A server of this very process in place of AWS, whatever was configured.
    #[must_use]
    pub fn at_own_server(self, url: String) -> Self {
        Self {
            url: Some(url),
            urls: BTreeMap::new(),
            is_own: true,
            profile: None,
            names_profile: false,
            aws: AwsVariables::default(),
            ..self
        }
    }

    /// What `--upstream` says, where a command is to ask the same: the configured base URLs, and those that the environment has
    /// for the services of `services`. In place of one with a capability key or a password there is something that cannot be
    /// asked: without it, the command would ask AWS.
    pub(super) fn shown_urls(&self, services: &Companions) -> Vec<String> {
        let shown = |url: &str| if without_secrets(url) == url { url.to_owned() } else { "<URL>".to_owned() };
        let of_environment = |name: &str| {
            let url = self.aws.endpoints.get(name);
            url.filter(|_| self.aws.ignores_endpoints != Some(true))
        };
        let all = self.url.as_ref().or_else(|| of_environment(ENDPOINT_VARIABLE));
        let mut urls: Vec<String> = all.map(|url| shown(url)).into_iter().collect();
        for service in services.recorded() {
            let variables = services.endpoint_variables(service);
            let of_service = || variables.iter().find_map(|name| of_environment(name)).filter(|_| self.url.is_none());
            let own = self.urls.get(service).or_else(of_service);
            urls.extend(own.filter(|own| Some(*own) != all).map(|own| format!("{service}={}", shown(own))));
        }
        urls
    }

    /// The profile of the shared files that counts, where one is named: by the configuration, else by the environment.
    #[must_use]
    pub fn profile_that_counts(&self) -> Option<&str> {
        self.profile.as_deref().or_else(|| self.aws.profile.as_ref().map(|(_, profile)| profile.as_str()))
    }

    /// The profile of the shared files that the command asks as, where keys in the environment do not come before it. The
    /// environment's own role is called "".
    #[must_use]
    pub fn asking_profile(&self) -> Option<&str> {
        if self.aws.has_keys && !self.names_profile {
            return None;
        }
        let of_environment = self.aws.web_identity_role.as_ref().map(|_| "");
        self.profile_that_counts().or(of_environment).or(Some("default"))
    }

    /// The profile whose credentials sign, where one is named: by the configuration, or by the environment and not hidden by keys.
    pub(super) fn signing_profile(&self) -> Option<&str> {
        let of_environment = self.aws.profile.as_ref().filter(|_| !self.aws.has_keys);
        self.profile.as_deref().or_else(|| of_environment.map(|(_, profile)| profile.as_str()))
    }
}
