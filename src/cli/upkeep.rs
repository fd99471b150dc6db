//! The flags of the commands that put a cassette in order.

use super::{CassetteArgs, TakesArgs};
use clap::Args;
use std::path::PathBuf;

pub(super) const PRUNE_EXAMPLE: &str = "\
Example:
  ramtape run --record-mode none -- pytest    use everything that is still needed
  ramtape prune --dry-run                     see what was not
  ramtape prune

A complete replay is a run in which CMD ended with 0, or a server that was stopped, after only
replaying and without a miss. Nothing is removed if the text has changed since, if takes are only
in the store, or while another ramtape has the cassette open.";
pub(super) const SCAN_EXAMPLE: &str = "\
Examples:
  ramtape scan                          the configured cassette
  ramtape scan tests/cassettes          every cassette in a folder
  ramtape scan $(git diff --cached --name-only --diff-filter=d)

Recorded files are searched for everything that recording redacts, and replayed against their own
requests; the other files in a cassette and beside it are searched for credentials. Files that are
in no cassette are not scanned: for those, and for whole repositories, use a scanner such as
gitleaks. Exits with 4 if there is a secret, with 5 if a file of a cassette is invalid. List false positives in ramtape.toml, as [[scan.allow]].";
pub(super) const RM_EXAMPLE: &str = "\
Examples:
  ramtape rm --session test_old --dry-run
  ramtape rm k3v9
  ramtape rm 'Delete*' --errors

Removed takes are listed. Takes recorded after a removed write are linked to the write before it. If a
remaining take holds a value of a removed write, nothing is removed unless --force is given. If takes
are only in the store, nothing else is removed until they are text or discarded: --refused discards
those that must not become text, --pending any. Nothing is removed while another ramtape has the
cassette open.";

/// `ramtape seal`
#[derive(Args, Clone, Debug)]
pub struct SealArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
}

/// `ramtape prune`
#[derive(Args, Clone, Debug)]
pub struct PruneArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Only print what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Remove more than half of the takes without asking
    #[arg(long)]
    pub yes: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape scan`
#[derive(Args, Clone, Debug)]
pub struct ScanArgs {
    /// Cassettes, folders that hold cassettes, and files in them; the configured cassette without any
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape rm`
#[derive(Args, Clone, Debug)]
pub struct RmArgs {
    /// Operations (a name or a glob) or beginnings of fingerprints
    #[arg(value_name = "WHAT")]
    pub what: Vec<String>,
    /// The cassette, and which of its takes.
    #[command(flatten)]
    pub takes: TakesArgs,
    /// Pending takes that must not become text: they contain a secret, or a replay would not find them
    #[arg(long)]
    pub refused: bool,
    /// Only print what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Also remove writes whose values are held by remaining takes
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}
