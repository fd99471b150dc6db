//! What the program relies on: every value checked, nothing optional that has a default.

use super::values::{count, refused, required};
use super::{
    ConfigError, PagesSetting, PollSetting, RawLimits, RecordMode, RedactConfig, RunDoor, Settings, UpstreamConfig,
    actors, redact, remote,
};
use crate::aws::{AddressRules, FixedEndpoint, Names, ServiceEndpoint, ServiceEndpoints, parse_network};
use crate::model::{Actor, Secret, shell_line, shell_path};
use crate::proxy::{ConnectTarget, Limits};
use crate::redact::Allowed;
use crate::remote::RemoteSettings;
use crate::service::Service;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What is recorded where nobody says more.
const DEFAULT_SERVICES: [&str; 2] = ["ram", "sts"];
const DAY: u64 = 24 * 60 * 60;
/// How long a session's name may be; longer ones are cut where requests name them.
const LONGEST_SESSION: usize = 64;

/// ramtape's own certificate authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaConfig {
    /// Its folder; `None` where nothing names one and the user has no home.
    pub folder: Option<PathBuf>,
    /// Regions besides the known ones whose RAM hosts it is valid for.
    pub regions: Vec<String>,
}

/// Everything a proxy needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The cassette's folder.
    pub cassette: PathBuf,
    /// Whether that folder is the parent of one cassette a session.
    pub cassette_per_session: bool,
    /// The session of callers that name none; without one they share a session that has no name.
    pub session: Option<String>,
    /// The record mode.
    pub mode: RecordMode,
    /// Whether it is that because this is a run in continuous integration, and nobody asked for another.
    pub mode_by_ci: bool,
    /// The front door that `run` leads its command to.
    pub door: RunDoor,
    /// What clients that poll get on replay.
    pub poll: PollSetting,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether TLS is spoken there.
    pub tls: bool,
    /// Whether `listen` may be other than loopback.
    pub allow_remote: bool,
    /// Names besides loopback that a `Host` header may carry.
    pub allowed_hosts: Vec<String>,
    /// Hosts besides AWS's that clients may have a tunnel to.
    pub allowed_tunnels: Vec<ConnectTarget>,
    /// Region of requests that name none.
    pub region: String,
    /// The capability key; made anew at every start unless `RAMTAPE_KEY` fixes it.
    pub key: Secret,
    /// Whether callers need no proof.
    pub allow_any_client: bool,
    /// Whether throttling, faults and authentication errors are recorded too.
    pub record_errors: bool,
    /// Whether writes are refused while recording.
    pub read_only: bool,
    /// Whether a run that did less than it was meant to has an exit code of its own.
    pub strict: bool,
    /// How a replayed listing is cut into pages.
    pub pages: PagesSetting,
    /// Upstream.
    pub upstream: UpstreamConfig,
    /// The certificate authority.
    pub ca: CaConfig,
    /// Where the names may lead to that clients signed for.
    pub addresses: AddressRules,
    /// Who knows where names lead. No setting says it: it is for whoever embeds ramtape.
    pub names: Names,
    /// Whether all that is recorded stays pending until the recording ends, so that it can be discarded. No setting says it: it is
    /// for whoever embeds ramtape.
    pub stays_pending: bool,
    /// The limits.
    pub limits: Limits,
    /// Memory for what was read of a cassette and answered, in bytes.
    pub memory: u64,
    /// The command that `run` runs, as a shell takes it, for messages.
    pub command: Option<String>,
    /// The command that people record with where another program has started `run`, with `{mode}` for the record mode.
    pub shown_command: Option<String>,
    /// The recorded variables that it is given, as they were written, for messages.
    pub variables: Vec<String>,
    /// What is known of the services, the user's additions included.
    pub service: Arc<Service>,
    /// Where those are asked that are recorded.
    pub endpoints: ServiceEndpoints,
    /// The principals that callers act as, in order of their labels.
    pub actors: Vec<Actor>,
    /// What is redacted.
    pub redact: RedactConfig,
    /// What a scan is not to report.
    pub allowed: Vec<Allowed>,
    /// The object store that recorded files are kept in.
    pub remote: Option<RemoteSettings>,
    /// The folder of the user's file, if there is one: what that says of paths begins there.
    pub folder: Option<PathBuf>,
}

impl Config {
    /// The checked form of `settings`, in record mode `mode`.
    ///
    /// # Errors
    /// Where a value makes no sense; the error names the key.
    pub fn from_settings(settings: Settings, mode: RecordMode) -> Result<Self, ConfigError> {
        let file = settings.file().map(Path::to_owned);
        Self::checked(settings, mode).map_err(|error| error.within(file))
    }

    /// The command that records what this run does, in the record mode `mode`.
    #[must_use]
    pub fn recording_command(&self, mode: &str) -> String {
        if let Some(shown) = &self.shown_command {
            return shown.replace("{mode}", mode);
        }
        format!(
            "ramtape run --record-mode {mode}{} --cassette {} -- {}",
            self.repeated_flags(),
            shell_path(&self.cassette),
            self.command.as_deref().unwrap_or("<your command>"),
        )
    }

    /// The flags of `run` that a command which is to do the same has to repeat: what it may change, where and as whom, where CMD's
    /// requests come in, and which takes they belong to. Each with a blank before it. A setting that a file or the environment
    /// has is repeated too: the command may be run where those are not.
    #[must_use]
    pub fn repeated_flags(&self) -> String {
        let mut flags = if self.read_only { " --read-only".to_owned() } else { String::new() };
        let services = &self.service.companions;
        if services.recorded() != DEFAULT_SERVICES {
            flags.push_str(&format!(" --service {}", services.recorded().join(",")));
        }
        for url in self.upstream.shown_urls(services) {
            flags.push_str(&format!(" --upstream {}", shell_line([url.as_str()])));
        }
        if let Some(profile) = self.upstream.signing_profile() {
            flags.push_str(&format!(" --profile {}", shell_line([profile])));
        }
        if self.door != RunDoor::Endpoint {
            flags.push_str(&format!(" --door {}", self.door.name()));
        }
        if self.cassette_per_session {
            flags.push_str(" --cassette-per-session");
        }
        if let Some(session) = &self.session {
            flags.push_str(&format!(" --session {session}"));
        }
        for variable in &self.variables {
            flags.push_str(&format!(" --variable {}", shell_line([variable.as_str()])));
        }
        flags
    }

    /// The same, with `services` among those that are recorded and replayed.
    #[must_use]
    pub fn with_services(mut self, services: impl IntoIterator<Item = String>) -> Self {
        let service = Arc::make_mut(&mut self.service);
        service.companions.record_too(services);
        self.endpoints = endpoints(service);
        self
    }

    fn checked(settings: Settings, mode: RecordMode) -> Result<Self, ConfigError> {
        let folder = settings.file().and_then(Path::parent).map(Path::to_owned);
        let raw = settings.raw;
        let limits = checked_limits(&raw.limits)?;
        let services = required(raw.services, "services")?.into_table();
        let recorded = required(services.record, "services.record")?;
        if recorded.is_empty() {
            return Err(refused("services", "", "name at least one service, such as ram"));
        }
        let service = Service::recording(recorded, &raw.operations, &services.rules)
            .map_err(|source| ConfigError::Operations { source })?;
        let (url, urls) = checked_urls(raw.upstream.as_deref().unwrap_or_default(), &service)?;
        let region = checked_region(required(raw.region, "region")?, "region")?;
        let surroundings = remote::Surroundings {
            aws: &settings.aws,
            variables: settings.store_variables,
            region: &region,
            profile: raw.profile.as_ref(),
            ca_bundle: raw.ca_bundle.clone(),
        };
        let remote = remote::checked(raw.remote, surroundings)?;
        let config = Self {
            cassette: required(raw.cassette, "cassette")?,
            cassette_per_session: required(raw.cassette_per_session, "cassette_per_session")?,
            session: raw.session.map(checked_session).transpose()?,
            mode,
            mode_by_ci: false,
            door: required(raw.door, "door")?,
            poll: required(raw.poll, "poll")?,
            listen: required(raw.listen, "listen")?,
            tls: required(raw.tls, "tls")?,
            allow_remote: required(raw.allow_remote, "allow_remote")?,
            allowed_hosts: required(raw.allowed_hosts, "allowed_hosts")?,
            allowed_tunnels: required(raw.allowed_tunnels, "allowed_tunnels")?
                .into_iter()
                .map(checked_target)
                .collect::<Result<_, _>>()?,
            region,
            key: settings.key,
            allow_any_client: required(raw.allow_any_client, "allow_any_client")?,
            record_errors: required(raw.record_errors, "record_errors")?,
            read_only: required(raw.read_only, "read_only")?,
            strict: required(raw.strict, "strict")?,
            pages: required(raw.pages, "pages")?,
            upstream: UpstreamConfig {
                url,
                urls,
                is_own: false,
                profile: raw.profile,
                names_profile: settings.names_profile,
                aws: settings.aws,
                ca_bundle: raw.ca_bundle,
                response_body: count(raw.limits.response_body_bytes, "limits.response_body_bytes")?,
                connect_time: time(raw.limits.upstream_connect_time_seconds, "limits.upstream_connect_time_seconds")?,
                answer_time: time(raw.limits.upstream_answer_time_seconds, "limits.upstream_answer_time_seconds")?,
            },
            ca: CaConfig {
                folder: raw.ca_folder.filter(|folder| !folder.as_os_str().is_empty()),
                regions: required(raw.ca_regions, "ca_regions")?
                    .into_iter()
                    .map(|region| checked_region(region, "ca_regions"))
                    .collect::<Result<_, _>>()?,
            },
            addresses: checked_networks(&required(raw.allowed_networks, "allowed_networks")?)?,
            names: Names::System,
            stays_pending: false,
            limits,
            memory: count(raw.limits.memory_bytes, "limits.memory_bytes")?,
            command: None,
            shown_command: None,
            variables: Vec::new(),
            redact: redact::checked(raw.redact, settings.redact_key, &service)?,
            allowed: redact::allowed(raw.scan.allow.unwrap_or_default())?,
            remote,
            folder,
            endpoints: endpoints(&service),
            service: Arc::new(service),
            actors: actors::checked(raw.actors)?,
        };
        if config.cassette.as_os_str().is_empty() {
            return Err(refused("cassette", "", "name a folder"));
        }
        if let (true, Some(name)) =
            (config.cassette_per_session, config.session.as_ref().filter(|name| name.starts_with('.')))
        {
            return Err(refused("session", name, "with one cassette per session, a name cannot begin with a dot"));
        }
        if !config.listen.ip().is_loopback() && !config.allow_remote {
            return Err(ConfigError::Remote { address: config.listen });
        }
        Ok(config)
    }
}

fn checked_limits(raw: &RawLimits) -> Result<Limits, ConfigError> {
    Ok(Limits {
        request_body: count(raw.request_body_bytes, "limits.request_body_bytes")?,
        header_bytes: header_bytes(raw.header_bytes)?,
        header_count: count(raw.header_count, "limits.header_count")?,
        header_time: time(raw.header_time_seconds, "limits.header_time_seconds")?,
        idle_time: time(raw.idle_time_seconds, "limits.idle_time_seconds")?,
        total_time: time(raw.total_time_seconds, "limits.total_time_seconds")?,
        connections: count(raw.connections, "limits.connections")?,
        http2_streams: count(raw.http2_streams, "limits.http2_streams")?,
        tunnels: count(raw.tunnels, "limits.tunnels")?,
        tunnel_time: time(raw.tunnel_time_seconds, "limits.tunnel_time_seconds")?,
    })
}

/// hyper's buffer for a request head cannot be smaller than 8 KiB.
fn header_bytes(value: Option<usize>) -> Result<usize, ConfigError> {
    let key = "limits.header_bytes";
    let value = count(value, key)?;
    if value < 8192 { Err(refused(key, value, "at least 8192 are needed")) } else { Ok(value) }
}

/// A time limit: at least a second, at most a day, so that no sum of instants can overflow.
fn time(seconds: Option<u64>, key: &'static str) -> Result<Duration, ConfigError> {
    let seconds = count(seconds, key)?;
    if seconds > DAY {
        return Err(refused(key, seconds, "at most 86400 seconds, a day"));
    }
    Ok(Duration::from_secs(seconds))
}

/// Whether `name` is written as a region's is.
pub(crate) fn is_region(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

fn checked_region(region: String, key: &'static str) -> Result<String, ConfigError> {
    if !is_region(&region) {
        return Err(refused(key, region, "a region is written like us-east-1"));
    }
    Ok(region)
}

/// A session's name as it stands in a cassette. What a request names is adapted where it must be; what is configured is for
/// its author to mend.
fn checked_session(name: String) -> Result<String, ConfigError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > LONGEST_SESSION || !name.bytes().all(plain) {
        return Err(refused("session", name, "a session's name has 1 to 64 characters of A-Z a-z 0-9 . _ -"));
    }
    Ok(name)
}

fn checked_networks(written: &[String]) -> Result<AddressRules, ConfigError> {
    let network = |text: &String| {
        parse_network(text)
            .map_err(|_| refused("allowed_networks", text, "a network is written like 10.0.0.0/8 or fd00::/8"))
    };
    Ok(AddressRules { allowed: written.iter().map(network).collect::<Result<_, _>>()? })
}

fn checked_target(target: String) -> Result<ConnectTarget, ConfigError> {
    let reason = "a host is written like host.example or host.example:8443";
    target.parse().map_err(|_| refused("allowed_tunnels", target, reason))
}

/// The base URL of all services, and those of single ones.
type BaseUrls = (Option<String>, BTreeMap<String, String>);

/// The base URLs in `text`: `URL` for all services, `SERVICE=URL` for one, separated by commas.
fn checked_urls(text: &str, service: &Service) -> Result<BaseUrls, ConfigError> {
    let (mut all, mut urls) = (None, BTreeMap::new());
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let named = item.split_once('=').filter(|(name, _)| !name.contains([':', '/']));
        let is_first = match named {
            None => all.replace(checked_url(item.to_owned())?).is_none(),
            Some((name, _)) if !service.companions.is_recorded(name) => {
                return Err(refused("upstream", item, "its service is not recorded: name it in --service too"));
            }
            Some((name, url)) => urls.insert(name.to_owned(), checked_url(url.to_owned())?).is_none(),
        };
        if !is_first {
            return Err(refused("upstream", item, "there is one URL already for the same services"));
        }
    }
    Ok((all, urls))
}

/// Where the recorded services are asked.
fn endpoints(service: &Service) -> ServiceEndpoints {
    let endpoint = |name: &String| {
        let rules = service.companions.rules(name);
        let own = FixedEndpoint { regions: String::new(), host: rules.host.clone(), region: rules.region.clone() };
        let fixed = (own.host.is_some() || own.region.is_some()).then_some(own);
        let partitions = rules.partitions.iter().map(|partition| FixedEndpoint {
            regions: partition.regions.clone(),
            host: Some(partition.host.clone()),
            region: Some(partition.region.clone()),
        });
        ServiceEndpoint {
            name: name.clone(),
            label: rules.label.clone().unwrap_or_else(|| name.clone()),
            fixed: fixed.into_iter().chain(partitions).collect(),
            hosts: rules.hosts.clone(),
            virtual_hosts: rules.virtual_hosts,
            as_s3: rules.as_s3,
        }
    };
    ServiceEndpoints::new(service.companions.recorded().iter().map(endpoint).collect())
}

fn checked_url(url: String) -> Result<String, ConfigError> {
    let reason = match url.parse::<http::Uri>() {
        Ok(parsed) => match (parsed.scheme_str(), parsed.authority()) {
            // A password in a URL would end in logs: it is not repeated here either.
            (_, Some(authority)) if authority.as_str().contains('@') => {
                return Err(refused("upstream", "(hidden)", "a URL with a user name is not accepted"));
            }
            (Some("http" | "https"), Some(_)) if parsed.query().is_none() && !url.contains('#') => return Ok(url),
            (Some("http" | "https"), Some(_)) => "a base URL has no query and no fragment",
            _ => "a base URL begins with http:// or https:// and a host",
        },
        Err(_) => "it is not a URL",
    };
    Err(refused("upstream", url, reason))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::{Environment, RawConfig};
    use super::*;

    fn config(toml: &str) -> Result<Config, ConfigError> {
        let raw: RawConfig = toml::from_str(toml).unwrap();
        let nowhere = Environment::from_variables::<&str, &str>([], "/nowhere");
        Config::from_settings(Settings::load(raw, &nowhere).unwrap(), RecordMode::None)
    }

    #[test]
    fn the_defaults_alone_are_complete() {
        let config = config("").unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.cassette, PathBuf::from("cassettes/default"));
        assert!(!config.allow_any_client && !config.allow_remote && !config.read_only && !config.record_errors);
        assert_eq!(config.limits.request_body, 1 << 20);
        assert_eq!((config.pages, config.door), (PagesSetting::Requested, RunDoor::Endpoint));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (toml, parts) in [
            ("listen = '0.0.0.0:80'", &["0.0.0.0:80", "--allow-remote"][..]),
            ("upstream = 'ftp://x'", &["upstream", "http://"]),
            ("upstream = 'http://x?y'", &["upstream", "no query"]),
            ("upstream = '127.0.0.1:80'", &["upstream", "http://"]),
            ("allowed_networks = ['vpc']", &["allowed_networks", "10.0.0.0/8"]),
            ("region = 'US East'", &["region", "us-east-1"]),
            ("allowed_tunnels = ['http://x']", &["allowed_tunnels", "http://x", "host.example:8443"]),
            ("ca_regions = ['x', 'a.b']", &["ca_regions", "a.b"]),
            ("cassette = ''", &["cassette"]),
            ("session = ''", &["session", "1 to 64 characters of A-Z a-z 0-9 . _ -"]),
            ("session = 'a b'", &["session", "a b", "1 to 64"]),
            ("session = '.a'\ncassette_per_session = true", &["session", "begin with a dot"]),
            ("[limits]\nconnections = 0", &["limits.connections", "at least 1"]),
            ("[limits]\nheader_bytes = 100", &["limits.header_bytes", "8192"]),
            ("[limits]\nidle_time_seconds = 86401", &["limits.idle_time_seconds", "a day"]),
            ("[actors.a]\naccount = '1'", &["[actors.a]", "12 digits"]),
            ("[operations.Foo]\nvolatile = ['x']", &["operations"]),
        ] {
            let error = config(toml).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{part} in {error}");
            }
        }
    }

    #[test]
    fn a_command_that_is_to_do_the_same_repeats_what_directs_the_run() {
        let config = config("session = 'apply'\ndoor = 'proxy'\ncassette_per_session = true").unwrap();
        let variables = vec!["A=random".to_owned(), "B=it is".to_owned()];
        let flags = Config { variables, ..config }.repeated_flags();
        assert_eq!(
            flags,
            " --door proxy --cassette-per-session --session apply --variable A=random --variable 'B=it is'"
        );
    }

    #[test]
    fn a_command_that_is_to_do_the_same_asks_as_the_same_and_changes_no_more() {
        let flags = |toml: &str, variables: &[(&str, &str)]| {
            let raw: RawConfig = toml::from_str(toml).unwrap();
            let environment = Environment::from_variables(variables.iter().copied(), "/nowhere");
            let settings = Settings::load(raw, &environment).unwrap();
            Config::from_settings(settings, RecordMode::None).unwrap().repeated_flags()
        };
        let all = "read_only = true\nupstream = 'http://127.0.0.1:5000'\nprofile = 'the sandbox'";
        assert_eq!(flags(all, &[]), " --read-only --upstream http://127.0.0.1:5000 --profile 'the sandbox'");
        let environment =
            [("RAMTAPE_READ_ONLY", "1"), ("AWS_ENDPOINT_URL", "http://moto:5000"), ("AWS_PROFILE", "dev")];
        assert_eq!(flags("", &environment), " --read-only --upstream http://moto:5000 --profile dev");
        let hidden =
            [("AWS_PROFILE", "dev"), ("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_ENDPOINT_URL", "http://h:1/~key-secret")];
        assert_eq!(flags("", &hidden), " --upstream '<URL>'");
        let ignored = [("AWS_ENDPOINT_URL", "http://moto:5000"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
        assert_eq!(flags("", &ignored), "");
    }

    #[test]
    fn a_password_in_the_upstream_url_is_not_repeated() {
        let error = config("upstream = 'http://me:hunter2@host'").unwrap_err().to_string();
        assert!(error.contains("upstream") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn another_address_is_fine_where_it_is_meant() {
        assert!(config("listen = '0.0.0.0:80'\nallow_remote = true").is_ok());
    }

    #[test]
    fn the_users_operations_are_added() {
        let config = config("[operations.CreateResourceShare]\nvolatile = ['name']").unwrap();
        let operation = config.service.operation_named("CreateResourceShare").unwrap();
        assert!(operation.volatile.contains(&"name".to_owned()));
    }
}
