//! `ramtape report`

use crate::cli::ReportArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::ui::{CommandError, Console, Exit, output, run_page};

pub(super) fn run(args: &ReportArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let run = run_page::read_latest(&config.cassette)?;
    for (file, render) in [(&args.html, run_page::Run::html as fn(&_) -> _), (&args.svg, run_page::Run::svg)] {
        if let Some(file) = file {
            output::write_file(file, &render(&run))?;
            console.note(&format!("wrote {}", file.display()));
        }
    }
    Ok(Exit::Well)
}
