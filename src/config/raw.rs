//! What somebody wrote: every key optional, nothing checked but its type.

use super::{PagesSetting, PollSetting, RecordMode, RunDoor};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The keys of a `ramtape.toml`, and of the layers that are laid over it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// The cassette's folder.
    pub cassette: Option<PathBuf>,
    /// Whether that folder is the parent of one cassette a session.
    pub cassette_per_session: Option<bool>,
    /// The session of callers that name none.
    pub session: Option<String>,
    /// The record mode that somebody asked for; without one the command chooses.
    pub record_mode: Option<RecordMode>,
    /// The front door that `ramtape run` leads its command to.
    pub door: Option<RunDoor>,
    /// What clients that poll get on replay.
    pub poll: Option<PollSetting>,
    /// Where to listen.
    pub listen: Option<SocketAddr>,
    /// Whether TLS is spoken there.
    pub tls: Option<bool>,
    /// Whether `listen` may be other than loopback.
    pub allow_remote: Option<bool>,
    /// Names besides loopback that a `Host` header may carry.
    pub allowed_hosts: Option<Vec<String>>,
    /// Hosts besides AWS's that clients may have a tunnel to.
    pub allowed_tunnels: Option<Vec<String>>,
    /// Region of requests that name none.
    pub region: Option<String>,
    /// The services that are recorded, or that and what is known of them.
    pub services: Option<RawServices>,
    /// Base URLs instead of public endpoints: `URL` for all services, `SERVICE=URL` for one, separated by commas.
    pub upstream: Option<String>,
    /// Networks besides the public ones that RAM's names may lead to.
    pub allowed_networks: Option<Vec<String>>,
    /// The profile whose credentials sign.
    pub profile: Option<String>,
    /// More trusted roots: a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// The folder of ramtape's own certificate authority.
    pub ca_folder: Option<PathBuf>,
    /// Regions besides the known ones whose RAM hosts it is valid for.
    pub ca_regions: Option<Vec<String>>,
    /// Whether writes are refused while recording.
    pub read_only: Option<bool>,
    /// Whether callers need no proof.
    pub allow_any_client: Option<bool>,
    /// Whether throttling, faults and authentication errors are recorded too.
    pub record_errors: Option<bool>,
    /// Whether a run that did less than it was meant to has an exit code of its own.
    pub strict: Option<bool>,
    /// How a replayed listing is cut into pages.
    pub pages: Option<PagesSetting>,
    /// Bounds; see [`crate::proxy::Limits`].
    pub limits: RawLimits,
    /// `[operations.NAME]`: additions to the service's operation table.
    pub operations: toml::Table,
    /// `[actors.NAME]`: principals that callers act as.
    pub actors: BTreeMap<String, RawActor>,
    /// `[redact]`: what is replaced before anything is stored.
    pub redact: RawRedact,
    /// `[scan]`: what is no secret.
    pub scan: RawScan,
    /// `[remote]`: the object store that recorded files are kept in.
    pub remote: RawRemote,
}

/// The services that are recorded, `services = ["ram", "sts"]`; or `[services]`, with that list as `record` and the tables of
/// services in it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a list of services' names, or a table with that list as `record`")]
pub enum RawServices {
    /// The names alone.
    Recorded(Vec<String>),
    /// A table.
    Table(RawServiceTable),
}

/// The keys of `[services]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RawServiceTable {
    /// The names of the services that are recorded.
    pub record: Option<Vec<String>>,
    /// `[services.NAME]`: additions to what is known of services.
    #[serde(flatten)]
    pub rules: toml::Table,
}

impl RawServices {
    /// `upper` laid over `lower`: its names win, and tables of services are joined, name by name.
    fn over(upper: Option<Self>, lower: Option<Self>) -> Option<Self> {
        let (Some(upper), Some(lower)) = (upper.clone(), lower.clone()) else { return upper.or(lower) };
        let (upper, mut lower) = (upper.into_table(), lower.into_table());
        lower.rules.extend(upper.rules);
        Some(Self::Table(RawServiceTable { record: upper.record.or(lower.record), rules: lower.rules }))
    }

    pub(super) fn into_table(self) -> RawServiceTable {
        match self {
            Self::Recorded(names) => RawServiceTable { record: Some(names), rules: toml::Table::new() },
            Self::Table(table) => table,
        }
    }
}

/// The keys of `[redact]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRedact {
    /// What gets pseudonyms that stay valid.
    pub pseudonymize: Option<Pseudonymize>,
    /// The file of the key.
    pub key_file: Option<PathBuf>,
    /// The user's rules.
    pub rules: Option<Vec<RawRule>>,
}

/// The keys of `[remote]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRemote {
    /// Where it is.
    pub url: Option<String>,
    /// A base URL in place of the store's public one.
    pub endpoint: Option<String>,
    /// Whether that may be without TLS on another machine.
    pub allow_http: Option<bool>,
    /// Whether the bucket stands in the path of S3's URLs.
    pub path_style: Option<bool>,
    /// The region of S3's bucket.
    pub region: Option<String>,
    /// The profile whose credentials S3 is asked with.
    pub profile: Option<String>,
    /// The storage account of Azure.
    pub account: Option<String>,
    /// How many objects are moved at once.
    pub connections: Option<usize>,
}

/// What gets pseudonyms besides what always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pseudonymize {
    /// Nothing.
    Nothing,
    /// Account numbers.
    Accounts,
}

/// A rule of `[[redact.rules]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRule {
    /// The member that it redacts.
    pub member: Option<String>,
    /// The JSON pointer to what it redacts.
    pub pointer: Option<String>,
    /// The regular expression for what it redacts.
    pub pattern: Option<String>,
    /// The operations it is for.
    pub operations: Option<Vec<String>>,
    /// The way it is for.
    #[serde(rename = "in")]
    pub way: Option<RawWay>,
    /// What to put instead.
    pub with: Option<String>,
}

/// Where a rule applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawWay {
    /// In requests.
    Request,
    /// In answers.
    Response,
}

/// The keys of `[scan]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawScan {
    /// What is no secret.
    pub allow: Option<Vec<RawAllowed>>,
}

/// An entry of `[[scan.allow]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawAllowed {
    /// A regular expression for the value.
    pub pattern: Option<String>,
    /// A regular expression for the file's path.
    pub path: Option<String>,
    /// Why it is no secret.
    pub reason: Option<String>,
}

/// The keys of `[actors.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawActor {
    /// The profile whose credentials sign for it.
    pub profile: Option<String>,
    /// The account that it is of.
    pub account: Option<String>,
    /// Access key ids of its own.
    pub key_ids: Option<Vec<String>>,
}

/// The keys of `[limits]`. Sizes in bytes, times in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Largest request body.
    pub request_body_bytes: Option<usize>,
    /// Largest answer of upstream.
    pub response_body_bytes: Option<usize>,
    /// Largest request head.
    pub header_bytes: Option<usize>,
    /// Most header fields in a request.
    pub header_count: Option<usize>,
    /// How long a client may take to send a request's head.
    pub header_time_seconds: Option<u64>,
    /// How long a connection may stay without a request.
    pub idle_time_seconds: Option<u64>,
    /// How long one request may take.
    pub total_time_seconds: Option<u64>,
    /// Most connections at once.
    pub connections: Option<usize>,
    /// Most concurrent streams of one HTTP/2 connection.
    pub http2_streams: Option<u32>,
    /// Most tunnels at once.
    pub tunnels: Option<usize>,
    /// How long one tunnel may last.
    pub tunnel_time_seconds: Option<u64>,
    /// Memory for what was read of cassettes and answered, in bytes.
    pub memory_bytes: Option<u64>,
    /// How long to wait for a connection to upstream.
    pub upstream_connect_time_seconds: Option<u64>,
    /// How long to wait for a whole answer of upstream.
    pub upstream_answer_time_seconds: Option<u64>,
}

impl RawConfig {
    /// This layer laid over `lower`: what is set here wins. Tables of operations and actors are joined, name by name.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        let mut operations = lower.operations;
        operations.extend(self.operations);
        let mut actors = lower.actors;
        actors.extend(self.actors);
        Self {
            cassette: self.cassette.or(lower.cassette),
            cassette_per_session: self.cassette_per_session.or(lower.cassette_per_session),
            session: self.session.or(lower.session),
            record_mode: self.record_mode.or(lower.record_mode),
            door: self.door.or(lower.door),
            poll: self.poll.or(lower.poll),
            listen: self.listen.or(lower.listen),
            tls: self.tls.or(lower.tls),
            allow_remote: self.allow_remote.or(lower.allow_remote),
            allowed_hosts: self.allowed_hosts.or(lower.allowed_hosts),
            allowed_tunnels: self.allowed_tunnels.or(lower.allowed_tunnels),
            region: self.region.or(lower.region),
            services: RawServices::over(self.services, lower.services),
            upstream: self.upstream.or(lower.upstream),
            allowed_networks: self.allowed_networks.or(lower.allowed_networks),
            profile: self.profile.or(lower.profile),
            ca_bundle: self.ca_bundle.or(lower.ca_bundle),
            ca_folder: self.ca_folder.or(lower.ca_folder),
            ca_regions: self.ca_regions.or(lower.ca_regions),
            read_only: self.read_only.or(lower.read_only),
            allow_any_client: self.allow_any_client.or(lower.allow_any_client),
            record_errors: self.record_errors.or(lower.record_errors),
            strict: self.strict.or(lower.strict),
            pages: self.pages.or(lower.pages),
            limits: self.limits.over(&lower.limits),
            operations,
            actors,
            redact: RawRedact {
                pseudonymize: self.redact.pseudonymize.or(lower.redact.pseudonymize),
                key_file: self.redact.key_file.or(lower.redact.key_file),
                rules: self.redact.rules.or(lower.redact.rules),
            },
            scan: RawScan { allow: self.scan.allow.or(lower.scan.allow) },
            remote: self.remote.over(lower.remote),
        }
    }
}

impl RawRemote {
    fn over(self, lower: Self) -> Self {
        Self {
            url: self.url.or(lower.url),
            endpoint: self.endpoint.or(lower.endpoint),
            allow_http: self.allow_http.or(lower.allow_http),
            path_style: self.path_style.or(lower.path_style),
            region: self.region.or(lower.region),
            profile: self.profile.or(lower.profile),
            account: self.account.or(lower.account),
            connections: self.connections.or(lower.connections),
        }
    }
}

impl RawLimits {
    fn over(self, lower: &Self) -> Self {
        Self {
            request_body_bytes: self.request_body_bytes.or(lower.request_body_bytes),
            response_body_bytes: self.response_body_bytes.or(lower.response_body_bytes),
            header_bytes: self.header_bytes.or(lower.header_bytes),
            header_count: self.header_count.or(lower.header_count),
            header_time_seconds: self.header_time_seconds.or(lower.header_time_seconds),
            idle_time_seconds: self.idle_time_seconds.or(lower.idle_time_seconds),
            total_time_seconds: self.total_time_seconds.or(lower.total_time_seconds),
            connections: self.connections.or(lower.connections),
            http2_streams: self.http2_streams.or(lower.http2_streams),
            tunnels: self.tunnels.or(lower.tunnels),
            tunnel_time_seconds: self.tunnel_time_seconds.or(lower.tunnel_time_seconds),
            memory_bytes: self.memory_bytes.or(lower.memory_bytes),
            upstream_connect_time_seconds: self.upstream_connect_time_seconds.or(lower.upstream_connect_time_seconds),
            upstream_answer_time_seconds: self.upstream_answer_time_seconds.or(lower.upstream_answer_time_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn what_is_set_above_wins_and_the_rest_shines_through() {
        let lower: RawConfig = toml::from_str("region = 'a'\nprofile = 'p'\n[limits]\nconnections = 1").unwrap();
        let upper: RawConfig = toml::from_str("region = 'b'\n[limits]\nheader_count = 2").unwrap();
        let both = upper.over(lower);
        assert_eq!((both.region.as_deref(), both.profile.as_deref()), (Some("b"), Some("p")));
        assert_eq!((both.limits.connections, both.limits.header_count), (Some(1), Some(2)));
    }
}
