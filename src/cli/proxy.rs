//! The flags of the commands that start the proxy.

use super::suggestion;
use crate::config::{PagesSetting, PollSetting, RawConfig, RawServices, RecordMode, RunDoor};
use clap::Args;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

const RUN_EXAMPLE: &str = "\
Examples:
  ramtape run -- pytest -x
  ramtape run --record-mode none -- terraform plan
  ramtape run --report junit ramtape.xml -- npm test
  ramtape run --session destroy -- terraform destroy -auto-approve
  ramtape run --variable TF_VAR_suffix=random -- terraform apply -auto-approve
  ramtape run --service ram,sts,iam,ec2 -- pytest
  ramtape run --door proxy -- pytest   CMD's own signatures go to AWS, through ramtape

The default mode is once, or none if CI is set. CMD finds the proxy through AWS_ENDPOINT_URL_RAM,
AWS_ENDPOINT_URL_STS and the like.
In mode none CMD also gets dummy credentials and nothing of your AWS configuration, unless
--keep-env is given.";
pub(super) const RECORD_EXAMPLE: &str = "\
Example:
  ramtape record --profile sandbox --ready-file ramtape.url &
  AWS_ENDPOINT_URL_RAM=$(cat ramtape.url) aws ram get-resource-shares --resource-owner SELF

The only line on stdout is the base URL. Keep it to yourself: anyone who has it can use
your credentials through the proxy.

With --placebo nothing asks AWS: CMD runs, and the recordings of placebo (boto3) answer it.
  ramtape record --placebo tests/responses -- pytest tests/test_shares.py";
pub(super) const REPLAY_EXAMPLE: &str = "\
Example:
  ramtape replay --listen 127.0.0.1:8181
  AWS_ENDPOINT_URL_RAM=http://127.0.0.1:8181 aws ram get-resource-shares --resource-owner SELF";
pub(super) const SERVE_EXAMPLE: &str = "Example:\n  ramtape serve --record-mode new_episodes --listen 127.0.0.1:8181";

/// The services that `--service` names, where it was given.
pub(super) fn recorded_services(named: &[String]) -> Option<RawServices> {
    (!named.is_empty()).then(|| RawServices::Recorded(named.to_vec()))
}

/// Flags of everything that starts the proxy.
#[derive(Args, Clone, Debug, Default)]
pub struct ProxyArgs {
    /// The cassette's folder [default: cassettes/default]
    #[arg(long, value_name = "PATH")]
    pub cassette: Option<PathBuf>,
    /// Use --cassette as the parent of one cassette per session, named after the session
    #[arg(long)]
    pub cassette_per_session: bool,
    /// The session of callers that name none, so that several commands (apply, destroy) can share a cassette
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    /// What clients that poll get on replay: each recorded answer in turn, or the final one at once
    #[arg(long, value_name = "WHICH", value_enum)]
    pub poll: Option<PollSetting>,
    /// Where to listen [default: a free port on 127.0.0.1]
    #[arg(long, value_name = "ADDR:PORT", value_parser = suggestion::listen)]
    pub listen: Option<SocketAddr>,
    /// Serve TLS to clients that use ramtape as their endpoint; they must trust `ramtape ca`
    #[arg(long)]
    pub tls: bool,
    /// The folder of the certificate authority [default: ramtape/ca in your state folder]
    #[arg(long, value_name = "PATH")]
    pub ca_folder: Option<PathBuf>,
    /// Allow --listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// A name besides loopback to accept in Host headers; can be repeated
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// A host besides AWS's that clients on this machine may tunnel to while recording; can be repeated
    #[arg(long, value_name = "HOST[:PORT]")]
    pub allow_tunnel: Vec<String>,
    /// The services to record and replay, by their names in signatures [default: ram,sts]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', action = clap::ArgAction::Append)]
    pub service: Vec<String>,
    /// Ask this base URL instead of AWS's endpoints, or for one service, as in sts=http://127.0.0.1:5000; can be repeated
    #[arg(long, value_name = "[SERVICE=]URL", action = clap::ArgAction::Append)]
    pub upstream: Vec<String>,
    /// The profile whose credentials sign what goes upstream
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// While recording, refuse every operation that changes something: for production accounts
    #[arg(long)]
    pub read_only: bool,
    /// Record throttling, faults and authentication errors too
    #[arg(long)]
    pub record_errors: bool,
    /// Sign for callers that did not prove who they are: anyone who reaches the port acts with your credentials
    #[arg(long)]
    pub allow_any_client: bool,
    /// How a replayed listing is cut into pages: as the client asks, as it was recorded, or to test the client's loop
    #[arg(long, value_name = "CUT", value_enum)]
    pub pages: Option<PagesSetting>,
    /// Exit with code 7 if nothing was sent, takes were not used, or answers were not recorded
    #[arg(long)]
    pub strict: bool,
    /// Write the misses to FILE in FORMAT (junit, ctrf or json); can be repeated
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"], action = clap::ArgAction::Append)]
    pub report: Vec<OsString>,
    /// Write the base URL to FILE as soon as the proxy listens
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

impl ProxyArgs {
    /// The layer of the configuration that these flags make.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        // A switch that was not given says nothing: the file or a variable may have set it.
        let switch = |given: bool| given.then_some(true);
        RawConfig {
            cassette: self.cassette.clone(),
            cassette_per_session: switch(self.cassette_per_session),
            session: self.session.clone(),
            poll: self.poll,
            listen: self.listen,
            tls: switch(self.tls),
            ca_folder: self.ca_folder.clone(),
            allow_remote: switch(self.allow_remote),
            allowed_hosts: (!self.allow_host.is_empty()).then(|| self.allow_host.clone()),
            allowed_tunnels: (!self.allow_tunnel.is_empty()).then(|| self.allow_tunnel.clone()),
            services: recorded_services(&self.service),
            upstream: (!self.upstream.is_empty()).then(|| self.upstream.join(",")),
            profile: self.profile.clone(),
            read_only: switch(self.read_only),
            record_errors: switch(self.record_errors),
            allow_any_client: switch(self.allow_any_client),
            pages: self.pages,
            strict: switch(self.strict),
            ..RawConfig::default()
        }
    }
}

/// The record mode, where it is a choice.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ModeArgs {
    /// When to record and when to replay
    #[arg(long, value_name = "MODE", value_enum)]
    pub record_mode: Option<RecordMode>,
}

/// `ramtape run`
#[derive(Args, Clone, Debug)]
#[command(after_help = RUN_EXAMPLE)]
pub struct RunArgs {
    /// The record mode.
    #[command(flatten)]
    pub mode: ModeArgs,
    /// The proxy.
    #[command(flatten)]
    pub proxy: ProxyArgs,
    /// How CMD finds ramtape: as its endpoint, its HTTP proxy, or its HTTPS proxy that intercepts TLS to AWS
    #[arg(long, value_name = "DOOR", value_enum)]
    pub door: Option<RunDoor>,
    /// An environment variable for CMD: a random value or VALUE, stored in the cassette and the same on replay; can be
    /// repeated
    #[arg(long, value_name = "NAME=random|VALUE")]
    pub variable: Vec<String>,
    /// In mode none, leave CMD's credentials and AWS configuration as they are
    #[arg(long)]
    pub keep_env: bool,
    /// The command that messages tell people to record with, {mode} for the record mode; for programs that start ramtape
    #[arg(long, value_name = "TEXT", hide = true)]
    pub shown_command: Option<String>,
    /// The command to run, after `--`
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    pub cmd: Vec<OsString>,
}

/// `ramtape record`
#[derive(Args, Clone, Debug)]
pub struct RecordArgs {
    /// The proxy.
    #[command(flatten)]
    pub proxy: ProxyArgs,
    /// Run CMD, and record what the files of placebo in DIR answer it, in place of AWS
    #[arg(long, value_name = "DIR")]
    pub placebo: Option<PathBuf>,
    /// The command that --placebo runs, after `--`
    #[arg(value_name = "CMD", last = true)]
    pub cmd: Vec<OsString>,
}

/// `ramtape serve`
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// The record mode.
    #[command(flatten)]
    pub mode: ModeArgs,
    /// The proxy.
    #[command(flatten)]
    pub proxy: ProxyArgs,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn reports_come_in_pairs() {
        let parse = |args: &[&str]| Cli::try_parse_from([&["ramtape", "replay"], args].concat());
        let Command::Replay(proxy) = parse(&["--report", "junit", "a", "--report", "json", "b"]).unwrap().command
        else {
            unreachable!();
        };
        assert_eq!(proxy.report, ["junit", "a", "json", "b"]);
        assert!(parse(&["--report", "junit"]).is_err());
    }

    #[test]
    fn a_switch_that_was_not_given_says_nothing() {
        assert_eq!(ProxyArgs::default().layer(), RawConfig::default());
    }
}
