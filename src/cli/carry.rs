//! The flags of the commands that carry takes from one place to another.

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
