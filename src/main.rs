//! The `ramtape` binary: parse, run, exit code.
#![warn(clippy::disallowed_methods)]

use ramtape::cli::Cli;
use ramtape::command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let voice = cli.voice;
    match command::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            command::report_error(&error, voice);
            error.exit().into()
        }
    }
}
