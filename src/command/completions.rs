//! `ramtape completions`

use crate::cli::{Cli, CompletionsArgs};
use crate::ui::{CommandError, Exit, output};
use clap::CommandFactory;

pub(super) fn run(args: CompletionsArgs) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ramtape", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Well)
}
