//! The flags of the commands that carry takes from one place to another.

use super::CassetteArgs;
use crate::config::RawConfig;
use clap::Args;
use std::path::PathBuf;

pub(super) const MERGE_EXAMPLE: &str = "\
Examples:
  ramtape merge cassettes/default cassettes/alice cassettes/bob
  ramtape merge --dry-run cassettes/default cassettes/alice

What both hold is there once. Where both hold an answer of their own to one and the same write of one
session, nothing is merged: a replay could not tell them apart.";
pub(super) const MERGE_FILE_EXAMPLE: &str = "\
Example (run once in the repository; git then merges cassettes with it):
  git config merge.ramtape.driver 'ramtape merge-file %O %A %B %P'

OURS is overwritten with the result. The exit code is 1 where both sides changed one take differently:
the file then has conflict markers around it.";

pub(super) const EXPORT_EXAMPLE: &str = "\
Example:
  ramtape export --har ramtape.har

There are no dates in it, no signatures, and of headers only what a cassette keeps. A request in which a
secret is found is left out; the exit code is 4 then.";
pub(super) const IMPORT_EXAMPLE: &str = "\
Examples:
  ramtape import mitmproxy.har
  ramtape import --dry-run --cassette cassettes/new chromium.har

Requests to other services are left out. What is left out of RAM's is told; the exit code is 6 then.
The cassette's redaction rules are applied before anything is stored.";

/// `ramtape merge`
#[derive(Args, Clone, Debug)]
pub struct MergeArgs {
    /// The cassette that the takes go into; it is made where there is none
    #[arg(value_name = "INTO")]
    pub into: PathBuf,
    /// The cassettes that they come from; they stay as they are
    #[arg(value_name = "FROM", required = true)]
    pub from: Vec<PathBuf>,
    /// Only say what would be added
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape merge-file`
#[derive(Args, Clone, Debug)]
pub struct MergeFileArgs {
    /// The file as both sides began with it (git's %O); empty where there was none
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// Our side's file (git's %A), and where the result goes
    #[arg(value_name = "OURS")]
    pub ours: PathBuf,
    /// Their side's file (git's %B)
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
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Only say what would be added
    #[arg(long)]
    pub dry_run: bool,
    /// Take in throttling, faults and authentication errors too
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
        RawConfig { record_errors: self.record_errors.then_some(true), ..self.cassette.layer() }
    }
}
