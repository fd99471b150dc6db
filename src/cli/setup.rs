//! The flags of the commands that help to set ramtape up, and to see it work.

use super::{CassetteArgs, suggestion};
use crate::config::RawConfig;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(super) const CA_EXAMPLE: &str = "\
Examples:
  ramtape ca                            make it, or renew it in the last week of its 30 days
  eval \"$(ramtape ca)\"                and let this shell's programs trust it
  ramtape ca --remove

Its key stays in a folder that only you can enter. Its name constraints limit it to the hosts of the
services that are recorded, and loopback.";
pub(super) const DOCTOR_EXAMPLE: &str = "\
Examples:
  ramtape doctor
  ramtape doctor --online               also connect to the endpoint of AWS

Exits with 1 if a check fails. Credentials are fetched as a recording would fetch them; nothing
is sent to RAM, and without --online no connection to it is made.";
pub(super) const HEALTH_EXAMPLE: &str = "\
Examples:
  ramtape health http://127.0.0.1:8181
  RAMTAPE_LISTEN=0.0.0.0:8181 ramtape health

Prints the state as JSON and exits with 0, or with 1 if no ramtape is ready there within seconds.";
pub(super) const DEMO_EXAMPLE: &str = "\
Examples:
  ramtape demo
  ramtape demo --endpoint 4599          only run the simulated endpoint, to try your own client on

Needs no AWS account, no credentials and no network but loopback.";

/// `ramtape ca`
#[derive(Args, Clone, Debug)]
pub struct CaArgs {
    /// The authority's folder [default: ramtape/ca in your state folder]
    #[arg(long, value_name = "PATH")]
    pub ca_folder: Option<PathBuf>,
    /// Make a new one, even if the current one is still valid
    #[arg(long, conflicts_with = "remove")]
    pub renew: bool,
    /// Delete it, its key and its bundle
    #[arg(long)]
    pub remove: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl CaArgs {
    /// The layer of the configuration that these flags make.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig { ca_folder: self.ca_folder.clone(), ..RawConfig::default() }
    }
}

/// `ramtape doctor`
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Where the proxy would listen [default: a free port on 127.0.0.1]
    #[arg(long, value_name = "ADDR:PORT", value_parser = suggestion::listen)]
    pub listen: Option<SocketAddr>,
    /// The base URL to check; doctor connects to it and sends nothing
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// The profile whose credentials would sign
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Connect to the public endpoint too, where no --upstream is given
    #[arg(long)]
    pub online: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

impl DoctorArgs {
    /// The layer of the configuration that these flags make.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig {
            listen: self.listen,
            upstream: self.upstream.clone(),
            profile: self.profile.clone(),
            ..self.cassette.layer()
        }
    }
}

/// `ramtape health`
#[derive(Args, Clone, Debug)]
pub struct HealthArgs {
    /// Its base URL [default: the address of the setting `listen`]
    #[arg(value_name = "URL")]
    pub url: Option<String>,
}

impl HealthArgs {
    /// The layer of the configuration that these flags make. Nothing listens here, so no address is too open.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig { allow_remote: Some(true), ..RawConfig::default() }
    }
}

/// `ramtape demo`.
#[derive(Args, Clone, Copy, Debug)]
pub struct DemoArgs {
    /// Only run the simulated endpoint, on this port of 127.0.0.1 (0: a free one), until interrupted
    #[arg(long, value_name = "PORT")]
    pub endpoint: Option<u16>,
}

/// `ramtape completions`
#[derive(Args, Clone, Copy, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `ramtape man`
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// The command whose page to print, instead of ramtape's own
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}
