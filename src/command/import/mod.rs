//! `ramtape import`

mod dangling;
mod skipped;
mod source;

use super::merge::{self, Changes, MergeTarget, changes};
use crate::app::{self, KeyError, Rules};
use crate::cassette::{self, CassetteError, KEY_FILE, Notice, SealReport};
use crate::cli::ImportArgs;
use crate::command::process::runtime;
use crate::command::takes::recorded;
use crate::command::takes::recorded::CassetteReader;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::{EngineError, ImportOutcome};
use crate::model::{Exchange, Lack, shell_path};
use crate::redact::Key;
use crate::scratch::Scratch;
use crate::ui::{CommandError, Console, Exit, MergeError, Progress, output};
use skipped::{EntryLabel, Skipped};
use source::{Source, join, read_har, read_vcr};
use std::path::Path;

pub(super) fn run(args: &ImportArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    if let Some(folder) = &args.placebo {
        return Err(CommandError::Usage(format!(
            "placebo's files cannot be imported, as they hold no requests: run the command that asks them again, with ramtape \
             record --placebo {} -- <your command>",
            shell_path(folder)
        )));
    }
    let config = Config::from_settings(Settings::load(args.layer(), environment)?, RecordMode::All)?;
    if let Some(file) = &args.file {
        return add(args, &config, read_har(file)?, console);
    }
    let sources = read_vcr(&args.vcr)?;
    if !config.cassette_per_session {
        return add(args, &config, join(sources), console);
    }
    if let Some(name) = sources.keys().find(|name| name.starts_with('.')) {
        return Err(CommandError::Usage(format!(
            "the session {name} cannot have a cassette: its name begins with a dot"
        )));
    }
    let mut exit = Exit::Well;
    for (session, source) in sources {
        let config = Config { cassette: config.cassette.join(session), ..config.clone() };
        let ended = add(args, &config, source, console)?;
        // The worst has the lowest code.
        if exit == Exit::Well || (ended != Exit::Well && ended.code() < exit.code()) {
            exit = ended;
        }
    }
    Ok(exit)
}

/// Adds what `source` holds to the cassette of `config`.
fn add(args: &ImportArgs, config: &Config, source: Source, console: Console) -> Result<Exit, CommandError> {
    let Source { path, key, entries } = source;
    recorded::check_target(&config.cassette)?;
    let named = key_to_name(key, &path, &config.cassette)?;
    let rules = Rules::from_config(config).naming(named.clone());
    let target = MergeTarget::open(&config.cassette, args.dry_run, rules.clone(), console)?;
    // Recorded apart, then merged: what the cassette has already is not added again.
    let apart = Scratch::new().map_err(|source| CommandError::Write { path: "a temporary folder".into(), source })?;
    if cassette::is_cassette(&config.cassette) {
        crate::maintenance::create_like(apart.path(), &config.cassette)?;
        named.iter().try_for_each(|check| cassette::name_key(apart.path(), check))?;
    }
    let has_entries = !entries.is_empty();
    let (skipped, mut sealed) = take_in(entries, (config, rules.clone()), apart.path(), console)?;
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
        added_nothing((has_entries, brought), &skipped, &services(config), &config.cassette)
    } else {
        merge::describe_changes(&changes, args.dry_run, &config.cassette)
    });
    if let Some(check) = named.filter(|_| !changes.is_empty()) {
        print_missing_key(&check, &rules, &config.cassette, console)?;
    }
    Ok(skipped.exit(&sealed))
}

/// The recorded services, for people.
fn services(config: &Config) -> String {
    let names: Vec<String> = config.service.companions.recorded().iter().map(|name| name.to_uppercase()).collect();
    names.join(" or ")
}

/// Why nothing was added, where `brought` is to how many requests the file has answers that could be.
fn added_nothing((has_entries, brought): (bool, usize), skipped: &Skipped, services: &str, into: &Path) -> String {
    let into = shell_path(into);
    match (brought, skipped.has_entries()) {
        (0, _) if !has_entries => "nothing to add: the file has no entries".to_owned(),
        (0, false) => format!("nothing to add: the file has no {services} answer that recordings keep"),
        (0, true) => format!("nothing was added to {into}: all {services} entries were skipped"),
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
    entries: Vec<(EntryLabel, Result<Exchange, Lack>)>,
    (config, rules): (&Config, Rules),
    apart: &Path,
    console: Console,
) -> Result<(Skipped, SealReport), CommandError> {
    let mut skipped = Skipped::default();
    let (mut labels, mut exchanges) = (Vec::new(), Vec::new());
    for (label, exchange) in entries {
        match exchange {
            Ok(exchange) => {
                labels.push(label);
                exchanges.push(exchange);
            }
            Err(lack) => skipped.add_unreadable(label, &lack, &config.endpoints),
        }
    }
    let mut progress = Progress::new(console, "importing", exchanges.len());
    let mut labels = labels.into_iter();
    let report = runtime()?.block_on(app::import(
        config,
        rules,
        apart,
        exchanges,
        |outcome: Result<ImportOutcome, EngineError>| {
            progress.step();
            if let Some(label) = labels.next() {
                skipped.add_outcome(label, outcome);
            }
        },
    ))?;
    skipped.add_pending(&report);
    Ok((skipped, report))
}
