//! The layers, laid over each other.

use super::{AwsVariables, ConfigError, Environment, RawConfig, RecordMode, defaults, file};
use crate::model::{Secret, base32};
use std::path::{Path, PathBuf};

/// Everything that was written anywhere, in one; the command's record mode is still to come.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) raw: RawConfig,
    pub(super) key: Secret,
    pub(super) redact_key: Option<Secret>,
    pub(super) aws: AwsVariables,
    /// What the environment says to the tools of object stores besides S3.
    pub(super) store_variables: Vec<(String, Secret)>,
    /// Whether the profile was named on the command line.
    pub(super) names_profile: bool,
    file: Option<PathBuf>,
}

impl Settings {
    /// Lays the built-in defaults, the AWS variables, the user's file, the `RAMTAPE_*` variables and `flags` over each
    /// other, the later ones on top.
    ///
    /// # Errors
    /// Where a layer holds what it may not hold; the error names the place.
    pub fn load(flags: RawConfig, environment: &Environment) -> Result<Self, ConfigError> {
        let (file, written) = file::find(environment.folder())?.unzip();
        let names_profile = flags.profile.is_some();
        let written = flags.over(environment.layer()?).over(written.unwrap_or_default());
        let defaults = environment.aws_layer().over(defaults::defaults()?);
        let cassette = defaults.cassette.clone().map(|named| default_cassette(named, environment, file.as_deref()));
        let raw = written.over(RawConfig { cassette, ..RawConfig::default() }).over(defaults);
        let key = match environment.key()? {
            Some(key) => key,
            None => new_key()?,
        };
        let (aws, redact_key) = (AwsVariables::from_environment(environment), environment.redact_key()?);
        let store_variables = environment.store_variables();
        Ok(Self { raw, key, redact_key, aws, store_variables, names_profile, file })
    }

    /// The record mode that somebody asked for, by flag, variable or file.
    #[must_use]
    pub const fn record_mode(&self) -> Option<RecordMode> {
        self.raw.record_mode
    }

    /// The record mode of `ramtape run`: the one that was asked for, else `none` in continuous integration and `once` elsewhere.
    #[must_use]
    pub fn mode_of_run(&self, environment: &Environment) -> RecordMode {
        let default = if environment.is_ci() { RecordMode::None } else { RecordMode::Once };
        self.record_mode().unwrap_or(default)
    }

    /// Whether that mode was chosen because this is a run in continuous integration.
    #[must_use]
    pub fn mode_of_run_is_by_ci(&self, environment: &Environment) -> bool {
        self.record_mode().is_none() && environment.is_ci()
    }

    /// The user's file, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// Where the cassette is that nobody named, `named` by default: beside the user's file; without one, below the working directory
/// or, where that is in a repository and has none, below the nearest folder above that has one: it is not begun anew in each
/// folder that a run is started from.
fn default_cassette(named: PathBuf, environment: &Environment, file: Option<&Path>) -> PathBuf {
    let here = environment.folder();
    if let Some(folder) = file.and_then(Path::parent) {
        return if folder == here { named } else { folder.join(named) };
    }
    let repository = here.ancestors().find(|above| above.join(".git").exists());
    let mut within = here.ancestors().take_while(|above| repository.is_some_and(|root| above.starts_with(root)));
    match within.find(|above| above.join(&named).exists()) {
        Some(above) if above != here => above.join(named),
        _ => named,
    }
}

/// 128 random bits, in a form that no session name of a test would have.
fn new_key() -> Result<Secret, ConfigError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|source| ConfigError::Random { source })?;
    Ok(Secret::new(format!("key-{}", base32::encode(&bits))))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn later_layers_beat_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        let region = |flag: Option<&str>, variables: &[(&str, &str)]| {
            let flags = RawConfig { region: flag.map(str::to_owned), ..RawConfig::default() };
            let environment = Environment::from_variables(variables.iter().copied(), folder.path());
            Settings::load(flags, &environment).unwrap().raw.region.unwrap()
        };
        assert_eq!(region(None, &[]), "us-east-1");
        assert_eq!(region(None, &[("AWS_DEFAULT_REGION", "eu-west-1")]), "eu-west-1");
        std::fs::write(folder.path().join("ramtape.toml"), "region = 'eu-central-1'").unwrap();
        assert_eq!(region(None, &[("AWS_REGION", "eu-west-1")]), "eu-central-1");
        assert_eq!(region(None, &[("RAMTAPE_REGION", "eu-west-2")]), "eu-west-2");
        assert_eq!(region(Some("eu-west-3"), &[("RAMTAPE_REGION", "eu-west-2")]), "eu-west-3");
    }

    fn cassette(folder: &Path) -> PathBuf {
        let environment = Environment::from_variables::<&str, &str>([], folder);
        Settings::load(RawConfig::default(), &environment).unwrap().raw.cassette.unwrap()
    }

    #[test]
    fn the_cassette_that_nobody_named_is_beside_the_file() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(cassette(&below), Path::new("cassettes/default"));
        std::fs::write(root.path().join("ramtape.toml"), "region = 'eu-central-1'").unwrap();
        assert_eq!(cassette(&below), root.path().join("cassettes/default"));
        assert_eq!(cassette(root.path()), Path::new("cassettes/default"));
    }

    #[test]
    fn in_a_repository_the_cassette_above_is_not_begun_anew_below() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::create_dir_all(root.path().join("cassettes/default")).unwrap();
        assert_eq!(cassette(&below), Path::new("cassettes/default"), "no repository");
        std::fs::create_dir(root.path().join("a/.git")).unwrap();
        assert_eq!(cassette(&below), Path::new("cassettes/default"), "that of another repository");
        std::fs::create_dir(root.path().join(".git")).unwrap();
        std::fs::remove_dir(root.path().join("a/.git")).unwrap();
        assert_eq!(cassette(&below), root.path().join("cassettes/default"));
        assert_eq!(cassette(root.path()), Path::new("cassettes/default"));
        std::fs::create_dir_all(below.join("cassettes/default")).unwrap();
        assert_eq!(cassette(&below), Path::new("cassettes/default"), "one of its own");
    }

    #[test]
    fn ci_replays_unless_told_otherwise() {
        let mode = |asked: Option<RecordMode>, variables: &[(&str, &str)]| {
            let environment = Environment::from_variables(variables.iter().copied(), "/nowhere");
            let flags = RawConfig { record_mode: asked, ..RawConfig::default() };
            Settings::load(flags, &environment).unwrap().mode_of_run(&environment)
        };
        assert_eq!(mode(None, &[]), RecordMode::Once);
        assert_eq!(mode(None, &[("CI", "true")]), RecordMode::None);
        assert_eq!(mode(Some(RecordMode::Once), &[("CI", "true")]), RecordMode::Once);
        assert_eq!(mode(None, &[("CI", "true"), ("RAMTAPE_RECORD_MODE", "all")]), RecordMode::All);
    }

    #[test]
    fn every_start_has_a_key_of_its_own() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), "key-".len() + 26);
    }
}
