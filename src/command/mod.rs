//! One file per verb: each turns its flags into a configuration, does the work, and says how the process ends.

mod ca;
mod completions;
mod coverage;
mod demo;
mod diff;
mod doctor;
mod error;
mod exit;
mod export;
mod files;
mod glob;
mod import;
mod log;
mod ls;
mod man;
mod merge;
mod merge_file;
mod output;
mod progress;
mod prune;
mod recorded;
mod report;
mod rm;
mod run;
mod scan;
mod scratch;
mod screen;
mod seal;
mod select;
mod server;
mod show;
mod signals;
mod strict;
mod summary;
mod table;
mod verify;
mod voice;

pub use diff::RevisionError;
pub use error::{CommandError, report_error};
pub use exit::Exit;

use crate::cli::{Cli, Command};
use crate::config::Environment;
use voice::Voice;

/// Does what the command line asks for, and gives the exit code.
///
/// # Errors
/// Where it cannot be done; [`CommandError::exit`] gives the code for that.
pub fn run(cli: Cli) -> Result<Exit, CommandError> {
    log::start(cli.voice);
    let voice = Voice::new(cli.voice);
    let environment = Environment::current()?;
    for name in environment.unknown_variables() {
        voice.note(&format!("the variable {name} is none of ramtape's: misspelt?"));
    }
    match cli.command {
        Command::Run(args) => run::run(&args, &environment, voice),
        Command::Record(args) => server::record(&args, &environment, voice),
        Command::Replay(args) => server::replay(&args, &environment, voice),
        Command::Serve(args) => server::serve(&args, &environment, voice),
        Command::Demo(args) => demo::run(&args, voice),
        Command::Ls(args) => ls::run(&args, &environment, voice),
        Command::Show(args) => show::run(&args, &environment, voice),
        Command::Seal(args) => seal::run(&args, &environment, voice),
        Command::Merge(args) => merge::run(&args, &environment, voice),
        Command::Export(args) => export::run(&args, &environment, voice),
        Command::Import(args) => import::run(&args, &environment, voice),
        Command::MergeFile(args) => merge_file::run(&args, voice),
        Command::Prune(args) => prune::run(&args, &environment, voice),
        Command::Scan(args) => scan::run(&args, &environment, voice),
        Command::Coverage(args) => coverage::run(&args, &environment, voice),
        Command::Diff(args) => diff::run(&args, &environment, voice),
        Command::Verify(args) => verify::run(&args, &environment, voice),
        Command::Rm(args) => rm::run(&args, &environment, voice),
        Command::Ca(args) => ca::run(&args, &environment, voice),
        Command::Doctor(args) => doctor::run(&args, &environment, voice),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(&args),
    }
}

/// The runtime that the proxy and CMD are driven by.
fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|source| CommandError::Runtime { source })
}
