//! The flags of the commands that transfer takes from one place to another.

use super::CassetteArgs;
use super::proxy::recorded_services;
use crate::config::RawConfig;
use clap::Args;
use std::path::PathBuf;

pub(super) const MERGE_EXAMPLE: &str = "\
Examples:
  ramtape merge cassettes/default cassettes/alice cassettes/bob
  ramtape merge --dry-run cassettes/default cassettes/alice

Takes that both hold are kept once. If both answer the same write of the same session differently,
nothing is merged: a replay could not tell the answers apart.";
pub(super) const MERGE_FILE_EXAMPLE: &str = "\
Example (run once in the repository; git then merges cassettes with it):
  git config merge.ramtape.driver 'ramtape merge-file %O %A %B %P'

OURS is overwritten with the result. The exit code is 1 if both sides changed a take differently:
the file then has conflict markers around that take.";

pub(super) const EXPORT_EXAMPLE: &str = "\
Example:
  ramtape export --har ramtape.har

The archive has no dates, no signatures, and only the headers that a cassette keeps. A request with a
secret in it is left out, and the exit code is then 4.";
pub(super) const IMPORT_EXAMPLE: &str = "\
Examples:
  ramtape import mitmproxy.har
  ramtape import --dry-run --cassette cassettes/new chromium.har
  ramtape import --vcr tests/cassettes/*.yaml

Requests to services that --service does not name are counted and left out. Other requests that
cannot be imported are listed, and the exit code is then 6.
The cassette's redaction rules are applied before anything is stored.";

/// `ramtape merge`
#[derive(Args, Clone, Debug)]
pub struct MergeArgs {
    /// The cassette to add takes to; it is created if missing
    #[arg(value_name = "INTO")]
    pub into: PathBuf,
    /// The cassettes whose takes are added; they are not changed
    #[arg(value_name = "FROM", required = true)]
    pub from: Vec<PathBuf>,
    /// Only print what would be added
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape merge-file`
#[derive(Args, Clone, Debug)]
pub struct MergeFileArgs {
    /// The common ancestor of both sides (git's %O); empty if there was none
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// Our version (git's %A); the result is written there
    #[arg(value_name = "OURS")]
    pub ours: PathBuf,
    /// Their version (git's %B)
    #[arg(value_name = "THEIRS")]
    pub theirs: PathBuf,
    /// The file's path in the repository, for messages (git's %P)
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
}

/// `ramtape export`
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Write an HTTP archive (HAR 1.2) to FILE; - is stdout
    #[arg(long, value_name = "FILE", required = true)]
    pub har: PathBuf,
}

/// `ramtape import`
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// An HTTP archive (HAR 1.2), as browsers and proxies write it
    #[arg(value_name = "FILE", required_unless_present_any = ["vcr", "placebo"], conflicts_with = "vcr")]
    pub file: Option<PathBuf>,
    /// Cassettes of vcrpy or go-vcr; each file becomes a session, named after it
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub vcr: Vec<PathBuf>,
    /// Answered with the command that does it
    #[arg(long, value_name = "DIR", hide = true)]
    pub placebo: Option<PathBuf>,
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Use --cassette as the parent of one cassette per session, named after the session
    #[arg(long, requires = "vcr")]
    pub cassette_per_session: bool,
    /// The services whose answers are imported, by their names in signatures [default: ram,sts]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', action = clap::ArgAction::Append)]
    pub service: Vec<String>,
    /// Only print what would be added
    #[arg(long)]
    pub dry_run: bool,
    /// Import throttling, faults and authentication errors too
    #[arg(long)]
    pub record_errors: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

impl ImportArgs {
    /// The layer of the configuration that these flags make.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig {
            cassette_per_session: self.cassette_per_session.then_some(true),
            record_errors: self.record_errors.then_some(true),
            services: recorded_services(&self.service),
            ..self.cassette.layer()
        }
    }
}
