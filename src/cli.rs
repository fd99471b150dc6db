//! The command line: what can be asked of the `ramtape` binary.

mod review;

pub use review::{CoverageArgs, DiffArgs, LsArgs, RmArgs, SelectionArgs, ShowArgs, VerifyArgs};

use crate::config::{Door, Pages, Poll, RawConfig, RecordMode};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

mod carry;

pub use carry::{ExportArgs, ImportArgs, MergeArgs, MergeFileArgs};

const EXAMPLES: &str = "\
Examples:
  ramtape run -- pytest                 record on the first run, replay offline ever after
  ramtape run --record-mode new_episodes -- pytest
                                        record what the cassette does not hold yet
  ramtape replay --listen 127.0.0.1:8181
                                        serve a cassette to clients started elsewhere
  ramtape ls                            what a cassette holds

Exit codes:
  0  well
  1  failed at run time
  2  usage or configuration
  3  a miss: a request that the cassette has no answer for
  4  a secret was found
  5  the cassette is invalid or has drifted, or `diff` found a difference
  6  something was answered but could not be recorded
  `run` gives CMD's own code first: 128+n where signal n ended it; 126 where CMD cannot be
  executed, 127 where it is not found.

Settings come from a ramtape.toml in the working directory or above it, then from RAMTAPE_*
variables, then from flags; the later beats the earlier.";

/// The heading of the flags that every command takes.
const VOICE: &str = "Output";

/// A record-and-replay caching proxy for AWS Resource Access Manager (RAM).
#[derive(Debug, Parser)]
#[command(name = "ramtape", version, about, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to speak.
    #[command(flatten)]
    pub voice: VoiceArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the proxy, run CMD against it, and exit with CMD's code
    Run(RunArgs),
    /// Serve as a proxy that asks upstream for everything and records it (mode all)
    #[command(after_help = RECORD_EXAMPLE)]
    Record(ProxyArgs),
    /// Serve as a proxy that only replays; upstream is never asked (mode none)
    #[command(after_help = REPLAY_EXAMPLE)]
    Replay(ProxyArgs),
    /// Serve as a proxy in the record mode of your choice
    #[command(after_help = SERVE_EXAMPLE)]
    Serve(ServeArgs),
    /// List what a cassette holds, a line for each request
    #[command(after_help = LS_EXAMPLE)]
    Ls(LsArgs),
    /// Show what is recorded for a request
    #[command(after_help = SHOW_EXAMPLE)]
    Show(ShowArgs),
    /// Tell which operations, listings and errors a cassette holds, and which it does not
    #[command(after_help = COVERAGE_EXAMPLE)]
    Coverage(CoverageArgs),
    /// Compare two cassettes, or a cassette with a git revision of it
    #[command(after_help = DIFF_EXAMPLE)]
    Diff(DiffArgs),
    /// Check what is recorded against RAM's API, and against RAM itself
    #[command(after_help = VERIFY_EXAMPLE)]
    Verify(VerifyArgs),
    /// Write the text of takes that an interrupted recording left in the store only
    #[command(after_help = "Example:\n  ramtape seal --cassette cassettes/default")]
    Seal(SealArgs),
    /// Add the takes of other cassettes to one
    #[command(after_help = carry::MERGE_EXAMPLE)]
    Merge(MergeArgs),
    /// Merge one file of a cassette as git's merge driver
    #[command(after_help = carry::MERGE_FILE_EXAMPLE)]
    MergeFile(MergeFileArgs),
    /// Write what a cassette holds as an HTTP archive (HAR)
    #[command(after_help = carry::EXPORT_EXAMPLE)]
    Export(ExportArgs),
    /// Add what an HTTP archive (HAR) holds to a cassette
    #[command(after_help = carry::IMPORT_EXAMPLE)]
    Import(ImportArgs),
    /// Remove takes that the latest complete replay never used
    #[command(after_help = PRUNE_EXAMPLE)]
    Prune(PruneArgs),
    /// Look for secrets in cassettes and other files, and for answers that nothing would find
    #[command(after_help = SCAN_EXAMPLE)]
    Scan(ScanArgs),
    /// Remove takes by operation, fingerprint, session and the like
    #[command(after_help = RM_EXAMPLE)]
    Rm(RmArgs),
    /// Make the certificate authority that clients need to trust ramtape over TLS, and say what to set
    #[command(after_help = CA_EXAMPLE)]
    Ca(CaArgs),
    /// Check environment, credentials, upstream, cassette, port and certificate authority, and say what is wrong
    #[command(after_help = DOCTOR_EXAMPLE)]
    Doctor(DoctorArgs),
    /// Show the main job end to end on a simulated RAM endpoint: record, endpoint gone, replay, proof
    #[command(after_help = DEMO_EXAMPLE)]
    Demo(DemoArgs),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  ramtape completions bash > ~/.local/share/bash-completion/completions/ramtape")]
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example:\n  ramtape man > ramtape.1\n  ramtape man run | man -l -")]
    Man(ManArgs),
}

const RUN_EXAMPLE: &str = "\
Examples:
  ramtape run -- pytest -x
  ramtape run --record-mode none -- terraform plan
  ramtape run --report junit ramtape.xml -- npm test
  ramtape run --door proxy -- pytest   CMD's own signatures go to AWS, by way of ramtape

Without a mode it is once; where CI is set, none. CMD finds the proxy through AWS_ENDPOINT_URL_RAM.
In mode none CMD also gets dummy credentials and nothing of your AWS configuration, unless
--keep-env says otherwise.";
const RECORD_EXAMPLE: &str = "\
Example:
  ramtape record --profile sandbox --ready-file ramtape.url &
  AWS_ENDPOINT_URL_RAM=$(cat ramtape.url) aws ram get-resource-shares --resource-owner SELF

The only line on stdout is the base URL. Keep it to yourself: whoever has it can use your
credentials through the proxy.";
const REPLAY_EXAMPLE: &str = "\
Example:
  ramtape replay --listen 127.0.0.1:8181
  AWS_ENDPOINT_URL_RAM=http://127.0.0.1:8181 aws ram get-resource-shares --resource-owner SELF";
const SERVE_EXAMPLE: &str = "Example:\n  ramtape serve --record-mode new_episodes --listen 127.0.0.1:8181";
const LS_EXAMPLE: &str = "\
Examples:
  ramtape ls
  ramtape ls 'List*' --errors
  ramtape ls --session test_create --json | jq -r .fingerprint";
const SHOW_EXAMPLE: &str = "\
Examples:
  ramtape show GetResourceShares
  ramtape show k3v9 --canonical
  ramtape show '*' --partial

The beginning of a fingerprint is enough.";
const COVERAGE_EXAMPLE: &str = "\
Examples:
  ramtape coverage
  ramtape coverage --json | jq -r 'select(.takes == 0).operation'

Errors that say nothing of RAM, such as throttling, do not count.";
const DIFF_EXAMPLE: &str = "\
Examples:
  ramtape diff main:cassettes/default cassettes/default
  ramtape diff HEAD~1:cassettes/default HEAD:cassettes/default
  ramtape diff cassettes/old cassettes/new --json

What is a folder is a cassette; what is not is REV:PATH, as git writes it, and git reads it.
Exits with 0 where both hold the same, with 5 where they differ.";
const VERIFY_EXAMPLE: &str = "\
Examples:
  ramtape verify                        members and types, links, chains: nobody is asked
  ramtape verify --online --profile sandbox
                                        also ask AWS for every recorded read
  ramtape verify --online --update      and record anew what has drifted

Writes are never sent. Exits with 5 where something is wrong or has drifted.";
const RM_EXAMPLE: &str = "\
Examples:
  ramtape rm --session test_old --dry-run
  ramtape rm k3v9
  ramtape rm 'Delete*' --errors

What goes is told. A write stays, and so does everything else, where a take that is not removed was
recorded after it or holds a value of it: --force removes it all the same. Nothing is removed where
takes are in the store only, or while another ramtape has the cassette open.";
const PRUNE_EXAMPLE: &str = "\
Example:
  ramtape run --record-mode none -- pytest    use everything that is still needed
  ramtape prune --dry-run                     see what was not
  ramtape prune

A complete replay is a run in which CMD ended with 0, or a server that was stopped, after only
replaying and without a miss. Nothing is removed where the text has changed since, where takes
are in the store only, or while another ramtape has the cassette open.";
const CA_EXAMPLE: &str = "\
Examples:
  ramtape ca                            make it, or renew it in the last week of its 30 days
  eval \"$(ramtape ca)\"                and let this shell's programs trust it
  ramtape ca --remove

Its key stays in a folder that only you can enter. By its name constraints it can speak for RAM's
hosts and for loopback, and for nobody else.";
const SCAN_EXAMPLE: &str = "\
Examples:
  ramtape scan                          the configured cassette
  ramtape scan tests/cassettes          every cassette in a folder
  ramtape scan $(git diff --cached --name-only --diff-filter=d)

In a cassette's file everything that is redacted while recording is looked for, and the file is
replayed against its own requests; in other files, credentials. Exits with 4 if there is a secret,
with 5 if a cassette's file is invalid. What is no secret stands in [[scan.allow]] in ramtape.toml.";
const DOCTOR_EXAMPLE: &str = "\
Examples:
  ramtape doctor
  ramtape doctor --online               also connect to the endpoint of AWS

Exits with 1 if a check fails. Credentials are fetched as a recording would fetch them; nothing
is sent to RAM, and without --online nobody connects to it either.";

const DEMO_EXAMPLE: &str = "\
Examples:
  ramtape demo
  ramtape demo --endpoint 4599          only run the simulated endpoint, to try your own client on

Needs no AWS account, no credentials and no network but loopback.";

/// `ramtape demo`.
#[derive(Args, Clone, Copy, Debug)]
pub struct DemoArgs {
    /// Only run the simulated endpoint, on this port of 127.0.0.1 (0: a free one), until interrupted
    #[arg(long, value_name = "PORT")]
    pub endpoint: Option<u16>,
}

/// Flags that every command takes.
#[derive(Args, Clone, Copy, Debug)]
pub struct VoiceArgs {
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = VOICE)]
    pub quiet: bool,
    /// Say more; twice says still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = VOICE)]
    pub verbose: u8,
    /// How lines on stderr are written
    #[arg(long, global = true, value_name = "text|json", value_enum, default_value_t = LogFormat::Text)]
    #[arg(hide_possible_values = true, help_heading = VOICE)]
    pub log_format: LogFormat,
}

/// How lines on stderr are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Flags of everything that starts the proxy.
#[derive(Args, Clone, Debug, Default)]
pub struct ProxyArgs {
    /// The cassette's folder [default: cassettes/default]
    #[arg(long, value_name = "PATH")]
    pub cassette: Option<PathBuf>,
    /// Take --cassette as the parent of one cassette for every session, named after it
    #[arg(long)]
    pub cassette_per_session: bool,
    /// What clients that poll get on replay: each recorded answer in turn, or the final one at once
    #[arg(long, value_name = "WHICH", value_enum)]
    pub poll: Option<Poll>,
    /// Where to listen [default: a free port on 127.0.0.1]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Speak TLS to clients that take ramtape for their endpoint; they must trust `ramtape ca`
    #[arg(long)]
    pub tls: bool,
    /// The folder of the certificate authority [default: ramtape/ca in your state folder]
    #[arg(long, value_name = "PATH")]
    pub ca_folder: Option<PathBuf>,
    /// Allow --listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// A name besides loopback that a Host header may carry; can be repeated
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// A host besides AWS's that clients may have a tunnel to while recording; can be repeated
    #[arg(long, value_name = "HOST[:PORT]")]
    pub allow_tunnel: Vec<String>,
    /// Ask this base URL instead of the region's public endpoint
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// The profile whose credentials sign what goes upstream
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// While recording, refuse every operation that changes something: for production accounts
    #[arg(long)]
    pub read_only: bool,
    /// Record throttling, faults and authentication errors too
    #[arg(long)]
    pub record_errors: bool,
    /// Sign for callers that did not prove who they are: whoever reaches the port acts with your credentials
    #[arg(long)]
    pub allow_any_client: bool,
    /// How a replayed listing is cut into pages: as the client asks, as it was recorded, or to test the client's loop
    #[arg(long, value_name = "CUT", value_enum)]
    pub pages: Option<Pages>,
    /// Write the misses to FILE, FORMAT being junit or json; can be repeated
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
            poll: self.poll,
            listen: self.listen,
            tls: switch(self.tls),
            ca_folder: self.ca_folder.clone(),
            allow_remote: switch(self.allow_remote),
            allowed_hosts: (!self.allow_host.is_empty()).then(|| self.allow_host.clone()),
            allowed_tunnels: (!self.allow_tunnel.is_empty()).then(|| self.allow_tunnel.clone()),
            upstream: self.upstream.clone(),
            profile: self.profile.clone(),
            read_only: switch(self.read_only),
            record_errors: switch(self.record_errors),
            allow_any_client: switch(self.allow_any_client),
            pages: self.pages,
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
    /// How CMD finds ramtape: as its endpoint, its HTTP proxy, or its HTTPS proxy that intercepts TLS to RAM
    #[arg(long, value_name = "DOOR", value_enum)]
    pub door: Option<Door>,
    /// In mode none, leave CMD's credentials and AWS configuration as they are
    #[arg(long)]
    pub keep_env: bool,
    /// The command to run, after `--`
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
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
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape scan`
#[derive(Args, Clone, Debug)]
pub struct ScanArgs {
    /// Files and folders to look through, instead of the cassette
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The cassette.
    #[command(flatten)]
    pub cassette: CassetteArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ramtape ca`
#[derive(Args, Clone, Debug)]
pub struct CaArgs {
    /// The authority's folder [default: ramtape/ca in your state folder]
    #[arg(long, value_name = "PATH")]
    pub ca_folder: Option<PathBuf>,
    /// Make a new one, whatever the age of the one there is
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
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// The base URL that would be asked; the check connects to it and sends nothing
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
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
