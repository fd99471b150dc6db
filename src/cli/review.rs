//! The flags of the commands by which people look through cassettes.

use super::{CassetteArgs, suggestion};
use crate::config::RawConfig;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(super) const LS_EXAMPLE: &str = "\
Examples:
  ramtape ls
  ramtape ls 'List*' --errors
  ramtape ls --session test_create --json | jq -r .fingerprint";
pub(super) const SHOW_EXAMPLE: &str = "\
Examples:
  ramtape show GetResourceShares
  ramtape show k3v9 --canonical
  ramtape show '*' --partial
  ramtape show --variables

The beginning of a fingerprint is enough.";
pub(super) const EXPLAIN_EXAMPLE: &str = "\
Examples:
  ramtape explain                       the last miss of the latest run
  ramtape explain --call 12             a call of the latest run
  ramtape explain GetResourceShares '{\"resourceOwner\":\"SELF\"}'
                                        how a request would be answered
  ramtape explain k3v9 --session test_create
                                        how a recorded request would be answered

A request that nobody has made is answered as the first one of its session. Where the latest run
missed nothing, the last call of a client that waits in vain is explained.";
pub(super) const COVERAGE_EXAMPLE: &str = "\
Examples:
  ramtape coverage
  ramtape coverage --json | jq -r 'select(.takes == 0).operation'

Errors that are not specific to RAM, such as throttling, are not counted.";
pub(super) const REPORT_EXAMPLE: &str = "\
Examples:
  ramtape report --html report.html
  ramtape report --svg timeline.svg --cassette cassettes/default

The run is the latest one over that cassette. Its calls are kept when ramtape stops.";
pub(super) const DIFF_EXAMPLE: &str = "\
Examples:
  ramtape diff main:cassettes/default cassettes/default
  ramtape diff HEAD~1:cassettes/default HEAD:cassettes/default
  ramtape diff cassettes/old cassettes/new --json

An argument that is a folder is a cassette; any other is REV:PATH and is read with git.
Exits with 0 if both hold the same, with 5 if they differ.";
pub(super) const UI_EXAMPLE: &str = "\
Examples:
  ramtape ui
  ramtape ui --cassette cassettes/default --listen 127.0.0.1:8182

Shows what is recorded and the calls of the latest run. Every proxy shows its own cassette and
calls the same way, at the URL that it prints.";
pub(super) const VERIFY_EXAMPLE: &str = "\
Examples:
  ramtape verify                        check members, types, links and chains of pages
  ramtape verify --online --profile sandbox
                                        also ask AWS for every recorded read
  ramtape verify --online --update      and record again what has drifted

Writes are never sent. Exits with 5 if something is wrong or has drifted.";

/// The heading of the flags that choose takes.
const CHOICE: &str = "Filters";

/// Which takes a command is about. What is given must all hold.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectionArgs {
    /// Takes of this session; a glob, or nothing ('') for callers that named none
    #[arg(long, value_name = "NAME", help_heading = CHOICE)]
    pub session: Option<String>,
    /// Takes of this actor; a glob
    #[arg(long, value_name = "NAME", help_heading = CHOICE)]
    pub actor: Option<String>,
    /// Takes of this region; a glob
    #[arg(long, value_name = "NAME", help_heading = CHOICE)]
    pub region: Option<String>,
    /// Takes that end with an error
    #[arg(long, help_heading = CHOICE)]
    pub errors: bool,
    /// Takes of listings that were recorded only in part
    #[arg(long, help_heading = CHOICE)]
    pub partial: bool,
    /// Requests with takes that are only in the store, not yet in the text; `rm` removes those takes
    #[arg(long, help_heading = CHOICE)]
    pub pending: bool,
}

/// A cassette, and which of its takes a command is about.
#[derive(Args, Clone, Debug, Default)]
pub struct TakesArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Which takes.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// `ramtape ls`
#[derive(Args, Clone, Debug)]
pub struct LsArgs {
    /// Operations (a name or a glob) or beginnings of fingerprints [default: everything]
    #[arg(value_name = "WHAT")]
    pub what: Vec<String>,
    /// The cassette, and which of its takes.
    #[command(flatten)]
    pub takes: TakesArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape show`
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// Operations (a name or a glob) or beginnings of fingerprints
    #[arg(value_name = "WHAT", required_unless_present = "variables")]
    pub what: Vec<String>,
    /// The cassette, and which of its takes.
    #[command(flatten)]
    pub takes: TakesArgs,
    /// Show the recorded variables, of the sessions that --session names or of all
    #[arg(long)]
    pub variables: bool,
    /// Print the canonical form that is hashed into the fingerprint
    #[arg(long)]
    pub canonical: bool,
    /// Show long lines and long bodies whole on a terminal too
    #[arg(long)]
    pub full: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape explain`
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// An operation, or recorded requests by operation or beginning of a fingerprint [default: the last miss of the latest run]
    #[arg(value_name = "WHAT")]
    pub what: Option<String>,
    /// The parameters of the operation, a JSON object [default: the requests that are recorded]
    #[arg(value_name = "PARAMETERS")]
    pub parameters: Option<String>,
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// The call with this number, of the latest run
    #[arg(long, value_name = "N", conflicts_with = "what")]
    pub call: Option<u64>,
    /// The session that would ask
    #[arg(long, value_name = "NAME", requires = "what")]
    pub session: Option<String>,
    /// The region that would be asked
    #[arg(long, value_name = "NAME", requires = "what")]
    pub region: Option<String>,
    /// The actor that would ask
    #[arg(long, value_name = "NAME", requires = "what")]
    pub actor: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape coverage`
#[derive(Args, Clone, Debug)]
pub struct CoverageArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape ui`
#[derive(Args, Clone, Debug)]
pub struct UiArgs {
    /// The cassette; a folder with one a session shows them all
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Where to listen [default: a free port on 127.0.0.1]
    #[arg(long, value_name = "ADDR:PORT", value_parser = suggestion::listen)]
    pub listen: Option<SocketAddr>,
    /// Allow --listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// A name besides loopback to accept in Host headers; can be repeated
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
}

impl UiArgs {
    /// The layer of the configuration that these flags make.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig {
            listen: self.listen,
            allow_remote: self.allow_remote.then_some(true),
            allowed_hosts: (!self.allow_host.is_empty()).then(|| self.allow_host.clone()),
            ..self.cassette.layer()
        }
    }
}

/// `ramtape report`
#[derive(Args, Clone, Debug)]
#[group(id = "forms", required = true, multiple = true, args = ["html", "svg"])]
pub struct ReportArgs {
    /// Write a page by itself: what missed, the timeline, the calls
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the timeline alone, as a picture
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
}

/// `ramtape diff`
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// A cassette's folder, or REV:PATH for one in git
    #[arg(value_name = "A")]
    pub before: String,
    /// The one to compare with it
    #[arg(value_name = "B")]
    pub after: String,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape verify`
#[derive(Args, Clone, Debug)]
pub struct VerifyArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Ask AWS for the recorded reads too; never for writes
    #[arg(long, conflicts_with = "offline")]
    pub online: bool,
    /// Check only what is recorded, even if an upstream is configured
    #[arg(long)]
    pub offline: bool,
    /// Ask this base URL for the recorded reads
    #[arg(long, value_name = "URL", conflicts_with = "offline")]
    pub upstream: Option<String>,
    /// The profile whose credentials sign what goes upstream
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Record again what has drifted
    #[arg(long, conflicts_with = "offline")]
    pub update: bool,
    /// Accept drift in values; drift in shape stays an error
    #[arg(long)]
    pub ignore_values: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

impl VerifyArgs {
    /// The layer of the configuration that these flags make.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig { upstream: self.upstream.clone(), profile: self.profile.clone(), ..self.cassette.layer() }
    }
}
