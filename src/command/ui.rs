//! `ramtape ui`: the inspector of a cassette, without a proxy.

use crate::app;
use crate::cassette::FolderKind;
use crate::cli::UiArgs;
use crate::command::process::{Signals, runtime};
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::ui::{CommandError, Console, Exit, output};
use rustix::process::Signal;

pub(super) fn run(args: &UiArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.layer(), environment)?;
    let config = app::with_recorded_services(Config::from_settings(settings, RecordMode::None)?);
    match FolderKind::detect(&config.cassette)? {
        FolderKind::Cassette | FolderKind::Sessions(_) => {}
        FolderKind::Absent => return Err(CommandError::NoCassette { root: config.cassette }),
        FolderKind::Empty | FolderKind::Foreign => return Err(CommandError::NotACassette { root: config.cassette }),
    }
    runtime()?.block_on(show(config, console))
}

async fn show(config: Config, console: Console) -> Result<Exit, CommandError> {
    let mut signals = Signals::listen(&[Signal::INT, Signal::TERM])?;
    let running = app::start_inspector(config).await?;
    running.notices.iter().for_each(|notice| console.note(notice));
    output::print(&format!("{}\n", running.url))?;
    signals.next().await;
    running.stop().await;
    Ok(Exit::Well)
}
