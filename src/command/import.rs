//! `ramtape import`

mod leftover;

use super::merge::{self, Target, changes};
use super::progress::Progress;
use super::recorded::{self, Shelf};
use super::voice::Voice;
use super::{CommandError, Exit, output, runtime};
use crate::app;
use crate::cassette::{self, SealReport};
use crate::cli::ImportArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::Carried;
use crate::har;
use leftover::Leftovers;
use std::path::Path;

pub(super) fn run(args: &ImportArgs, environment: &Environment, voice: Voice) -> Result<Exit, CommandError> {
    let config = Config::from_settings(Settings::load(args.layer(), environment)?, RecordMode::All)?;
    let file = std::fs::read(&args.file).map_err(|source| CommandError::Read { path: args.file.clone(), source })?;
    let entries = har::read(&file).map_err(|source| CommandError::Har { path: args.file.clone(), source })?;
    recorded::check_target(&config.cassette)?;
    let target = Target::open(&config.cassette, args.dry_run, app::Rules::of(&config), voice)?;
    // Recorded apart, then merged: what the cassette has already is not added again.
    let apart =
        tempfile::tempdir().map_err(|source| CommandError::Write { path: "a temporary folder".into(), source })?;
    if cassette::is_cassette(&config.cassette) {
        cassette::create_like(apart.path(), &config.cassette)?;
    }
    let (leftovers, sealed) = take_in(entries, &config, apart.path(), voice)?;
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
    Ok(leftovers.exit(&sealed))
}

/// Records what the entries hold, in a cassette in the folder `apart`; gives what could not be.
fn take_in(
    entries: Vec<har::Entry>,
    config: &Config,
    apart: &Path,
    voice: Voice,
) -> Result<(Leftovers, SealReport), CommandError> {
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
    let report = runtime()?.block_on(app::import(config, apart, exchanges, |carried: Result<Carried, String>| {
        progress.step();
        if let Some((number, name)) = names.next() {
            leftovers.carried(number, &name, carried);
        }
    }))?;
    leftovers.unsealed(&report);
    Ok((leftovers, report))
}
