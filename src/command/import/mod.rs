//! `ramtape import`

mod dangling;
mod skipped;

use super::merge::{self, Changes, MergeTarget, changes};
use crate::app::{self, KeyError, Rules};
use crate::cassette::{self, CassetteError, KEY_FILE, Notice, SealReport};
use crate::cli::ImportArgs;
use crate::command::process::{Scratch, runtime};
use crate::command::takes::recorded;
use crate::command::takes::recorded::CassetteReader;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::{EngineError, ImportOutcome};
use crate::har::{self, Archive};
use crate::model::shell_path;
use crate::redact::Key;
use crate::ui::{CommandError, Console, Exit, MergeError, Progress, output};
use skipped::Skipped;
use std::path::Path;

pub(super) fn run(args: &ImportArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let config = Config::from_settings(Settings::load(args.layer(), environment)?, RecordMode::All)?;
    let file = std::fs::read(&args.file).map_err(|source| CommandError::Read { path: args.file.clone(), source })?;
    let Archive { key, entries } =
        har::read(&file).map_err(|source| CommandError::Har { path: args.file.clone(), source })?;
    recorded::check_target(&config.cassette)?;
    let named = key_to_name(key, &args.file, &config.cassette)?;
    let rules = Rules::from_config(&config).naming(named.clone());
    let target = MergeTarget::open(&config.cassette, args.dry_run, rules.clone(), console)?;
    // Recorded apart, then merged: what the cassette has already is not added again.
    let apart = Scratch::new().map_err(|source| CommandError::Write { path: "a temporary folder".into(), source })?;
    if cassette::is_cassette(&config.cassette) {
        crate::maintenance::create_like(apart.path(), &config.cassette)?;
        named.iter().try_for_each(|check| cassette::name_key(apart.path(), check))?;
    }
    let has_entries = !entries.is_empty();
    let (skipped, mut sealed) = take_in(entries, (&config, rules.clone()), apart.path(), console)?;
    // What is not text there is told as left out: nothing of it stays.
    let (reader, mut notices) = CassetteReader::open_with_notices(apart.path())?;
    notices.retain(|notice| !matches!(notice, Notice::Pending { .. }));
    recorded::print_notices(&notices, console);
    sealed.dangling = dangling::find_dangling(&sealed, &reader, target.cassette())?;
    let Changes { list: changes, brought } = changes(&target, &[reader], console)?;
    let checked = target.check_changes(&changes)?;
    output::print(&if args.json {
        let dangling: String = sealed.dangling.iter().map(dangling::json).collect();
        merge::json(&changes, &config.cassette) + &skipped.json() + &dangling
    } else {
        merge::text(&changes)
    })?;
    if !args.dry_run && !changes.is_empty() {
        crate::maintenance::share_key(&config.cassette, apart.path())?;
        target.write(checked.as_ref(), changes.len(), console)?;
    }
    skipped.print(console);
    sealed.dangling.iter().for_each(|name| console.problem(&dangling::describe(name, &config.cassette)));
    console.note(&if changes.is_empty() {
        let service = config.service.name.to_uppercase();
        added_nothing(has_entries, brought, &skipped, (&service, &config.cassette))
    } else {
        merge::describe_changes(&changes, args.dry_run, &config.cassette)
    });
    if let Some(check) = named.filter(|_| !changes.is_empty()) {
        print_missing_key(&check, &rules, &config.cassette, console)?;
    }
    Ok(skipped.exit(&sealed))
}

/// Why nothing was added, where `brought` is to how many requests the file has answers that could be.
fn added_nothing(has_entries: bool, brought: usize, skipped: &Skipped, (service, into): (&str, &Path)) -> String {
    let into = shell_path(into);
    match (brought, skipped.has_entries()) {
        (0, _) if !has_entries => "nothing to add: the file has no entries".to_owned(),
        (0, false) => format!("nothing to add: the file has no {service} answer that recordings keep"),
        (0, true) => format!("nothing was added to {into}: all {service} entries were skipped"),
        (_, false) => format!("nothing to add: {into} already has everything"),
        (_, true) => format!("nothing was added: {into} already has the rest"),
    }
}

/// What tells the key that the cassette in `root` is to name, as pseudonyms in the file were made with it; `None` where it
/// names it already, or none is known.
fn key_to_name(key: Option<String>, file: &Path, root: &Path) -> Result<Option<String>, CommandError> {
    let Some(key) = key else { return Ok(None) };
    if !Key::is_check(&key) {
        return Err(CommandError::HarKey { path: file.to_owned() });
    }
    match crate::maintenance::key_of(root)? {
        None => Ok(Some(key)),
        Some(own) if own == key => Ok(None),
        Some(_) => Err(MergeError::OtherKey { into: root.to_owned(), from: file.to_owned() }.into()),
    }
}

/// Says that the key must be brought along, where it is not here.
fn print_missing_key(check: &str, rules: &Rules, root: &Path, console: Console) -> Result<(), CommandError> {
    let unreadable = |error: KeyError| CassetteError::Redaction { root: root.to_owned(), source: error.into() };
    if !rules.has_key(root, check).map_err(unreadable)? {
        console.note(&format!(
            "the file has pseudonyms, and the redaction key that made them is not here: copy redaction.key from \
                the exported cassette to {}, or set RAMTAPE_REDACT_KEY or key_file in [redact]; without the \
                key, requests with real values miss and nothing can be recorded",
            root.join(KEY_FILE).display()
        ));
    }
    Ok(())
}

/// Records what the entries hold, in a cassette in the folder `apart`; gives what could not be.
fn take_in(
    entries: Vec<har::HarEntry>,
    (config, rules): (&Config, Rules),
    apart: &Path,
    console: Console,
) -> Result<(Skipped, SealReport), CommandError> {
    let mut skipped = Skipped::default();
    let (mut names, mut exchanges) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry.exchange {
            Ok(exchange) => {
                names.push((entry.number, entry.name));
                exchanges.push(exchange);
            }
            Err(lack) => skipped.add_unreadable(entry.number, &entry.name, &lack, &config.service.name),
        }
    }
    let mut progress = Progress::new(console, "importing", exchanges.len());
    let mut names = names.into_iter();
    let report = runtime()?.block_on(app::import(
        config,
        rules,
        apart,
        exchanges,
        |outcome: Result<ImportOutcome, EngineError>| {
            progress.step();
            if let Some((number, name)) = names.next() {
                skipped.add_outcome(number, &name, outcome);
            }
        },
    ))?;
    skipped.add_pending(&report);
    Ok((skipped, report))
}
