//! `ramtape import`

mod leftover;

use super::merge::{self, Target, changes};
use super::progress::Progress;
use super::recorded::{self, Shelf};
use super::voice::Voice;
use super::{CommandError, Exit, output, runtime};
use crate::app;
use crate::cassette;
use crate::cli::ImportArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::Carried;
use crate::har;
use leftover::Leftovers;

pub(super) fn run(args: &ImportArgs, environment: &Environment, voice: Voice) -> Result<Exit, CommandError> {
    let config = Config::from_settings(Settings::load(args.layer(), environment)?, RecordMode::All)?;
    let file = std::fs::read(&args.file).map_err(|source| CommandError::Read { path: args.file.clone(), source })?;
    let entries = har::read(&file).map_err(|source| CommandError::Har { path: args.file.clone(), source })?;
    if config.cassette.is_dir() {
        recorded::check(&config.cassette)?;
    }
    let target = Target::open(&config.cassette, args.dry_run, app::Rules::of(&config), voice)?;
    // Recorded apart, then merged: what the cassette has already is not added again.
    let apart =
        tempfile::tempdir().map_err(|source| CommandError::Write { path: "a temporary folder".into(), source })?;
    if cassette::is_cassette(&config.cassette) {
        cassette::create_like(apart.path(), &config.cassette)?;
    }
    let leftovers = take_in(entries, &Config { cassette: apart.path().to_owned(), ..config.clone() }, voice)?;
    let changes = changes(&target, &[Shelf::open(apart.path(), voice)?], voice)?;
    let judged = target.judge(&changes)?;
    output::print(&if args.json {
        merge::json(&changes, &config.cassette) + &leftovers.json()
    } else {
        merge::text(&changes)
    })?;
    if !args.dry_run {
        cassette::share_key(&config.cassette, apart.path())?;
        target.write(judged.as_ref(), changes.len(), voice)?;
    }
    leftovers.tell(voice);
    voice.note(&merge::told(&changes, args.dry_run, &config.cassette));
    Ok(leftovers.exit())
}

/// Records what the entries hold; gives what could not be.
fn take_in(entries: Vec<har::Entry>, config: &Config, voice: Voice) -> Result<Leftovers, CommandError> {
    let mut leftovers = Leftovers::default();
    let (mut names, mut exchanges) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry.exchange {
            Ok(exchange) => {
                names.push((entry.number, entry.name));
                exchanges.push(exchange);
            }
            Err(lack) => leftovers.lacking(entry.number, &entry.name, &lack, &config.service.name),
        }
    }
    let mut progress = Progress::new(voice, "importing", exchanges.len());
    let mut names = names.into_iter();
    let report = runtime()?.block_on(app::import(config, exchanges, |carried: Result<Carried, String>| {
        progress.step();
        if let Some((number, name)) = names.next() {
            leftovers.carried(number, &name, carried);
        }
    }))?;
    for (folder, fingerprint, reason) in report.failed {
        leftovers.unsealed(format!("{folder}/{fingerprint}: {reason}"));
    }
    Ok(leftovers)
}
