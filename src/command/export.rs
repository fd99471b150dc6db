//! `ramtape export`

use super::progress::Progress;
use super::recorded::Shelf;
use super::summary::counted;
use super::voice::Voice;
use super::{CommandError, Exit, output};
use crate::cli::ExportArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::transcript;
use crate::har;

pub(super) fn run(args: &ExportArgs, environment: &Environment, voice: Voice) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let shelf = Shelf::open(&config.cassette, voice)?;
    let mut entries = Vec::new();
    let names = shelf.names()?;
    let mut progress = Progress::new(voice, "reading", names.len());
    for (folder, fingerprint) in names {
        progress.step();
        // Half a cassette is none: a damaged file ends it here.
        entries.extend(shelf.read(&folder, fingerprint)?.map(|recorded| (fingerprint, recorded.entry)));
    }
    drop(progress);
    let exchanges = transcript(&config.service, entries);
    let text = har::write(&exchanges);
    if args.har.as_os_str() == "-" {
        output::print(&text)?;
    } else {
        output::write_file(&args.har, &text)?;
    }
    voice.note(&format!("{} exported", counted(exchanges.len() as u64, "answer", "answers")));
    Ok(Exit::Well)
}
