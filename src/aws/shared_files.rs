//! The shared configuration and credentials files of the AWS tools: endpoints, regions and profiles.

use super::credentials::Keys;
use super::error::UpstreamError;
use crate::model::{RoleProfile, Secret, with_causes};
use aws_config::profile::{self, ProfileSet};
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The key of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileKeys {
    /// The profile's name.
    pub profile: String,
    /// Its key.
    pub keys: Arc<Keys>,
}

/// Both files, with the profile that counts.
#[derive(Debug)]
pub struct SharedFiles {
    sections: ProfileSet,
}

impl SharedFiles {
    /// Reads the files that `variables` name (`HOME`, `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE`); without a `profile`
    /// the one called default counts. Files that are not there are empty.
    ///
    /// # Errors
    /// [`UpstreamError::SharedFiles`] where one cannot be read as what it is.
    pub async fn read(variables: &BTreeMap<String, String>, profile: Option<&str>) -> Result<Self, UpstreamError> {
        let environment = Env::from(variables.clone().into_iter().collect::<HashMap<_, _>>());
        let selected = Some(profile.unwrap_or("default").to_owned().into());
        let sections = profile::load(&Fs::real(), &environment, &EnvConfigFiles::default(), selected).await;
        let sections = sections.map_err(|error| UpstreamError::SharedFiles { reason: with_causes(&error) })?;
        Ok(Self { sections })
    }

    /// The endpoint that the profile configures for a service which SDKs know by these names: by its `services`, else by its
    /// `endpoint_url`.
    #[must_use]
    pub fn endpoint(&self, sdk_names: &[String]) -> Option<String> {
        let environment = Env::from_slice(&[]);
        let load = |value: EnvConfigValue<'_>| {
            let (url, _) = value.profile("endpoint_url").load(&environment, Some(&self.sections))?;
            Some(url.into_owned())
        };
        let of_all = load(EnvConfigValue::new());
        // Where nothing is said of a name, what is said of all services is found.
        let own = |name: &String| load(EnvConfigValue::new().service_id(name.as_str()));
        sdk_names.iter().map(own).find(|url| *url != of_all).flatten().or(of_all)
    }

    /// The region that the profile names.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.sections.get("region")
    }

    /// Whether the profile sets `key` to true.
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        self.sections.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The names of all profiles, in order.
    #[must_use]
    pub fn profiles(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.sections.profiles().collect();
        names.sort_unstable();
        names
    }

    /// The keys that stand in the files.
    #[must_use]
    pub fn keys(&self) -> Vec<ProfileKeys> {
        let keys = |name: &str| {
            let profile = self.sections.get_profile(name)?;
            let keys = Keys {
                access_key_id: profile.get("aws_access_key_id")?.to_owned(),
                secret: Secret::new(profile.get("aws_secret_access_key")?),
                session_token: profile.get("aws_session_token").map(Secret::new),
                expiry: None,
            };
            Some(ProfileKeys { profile: name.to_owned(), keys: Arc::new(keys) })
        };
        self.profiles().into_iter().filter_map(keys).collect()
    }

    /// The profiles that ask as a role.
    #[must_use]
    pub fn roles(&self) -> Vec<RoleProfile> {
        let role = |name: &str| {
            let profile = self.sections.get_profile(name)?;
            let named = |key: &str| profile.get(key).map(str::to_owned);
            // Where a token's file is says nothing of the request, and much of this machine.
            let kept = |key: &str| match key {
                "web_identity_token_file" => named(key).map(|_| "token".to_owned()),
                _ => named(key),
            };
            let settings = RoleProfile::SETTINGS.iter().filter_map(|key| Some(((*key).to_owned(), kept(key)?)));
            Some(RoleProfile {
                name: name.to_owned(),
                role_arn: named("role_arn")?,
                source_profile: named("source_profile"),
                settings: settings.collect(),
            })
        };
        self.profiles().into_iter().filter_map(role).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]
    use super::*;

    async fn read(config: &str, profile: Option<&str>) -> Result<SharedFiles, UpstreamError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, config).unwrap();
        let absent = folder.path().join("absent");
        let variables = [("AWS_CONFIG_FILE", path), ("AWS_SHARED_CREDENTIALS_FILE", absent)];
        let variables = variables.map(|(name, path)| (name.to_owned(), path.to_str().unwrap().to_owned()));
        SharedFiles::read(&BTreeMap::from(variables), profile).await
    }

    const CONFIG: &str = "\
[default]
endpoint_url = http://127.0.0.1:1
[profile dev]
aws_access_key_id = AKIDDEV
aws_secret_access_key = s3cr3t-of-dev
endpoint_url = http://127.0.0.1:2
services = local
use_fips_endpoint = true
[profile role]
role_arn = arn:aws:iam::111122223333:role/r
source_profile = dev
external_id = x
web_identity_token_file = /home/me/token
[services local]
ram =
  endpoint_url = http://127.0.0.1:3
sts =
  endpoint_url = http://127.0.0.1:4
secrets_manager =
  endpoint_url = http://127.0.0.1:5
";

    #[tokio::test]
    async fn the_endpoint_of_the_service_beats_the_profiles() {
        for (profile, url) in [(None, "http://127.0.0.1:1"), (Some("dev"), "http://127.0.0.1:3")] {
            let files = read(CONFIG, profile).await.unwrap();
            assert_eq!(files.endpoint(&["RAM".to_owned()]).as_deref(), Some(url), "{profile:?}");
            assert_eq!(files.is_true("use_fips_endpoint"), profile.is_some());
        }
        let dev = read(CONFIG, Some("dev")).await.unwrap();
        let names = ["DOCDB", "SECRETS_MANAGER"].map(str::to_owned);
        assert_eq!(dev.endpoint(&names).as_deref(), Some("http://127.0.0.1:5"));
        assert_eq!(read(CONFIG, Some("absent")).await.unwrap().endpoint(&names), None);
    }

    #[tokio::test]
    async fn profiles_and_their_keys_are_known_by_name() {
        let files = read(CONFIG, None).await.unwrap();
        assert_eq!(files.profiles(), ["default", "dev", "role"]);
        let keys = files.keys();
        assert_eq!((keys.len(), keys[0].profile.as_str(), keys[0].keys.access_key_id.as_str()), (1, "dev", "AKIDDEV"));
        assert!(!format!("{keys:?}").contains("s3cr3t-of-dev"));
        let roles = files.roles();
        assert_eq!((roles.len(), roles[0].source_profile.as_deref()), (1, Some("dev")));
        assert_eq!(roles[0].settings["external_id"], "x");
        assert_eq!(roles[0].settings["web_identity_token_file"], "token");
    }

    #[tokio::test]
    async fn what_is_no_such_file_is_told() {
        let error = read("[default\nx", None).await.unwrap_err().to_string();
        assert!(error.contains("shared AWS configuration"), "{error}");
    }
}
