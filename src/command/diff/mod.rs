//! `ramtape diff`

mod lines;
mod objects;

pub(super) use lines::change_text as change_lines;
pub(super) use objects::change as change_json;

use crate::cassette::Access;
use crate::cli::DiffArgs;
use crate::command::takes::recorded;
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::model::counted;
use crate::review::{ChangeKind, RequestDiff, SameFiles, Side, find_differences, parse_revision};
use crate::ui::{CommandError, Console, Exit, count_steps, output};
use std::path::Path;

pub(super) fn run(args: &DiffArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(RawConfig::default(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let (before, after) = (open(&args.before, console)?, open(&args.after, console)?);
    let settings = before.settings_against(&after);
    let mut requests = Vec::new();
    let mut step = count_steps(console, "comparing");
    find_differences(&before, &after, (&config.service, SameFiles::Read), &mut step, &mut |request| {
        requests.push(request)
    })?;
    drop(step);
    let text = if args.json { objects::text(&settings, &requests) } else { lines::text(&settings, &requests) };
    output::print_styled(&text)?;
    if settings.is_empty() && requests.is_empty() {
        console.note("no differences");
        return Ok(Exit::Well);
    }
    console.note(&total(&requests));
    Ok(Exit::Cassette)
}

/// The cassette that `name` stands for: a folder, or a revision's as `REV:PATH`.
fn open(name: &str, console: Console) -> Result<Side<'static>, CommandError> {
    let folder = Path::new(name);
    match parse_revision(name).filter(|_| !folder.exists()) {
        Some(revision) => Ok(Side::of_revision(name, revision, None, &mut count_steps(console, "reading from git"))?),
        None => {
            let opened = recorded::open(folder, Access::Replay)?;
            recorded::print_notices(&opened.notices, console);
            Ok(Side::of_cassette(name, folder, opened.cassette))
        }
    }
}

fn total(requests: &[RequestDiff]) -> String {
    let count = |kind: ChangeKind| requests.iter().filter(|request| request.kind() == kind).count();
    format!(
        "{}: {} added, {} gone, {} changed",
        counted(requests.len() as u64, "request differs", "requests differ"),
        count(ChangeKind::Added),
        count(ChangeKind::Gone),
        count(ChangeKind::Changed)
    )
}
