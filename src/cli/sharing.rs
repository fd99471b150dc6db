//! The flags of the commands that share cassettes by an object store.

use super::CassetteArgs;
use crate::config::{RawConfig, RawRemote};
use clap::Args;

pub(super) const PUSH_EXAMPLE: &str = "\
Examples:
  ramtape push --dry-run
  ramtape push
  git add cassettes.lock

Sends the recorded files that cassettes.lock does not name yet to the object store, and names them there.
Files with a secret in them are not sent: the exit code is then 4, and 5 for invalid files. Nobody may
record into the cassettes meanwhile.";
pub(super) const PULL_EXAMPLE: &str = "\
Examples:
  ramtape pull
  ramtape pull --cassette cassettes/default

Brings what cassettes.lock names into the folder, each file checked against its digest. `ramtape run` does
so by itself. Files that were changed here and by others are merged, and so are the two sides of a
conflict that git has left in cassettes.lock.";
pub(super) const STATUS_EXAMPLE: &str = "\
Examples:
  ramtape status
  ramtape status --exit-code        in CI: is everything pushed?

Prints a line for each file that is not as cassettes.lock says: new, modified or deleted (`ramtape push`),
missing, outdated or dropped (`ramtape pull`), or in conflict (changed here and by others). Asks nobody.";
pub(super) const GC_EXAMPLE: &str = "\
Examples:
  ramtape gc --dry-run
  ramtape gc
  ramtape gc --branch main --branch origin/release-1

Needed is what the cassettes.lock of any branch or tag names, and the one in the working directory. So the
branches have to be as they are at the remotes of this repository: `git fetch --all` first. Everything
below the remote's URL counts as this repository's: do not share one URL between repositories.";

/// Where the object store is.
#[derive(Args, Clone, Debug, Default)]
pub struct RemoteArgs {
    /// Where the recorded files are kept, such as s3://bucket/prefix
    #[arg(long, value_name = "URL")]
    pub remote: Option<String>,
}

impl RemoteArgs {
    /// The layer of the configuration that this and `cassette` make.
    #[must_use]
    pub fn layer(&self, cassette: &CassetteArgs) -> RawConfig {
        let remote = RawRemote { url: self.remote.clone(), ..RawRemote::default() };
        RawConfig { remote, ..cassette.layer() }
    }
}

/// `ramtape push`
#[derive(Args, Clone, Debug)]
pub struct PushArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// The object store.
    #[command(flatten)]
    pub remote: RemoteArgs,
    /// Also send what cassettes.lock names already, where the object store lacks it
    #[arg(long)]
    pub all: bool,
    /// Only print what would be pushed
    #[arg(long)]
    pub dry_run: bool,
}

/// `ramtape pull`
#[derive(Args, Clone, Debug)]
pub struct PullArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// The object store.
    #[command(flatten)]
    pub remote: RemoteArgs,
    /// Of files changed here and by others, keep what is here
    #[arg(long, conflicts_with = "theirs")]
    pub ours: bool,
    /// Of files changed here and by others, take what cassettes.lock names
    #[arg(long)]
    pub theirs: bool,
}

/// `ramtape status`
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Exit with 5 if anything is not as cassettes.lock says
    #[arg(long)]
    pub exit_code: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape gc`
#[derive(Args, Clone, Debug)]
pub struct GcArgs {
    /// The object store.
    #[command(flatten)]
    pub remote: RemoteArgs,
    /// A branch, tag or commit whose recordings are needed, in place of all branches and tags; give it once for each
    #[arg(long, value_name = "NAME")]
    pub branch: Vec<String>,
    /// Leave alone what was stored in the last DAYS days; at least 2
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u64).range(2..))]
    pub older_than: u64,
    /// Only print what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Remove without asking
    #[arg(long)]
    pub yes: bool,
}
