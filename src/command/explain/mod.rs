//! `ramtape explain`: why a call was answered as it was, or how a request would be answered.

mod explained;
mod json;
mod text;

use crate::app;
use crate::cli::{ExplainArgs, SelectionArgs};
use crate::command::takes::recorded::{CassetteReader, check};
use crate::command::takes::select::Selection;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::{Call, CallJournal, CallOutcome, Engine, ExplainError, ImaginedRequest};
use crate::fingerprint::Fingerprint;
use crate::model::DEFAULT_ACTOR;
use crate::ui::{CommandError, Console, Exit, output, printable};
use explained::Explained;

pub(super) fn run(args: &ExplainArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = app::with_recorded_services(Config::from_settings(settings, RecordMode::None)?);
    check(&config.cassette)?;
    // Read before the engine opens the same store.
    let recorded = match (&args.what, &args.parameters) {
        (Some(what), None) => select_recorded(args, what, (&config, console))?,
        _ => Vec::new(),
    };
    let (engine, journal) = app::open_with_calls(&config)?;
    let explained = match (&args.what, &args.parameters) {
        (None, _) => vec![explain_call(args.call, &engine, journal, &config)?],
        (Some(operation), Some(parameters)) => vec![explain_request(args, (operation, parameters), &engine, &config)?],
        (Some(_), None) => explain_recorded(args, &recorded, &engine)?,
    };
    let texts = explained
        .iter()
        .map(|one| if args.json { json::write(one) } else { printable(&text::write(one)).into_owned() });
    let between = if args.json { "" } else { "\n" };
    output::print(&texts.collect::<Vec<_>>().join(between))?;
    Ok(Exit::Well)
}

/// Call `number` of the latest run, or the last one in which somebody got stuck.
fn explain_call(
    number: Option<u64>,
    engine: &Engine,
    journal: Option<CallJournal>,
    config: &Config,
) -> Result<Explained, CommandError> {
    let root = || config.cassette.clone();
    let journal = journal.ok_or_else(|| CommandError::NoRun { root: root() })?;
    let by = journal.head.by.clone();
    let found = match number {
        Some(number) => journal.calls.iter().find(|call| call.number == number),
        None => find_trouble(&journal.calls),
    };
    let call = found.ok_or_else(|| match number {
        Some(number) => CommandError::NoCall { root: root(), number, count: journal.calls.len() },
        None => CommandError::NoTrouble { root: root(), by: by.clone() },
    })?;
    let explanation = engine.explain_earlier_call(call, journal.history(call.number));
    Ok(Explained { call: Some((call.number, by)), explanation })
}

/// The last call that missed; where none has, the last one that told of a waiter which gets no further.
fn find_trouble(calls: &[Call]) -> Option<&Call> {
    let has_missed = |call: &&Call| matches!(call.outcome, CallOutcome::Missed { .. });
    let is_stuck = |call: &&Call| matches!(&call.outcome, CallOutcome::Replayed(chosen) if chosen.stuck.is_some());
    calls.iter().rev().find(has_missed).or_else(|| calls.iter().rev().find(is_stuck))
}

fn explain_request(
    args: &ExplainArgs,
    (operation, parameters): (&str, &str),
    engine: &Engine,
    config: &Config,
) -> Result<Explained, CommandError> {
    // As the AWS CLI spells it.
    let known = config.service.operations().find(|known| known.folder == operation);
    let imagined = ImaginedRequest {
        operation: known.map_or(operation, |known| &known.name),
        parameters,
        session: args.session.as_deref(),
        region: args.region.as_deref().unwrap_or(&config.region),
        actor: args.actor.as_deref().unwrap_or(DEFAULT_ACTOR),
    };
    let explanation = engine.explain_request(&imagined).map_err(|error| match error {
        ExplainError::Cassette(error) => CommandError::Cassette(error),
        wrong => CommandError::Usage(wrong.to_string()),
    })?;
    Ok(Explained { call: None, explanation })
}

/// Folder and fingerprint of the recorded requests that `what` names.
fn select_recorded(
    args: &ExplainArgs,
    what: &str,
    (config, console): (&Config, Console),
) -> Result<Vec<(String, Fingerprint)>, CommandError> {
    let what = [what.to_owned()];
    let flags = SelectionArgs { region: args.region.clone(), actor: args.actor.clone(), ..SelectionArgs::default() };
    let selection = Selection::new(&what, &flags);
    let mut found = Vec::new();
    selection.each(&CassetteReader::open(&config.cassette, console)?, console, |chosen| {
        found.push((chosen.recorded.folder, chosen.recorded.fingerprint));
    })?;
    if found.is_empty() { Err(selection.nothing_in(&config.cassette)) } else { Ok(found) }
}

fn explain_recorded(
    args: &ExplainArgs,
    recorded: &[(String, Fingerprint)],
    engine: &Engine,
) -> Result<Vec<Explained>, CommandError> {
    let session = args.session.as_deref();
    let explain = |(folder, fingerprint): &(String, Fingerprint)| {
        let explanation = engine.explain_recorded((folder, fingerprint), session).transpose()?;
        Some(explanation.map(|explanation| Explained { call: None, explanation }))
    };
    Ok(recorded.iter().filter_map(explain).collect::<Result<_, _>>()?)
}
