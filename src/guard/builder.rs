//! What a guard is started with.

use super::error::RamtapeError;
use super::own_runtime::OwnRuntime;
use super::ramtape::Ramtape;
use crate::app;
use crate::aws::{CredentialSource, Keys};
use crate::config::{Config, Environment, PagesSetting, PollSetting, RawConfig, RawServices, RecordMode, Settings};
use crate::model::Secret;
use aws_credential_types::Credentials;
use parking_lot::Mutex;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How to record what is missing, for messages.
const RECORD_COMMAND: &str = "RAMTAPE_RECORD_MODE={mode} cargo test";
/// What comes behind it where the code names the record mode.
const OF_CODE: &str = " (the code names a record mode, which comes first: begin with Ramtape::cassette instead)";

impl Ramtape {
    /// A guard over the cassette in `folder` that records or replays as `ramtape run` does: `once`, and `none` where `CI` is set. The
    /// variable `RAMTAPE_RECORD_MODE` and `record_mode` in `ramtape.toml` choose another mode.
    pub fn cassette(folder: impl Into<PathBuf>) -> RamtapeBuilder {
        RamtapeBuilder::new(folder.into(), None)
    }

    /// A guard that replays the cassette in `folder`, whatever the environment says. It needs no credentials and connects to nobody.
    pub fn replay(folder: impl Into<PathBuf>) -> RamtapeBuilder {
        RamtapeBuilder::new(folder.into(), Some(RecordMode::None))
    }

    /// A guard that records everything anew into the cassette in `folder`, whatever the environment says.
    pub fn record(folder: impl Into<PathBuf>) -> RamtapeBuilder {
        RamtapeBuilder::new(folder.into(), Some(RecordMode::All))
    }
}

/// A [`Ramtape`] that is not started yet.
///
/// What is not set here is as in the `ramtape.toml` of the folder that the test runs in, or above, and in the `RAMTAPE_*` variables.
/// cargo runs tests in the folder of their package; paths are relative to it.
///
/// A recording, from the simulated endpoint that ramtape has for its own tests:
///
/// ```
/// # use std::error::Error;
/// use aws_credential_types::Credentials;
/// use aws_sdk_ram::Client;
/// use aws_sdk_ram::types::ResourceOwner;
/// use ramtape::Ramtape;
/// use ramtape::simulator::{Credential, Simulator, SimulatorSettings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let cassette = folder.path().join("cassette");
/// let endpoint = Simulator::start(SimulatorSettings::default()).await?;
/// let owner = Credential::owner();
/// let keys = Credentials::new(owner.access_key_id, owner.secret, None, None, "simulator");
///
/// let tape = Ramtape::record(&cassette).upstream(endpoint.base_url()).credentials(keys).start().await?;
/// let shares = Client::new(&tape.sdk_config()).get_resource_shares().resource_owner(ResourceOwner::SelfValue);
/// let recorded = shares.send().await?;
/// tape.stop().await?;
/// endpoint.stop().await;
///
/// let tape = Ramtape::replay(&cassette).start().await?;
/// let shares = Client::new(&tape.sdk_config()).get_resource_shares().resource_owner(ResourceOwner::SelfValue);
/// assert_eq!(shares.send().await?.resource_shares(), recorded.resource_shares());
/// tape.stop().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `start`"]
pub struct RamtapeBuilder {
    settings: RawConfig,
    credentials: Option<Credentials>,
}

impl RamtapeBuilder {
    fn new(cassette: PathBuf, record_mode: Option<RecordMode>) -> Self {
        let settings = RawConfig {
            cassette: Some(cassette),
            cassette_per_session: Some(false),
            record_mode,
            // Whatever a file says that is for the command: guards share no port, and clients find them by their URL alone.
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            tls: Some(false),
            ..RawConfig::default()
        };
        Self { settings, credentials: None }
    }

    /// When to record and when to replay, whatever the environment says.
    pub fn record_mode(mut self, mode: RecordMode) -> Self {
        self.settings.record_mode = Some(mode);
        self
    }

    /// Where to record from in place of AWS: a base URL, or several as `--upstream` takes them.
    pub fn upstream(mut self, url: impl Into<String>) -> Self {
        self.settings.upstream = Some(url.into());
        self
    }

    /// The profile of the shared AWS files whose credentials sign what is recorded.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.settings.profile = Some(name.into());
        self
    }

    /// The credentials that sign what is recorded, for an upstream that is not AWS.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The services that are recorded, in place of RAM and STS.
    pub fn services<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.settings.services = Some(RawServices::Recorded(names.into_iter().map(Into::into).collect()));
        self
    }

    /// Refuses, while recording, every request that changes something.
    pub fn read_only(mut self) -> Self {
        self.settings.read_only = Some(true);
        self
    }

    /// What clients that poll get on replay.
    pub fn poll(mut self, poll: PollSetting) -> Self {
        self.settings.poll = Some(poll);
        self
    }

    /// How a replayed listing is cut into pages.
    pub fn pages(mut self, pages: PagesSetting) -> Self {
        self.settings.pages = Some(pages);
        self
    }

    /// Opens the cassette, and listens.
    ///
    /// # Errors
    /// Where the settings cannot be used, another process or guard has the cassette open for recording, or there is no cassette and
    /// nothing is recorded.
    pub async fn start(self) -> Result<Ramtape, RamtapeError> {
        let is_fixed = self.settings.record_mode.is_some();
        let mut config = checked(self.settings, &Environment::current()?)?;
        // A test that fails throws away what it recorded.
        config.stays_pending = true;
        config.shown_command = Some(RECORD_COMMAND.to_owned() + if is_fixed { OF_CODE } else { "" });
        if config.mode == RecordMode::None && !config.cassette.exists() {
            let remedy = match (is_fixed, config.mode_by_ci) {
                (true, _) => "record one first, with Ramtape::cassette or Ramtape::record",
                (false, true) => "nothing is recorded where CI is set: record it elsewhere, and commit it",
                (false, false) => "record it with RAMTAPE_RECORD_MODE=once",
            };
            return Err(RamtapeError::NoCassette { folder: config.cassette, remedy });
        }
        let source = match self.credentials {
            Some(credentials) => {
                // As with keys in the environment: no profile has a say beside them.
                config.upstream.profile = None;
                config.upstream.aws.profile = None;
                config.upstream.aws.has_keys = true;
                CredentialSource::Fixed(keys(&credentials))
            }
            None => app::credential_source(&config),
        };
        let region = config.region.clone();
        let runtime = OwnRuntime::start().map_err(RamtapeError::Thread)?;
        let server = runtime.spawn(app::start_as(config, source)).await??;
        let region = server.recorded_region(Some(&region)).unwrap_or(region);
        Ok(Ramtape {
            url: server.base_url(),
            region,
            sessions: server.session_control(),
            open_sessions: Mutex::default(),
            server: Some(server),
            runtime,
        })
    }
}

/// The configuration that `settings` make in `environment`.
fn checked(settings: RawConfig, environment: &Environment) -> Result<Config, RamtapeError> {
    let settings = Settings::load(settings, environment)?;
    let (mode, mode_by_ci) = (settings.mode_of_run(environment), settings.mode_of_run_is_by_ci(environment));
    Ok(Config { mode_by_ci, ..app::with_recorded_services(Config::from_settings(settings, mode)?) })
}

fn keys(credentials: &Credentials) -> Keys {
    Keys {
        access_key_id: credentials.access_key_id().to_owned(),
        secret: Secret::new(credentials.secret_access_key()),
        session_token: credentials.session_token().map(Secret::new),
        expiry: credentials.expiry(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn config(builder: RamtapeBuilder, variables: &[(&str, &str)]) -> Config {
        let environment = Environment::from_variables(variables.iter().copied(), "/nowhere");
        checked(builder.settings, &environment).unwrap()
    }

    #[test]
    fn the_mode_is_that_of_run_unless_the_code_names_one() {
        let ci = ("CI", "true");
        let all = ("RAMTAPE_RECORD_MODE", "all");
        let as_run = |variables: &[(&str, &str)]| {
            let config = config(Ramtape::cassette("c"), variables);
            (config.mode, config.mode_by_ci)
        };
        assert_eq!(as_run(&[]), (RecordMode::Once, false));
        assert_eq!(as_run(&[ci]), (RecordMode::None, true));
        assert_eq!(as_run(&[ci, all]), (RecordMode::All, false));
        assert_eq!(config(Ramtape::replay("c"), &[all]).mode, RecordMode::None);
        assert_eq!(config(Ramtape::record("c"), &[ci]).mode, RecordMode::All);
        let named = Ramtape::cassette("c").record_mode(RecordMode::NewEpisodes);
        assert_eq!(config(named, &[ci, all]).mode, RecordMode::NewEpisodes);
    }

    #[test]
    fn what_is_for_the_command_alone_does_not_count() {
        let variables = [
            ("RAMTAPE_CASSETTE", "other"),
            ("RAMTAPE_CASSETTE_PER_SESSION", "true"),
            ("RAMTAPE_LISTEN", "127.0.0.1:8181"),
            ("RAMTAPE_TLS", "true"),
            ("RAMTAPE_PAGES", "adversarial"),
        ];
        let config = config(Ramtape::cassette("c"), &variables);
        assert_eq!((config.cassette, config.cassette_per_session), (PathBuf::from("c"), false));
        assert_eq!((config.listen.port(), config.tls), (0, false));
        assert_eq!(config.pages, PagesSetting::Adversarial, "what is not set in the code");
    }
}
