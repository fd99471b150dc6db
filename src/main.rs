//! The `ramtape` binary: parse, run, exit code.
#![warn(clippy::disallowed_methods)]

use ramtape::cli::Cli;
use ramtape::command;
use ramtape::ui::report_error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let output = cli.output;
    match command::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            report_error(&error, output);
            error.exit().into()
        }
    }
}
