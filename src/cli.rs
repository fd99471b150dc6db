//! The command line: what can be asked of the `ramtape` binary.

mod proxy;
mod review;
mod setup;
mod sharing;
mod suggestion;
mod transfer;
mod upkeep;

pub use proxy::{ModeArgs, ProxyArgs, RecordArgs, RunArgs, ServeArgs};
pub use review::{
    CoverageArgs, DiffArgs, ExplainArgs, LsArgs, ReportArgs, SelectionArgs, ShowArgs, TakesArgs, UiArgs, VerifyArgs,
};
pub use setup::{CaArgs, CompletionsArgs, DemoArgs, DoctorArgs, HealthArgs, ManArgs};
pub use sharing::{GcArgs, PullArgs, PushArgs, RemoteArgs, StatusArgs};
pub use transfer::{ExportArgs, ImportArgs, MergeArgs, MergeFileArgs};
pub use upkeep::{PruneArgs, RmArgs, ScanArgs, SealArgs};

use crate::config::RawConfig;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  ramtape run -- pytest                 record on the first run, replay offline from then on
  ramtape run --record-mode new_episodes -- pytest
                                        record what the cassette does not hold yet
  ramtape replay --listen 127.0.0.1:8181
                                        serve a cassette to clients started elsewhere
  ramtape ls                            what a cassette holds

Exit codes:
  0  success
  1  failed at run time
  2  usage or configuration
  3  a miss: the cassette has no answer for a request
  4  a secret was found
  5  the cassette is invalid or has drifted, or `diff` or `status --exit-code` found a difference
  6  something was answered but could not be recorded
  7  `--strict`: nothing was sent, takes were not used, or answers were passed on and not recorded
  `run` gives CMD's own code first: 128+n where signal n ended it; 126 where CMD cannot be
  executed, 127 where it is not found.

Settings come from a ramtape.toml in the working directory or above it, then from RAMTAPE_*
variables, then from flags; later ones win.";

/// The heading of the flags that every command takes.
const OUTPUT: &str = "Output";

/// A record-and-replay caching proxy for AWS Resource Access Manager (RAM).
#[derive(Debug, Parser)]
#[command(name = "ramtape", version, about, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What is printed on stderr, and how.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the proxy, run CMD against it, and exit with CMD's code
    Run(RunArgs),
    /// Serve as a proxy that sends everything upstream and records it (mode all)
    #[command(after_help = proxy::RECORD_EXAMPLE)]
    Record(RecordArgs),
    /// Serve as a proxy that only replays and never asks upstream (mode none)
    #[command(after_help = proxy::REPLAY_EXAMPLE)]
    Replay(ProxyArgs),
    /// Serve as a proxy in the record mode of your choice
    #[command(after_help = proxy::SERVE_EXAMPLE)]
    Serve(ServeArgs),
    /// List what a cassette holds, a line for each request
    #[command(after_help = review::LS_EXAMPLE)]
    Ls(LsArgs),
    /// Show what is recorded for a request
    #[command(after_help = review::SHOW_EXAMPLE)]
    Show(ShowArgs),
    /// Explain why a call was answered as it was, or how a request would be answered
    #[command(after_help = review::EXPLAIN_EXAMPLE)]
    Explain(ExplainArgs),
    /// Show a cassette and the calls of its latest run in a browser
    #[command(after_help = review::UI_EXAMPLE)]
    Ui(UiArgs),
    /// Write the latest run over a cassette as a page or a picture, to keep with a CI job
    #[command(after_help = review::REPORT_EXAMPLE)]
    Report(ReportArgs),
    /// Report which operations, listings and errors a cassette holds, and which it lacks
    #[command(after_help = review::COVERAGE_EXAMPLE)]
    Coverage(CoverageArgs),
    /// Compare two cassettes, or a cassette with a git revision of it
    #[command(after_help = review::DIFF_EXAMPLE)]
    Diff(DiffArgs),
    /// Check what is recorded against RAM's API, and against RAM itself
    #[command(after_help = review::VERIFY_EXAMPLE)]
    Verify(VerifyArgs),
    /// Write the text of takes that an interrupted recording left in the store only
    #[command(after_help = "Example:\n  ramtape seal --cassette cassettes/default")]
    Seal(SealArgs),
    /// Add the takes of other cassettes to one
    #[command(after_help = transfer::MERGE_EXAMPLE)]
    Merge(MergeArgs),
    /// Merge one file of a cassette as git's merge driver
    #[command(after_help = transfer::MERGE_FILE_EXAMPLE)]
    MergeFile(MergeFileArgs),
    /// Write what a cassette holds as an HTTP archive (HAR)
    #[command(after_help = transfer::EXPORT_EXAMPLE)]
    Export(ExportArgs),
    /// Add what an HTTP archive (HAR), or cassettes of vcrpy or go-vcr, hold to a cassette
    #[command(after_help = transfer::IMPORT_EXAMPLE)]
    Import(ImportArgs),
    /// Remove takes that the latest complete replay never used
    #[command(after_help = upkeep::PRUNE_EXAMPLE)]
    Prune(PruneArgs),
    /// Check cassettes for secrets, and for answers that a replay would not find
    #[command(after_help = upkeep::SCAN_EXAMPLE)]
    Scan(ScanArgs),
    /// Remove takes by operation, fingerprint, session and the like
    #[command(after_help = upkeep::RM_EXAMPLE)]
    Rm(RmArgs),
    /// Send recorded files to an object store, and name them in cassettes.lock
    #[command(after_help = sharing::PUSH_EXAMPLE)]
    Push(PushArgs),
    /// Fetch the recorded files that cassettes.lock names from an object store
    #[command(after_help = sharing::PULL_EXAMPLE)]
    Pull(PullArgs),
    /// Show which recorded files are not as cassettes.lock says
    #[command(after_help = sharing::STATUS_EXAMPLE)]
    Status(StatusArgs),
    /// Remove objects that no branch needs from an object store
    #[command(after_help = sharing::GC_EXAMPLE)]
    Gc(GcArgs),
    /// Make the certificate authority that clients need to trust ramtape over TLS, and print what to set
    #[command(after_help = setup::CA_EXAMPLE)]
    Ca(CaArgs),
    /// Check environment, credentials, upstream, cassette, port and certificate authority, and report problems
    #[command(after_help = setup::DOCTOR_EXAMPLE)]
    Doctor(DoctorArgs),
    /// Ask a running ramtape whether it is ready: the health check of a container
    #[command(after_help = setup::HEALTH_EXAMPLE)]
    Health(HealthArgs),
    /// Show ramtape at work on a simulated RAM endpoint: record, stop the endpoint, replay, compare
    #[command(after_help = setup::DEMO_EXAMPLE)]
    Demo(DemoArgs),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  ramtape completions bash > ~/.local/share/bash-completion/completions/ramtape")]
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example:\n  ramtape man > ramtape.1\n  ramtape man run | man -l -")]
    Man(ManArgs),
}

/// Flags that every command takes.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputArgs {
    /// Print only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = OUTPUT)]
    pub quiet: bool,
    /// Print more; give it twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,
    /// Format of the lines on stderr
    #[arg(long, global = true, value_name = "text|json", value_enum, default_value_t = LogFormat::Text)]
    #[arg(hide_possible_values = true, help_heading = OUTPUT)]
    pub log_format: LogFormat,
}

/// Format of the lines on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Which cassette a command works on.
#[derive(Args, Clone, Debug, Default)]
pub struct CassetteArgs {
    /// The cassette's folder [default: cassettes/default]
    #[arg(long, value_name = "PATH")]
    pub cassette: Option<PathBuf>,
}

impl CassetteArgs {
    /// The layer of the configuration that this flag makes.
    #[must_use]
    pub fn layer(&self) -> RawConfig {
        RawConfig { cassette: self.cassette.clone(), ..RawConfig::default() }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::config::RecordMode;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn cmd_keeps_its_own_flags() {
        let cli = Cli::try_parse_from(["ramtape", "run", "--record-mode", "new_episodes", "--", "ls", "--json", "-v"]);
        let Command::Run(run) = cli.unwrap().command else { unreachable!() };
        assert_eq!(run.cmd, ["ls", "--json", "-v"]);
        assert_eq!(run.mode.record_mode, Some(RecordMode::NewEpisodes));
    }
}
