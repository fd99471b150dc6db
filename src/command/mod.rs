//! One file per verb: each turns its flags into a configuration, does the work, and says how the process ends.

mod ca;
mod completions;
mod coverage;
mod demo;
mod diff;
mod doctor;
mod explain;
mod export;
mod gc;
mod health;
mod import;
mod ls;
mod man;
mod merge;
mod merge_file;
mod process;
mod prune;
mod pull;
mod push;
mod record;
mod report;
mod rm;
mod run;
mod scan;
mod seal;
mod server;
mod sharing;
mod show;
mod status;
mod takes;
mod ui;
mod verify;

use crate::cli::{Cli, Command};
use crate::config::Environment;
use crate::ui::{CommandError, Console, Exit, start_log};

/// Does what the command line asks for, and gives the exit code.
///
/// # Errors
/// Where it cannot be done; [`CommandError::exit`] gives the code for that.
pub fn run(cli: Cli) -> Result<Exit, CommandError> {
    start_log(cli.output);
    let console = Console::new(cli.output);
    let environment = Environment::current()?;
    for name in environment.unknown_variables() {
        console.note(&format!("unknown variable {name} (typo?)"));
    }
    match cli.command {
        Command::Run(args) => run::run(&args, &environment, console),
        Command::Record(args) => record::run(&args, &environment, console),
        Command::Replay(args) => server::replay(&args, &environment, console),
        Command::Serve(args) => server::serve(&args, &environment, console),
        Command::Demo(args) => demo::run(&args, console),
        Command::Ls(args) => ls::run(&args, &environment, console),
        Command::Show(args) => show::run(&args, &environment, console),
        Command::Explain(args) => explain::run(&args, &environment, console),
        Command::Ui(args) => ui::run(&args, &environment, console),
        Command::Seal(args) => seal::run(&args, &environment, console),
        Command::Merge(args) => merge::run(&args, &environment, console),
        Command::Export(args) => export::run(&args, &environment, console),
        Command::Import(args) => import::run(&args, &environment, console),
        Command::MergeFile(args) => merge_file::run(&args, console),
        Command::Prune(args) => prune::run(&args, &environment, console),
        Command::Scan(args) => scan::run(&args, &environment, console),
        Command::Coverage(args) => coverage::run(&args, &environment, console),
        Command::Report(args) => report::run(&args, &environment, console),
        Command::Diff(args) => diff::run(&args, &environment, console),
        Command::Verify(args) => verify::run(&args, &environment, console),
        Command::Rm(args) => rm::run(&args, &environment, console),
        Command::Push(args) => push::run(&args, &environment, console),
        Command::Pull(args) => pull::run(&args, &environment, console),
        Command::Status(args) => status::run(&args, &environment, console),
        Command::Gc(args) => gc::run(&args, &environment, console),
        Command::Ca(args) => ca::run(&args, &environment, console),
        Command::Doctor(args) => doctor::run(&args, &environment, console),
        Command::Health(args) => health::run(&args, &environment, console),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(&args),
    }
}
