//! `ramtape man`

use crate::cli::{Cli, ManArgs};
use crate::ui::{CommandError, Exit, output};
use clap::CommandFactory;

pub(super) fn run(args: &ManArgs) -> Result<Exit, CommandError> {
    let mut whole = Cli::command();
    // Propagates the global flags into the pages of the commands.
    whole.build();
    let page = match &args.command {
        None => whole,
        Some(name) => {
            let command = whole.find_subcommand(name).cloned();
            command.ok_or_else(|| CommandError::Usage(format!("there is no command {name}")))?
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(|source| CommandError::Stdout { source })?;
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Well)
}
