//! `ramtape diff`

mod lines;
mod objects;
mod request_diff;
mod revision;
mod side;

pub(super) use lines::change_text as change_lines;
pub(super) use objects::change as change_json;

use crate::cli::DiffArgs;
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::diff::{Paging, changes};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, counted};
use crate::service::Service;
use crate::ui::{CommandError, Console, Exit, Progress, output};
use request_diff::{ChangeKind, RequestDiff};
use side::Side;
use std::collections::BTreeSet;

pub(super) fn run(args: &DiffArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(RawConfig::default(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let (before, after) = (Side::open(&args.before, console)?, Side::open(&args.after, console)?);
    let settings = before.settings_against(&after);
    let requests = find_differences(&before, &after, &config.service, console)?;
    let text = if args.json { objects::text(&settings, &requests) } else { lines::text(&settings, &requests) };
    output::print_styled(&text)?;
    if settings.is_empty() && requests.is_empty() {
        console.note("no differences");
        return Ok(Exit::Well);
    }
    console.note(&total(&requests));
    Ok(Exit::Cassette)
}

/// The requests whose takes differ, by operation.
fn find_differences(
    before: &Side,
    after: &Side,
    service: &Service,
    console: Console,
) -> Result<Vec<RequestDiff>, CommandError> {
    let names: BTreeSet<(String, Fingerprint)> = before.names()?.into_iter().chain(after.names()?).collect();
    let mut progress = Progress::new(console, "comparing", names.len());
    let mut found = Vec::new();
    for (folder, fingerprint) in names {
        progress.step();
        let (old, new) = (before.entry(&folder, &fingerprint)?, after.entry(&folder, &fingerprint)?);
        if old == new {
            continue;
        }
        let changes = changes(old.as_ref(), new.as_ref(), old.as_ref().and_then(|entry| paging(entry, service)));
        if !changes.is_empty() {
            found.push(RequestDiff { folder, fingerprint, before: old, after: new, changes });
        }
    }
    Ok(found)
}

fn paging<'a>(entry: &Entry, service: &'a Service) -> Option<Paging<'a>> {
    let items = service.operation_named(entry.operation.as_str())?.page_items.as_deref()?;
    Some(Paging { items, token: &service.paging.token })
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
