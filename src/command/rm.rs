//! `ramtape rm`

use super::progress::{Progress, as_told};
use super::recorded::{self, Recorded};
use super::select::Selection;
use super::summary::counted;
use super::voice::Voice;
use super::{CommandError, Exit, output, prune};
use crate::cassette::{Dangling, Editing, Farewell, Surplus};
use crate::cli::RmArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::fingerprint::Fingerprint;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) fn run(args: &RmArgs, environment: &Environment, voice: Voice) -> Result<Exit, CommandError> {
    let selection = Selection::new(&args.what, &args.takes.selection);
    check(&selection)?;
    let settings = Settings::load(args.takes.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    recorded::check(&config.cassette)?;
    let unsealed = args.takes.selection.unsealed;
    let editing = if unsealed { Editing::open_store(&config.cassette) } else { Editing::open(&config.cassette) }?;
    let Found { going, dangling } = find(&editing, &selection, unsealed, voice)?;
    if going.is_empty() {
        return Err(selection.nothing_in(&config.cassette));
    }
    // What will go is told before it goes.
    output::print(&if args.json { json(&going, unsealed, &config.cassette) } else { prune::text(&going) })?;
    tell(&dangling, args.force, voice);
    if !dangling.is_empty() && !args.force {
        return Err(CommandError::Linked { links: counted(dangling.len() as u64, "link", "links") });
    }
    let takes = going.iter().map(|entry| entry.unused.len() as u64).sum();
    let takes =
        if unsealed { counted(takes, "unsealed take", "unsealed takes") } else { counted(takes, "take", "takes") };
    if args.dry_run {
        voice.note(&format!("{takes} would be removed"));
        return Ok(Exit::Well);
    }
    let mut step = as_told(voice, "removing from");
    if unsealed {
        editing.cassette().discard(&going, &mut step)?
    } else {
        editing.cassette().remove(&going, &mut step)?
    }
    drop(step);
    voice.note(&format!("{takes} removed"));
    Ok(Exit::Well)
}

fn check(selection: &Selection<'_>) -> Result<(), CommandError> {
    if selection.is_everything() {
        return Err(CommandError::Usage(
            "say what to remove: an operation, the beginning of a fingerprint, or flags ('*' is everything)".to_owned(),
        ));
    }
    Ok(())
}

/// What is to go, and the links that it would break.
struct Found {
    going: Vec<Surplus>,
    dangling: Vec<Dangling>,
}

/// Looks through the whole cassette: a file that cannot be read could hold a link. What goes is chosen from the text or,
/// where `unsealed`, from the store.
fn find(editing: &Editing, selection: &Selection<'_>, unsealed: bool, voice: Voice) -> Result<Found, CommandError> {
    let mut going = Vec::new();
    let mut farewell = Farewell::default();
    let mut begun: BTreeMap<&str, Vec<Fingerprint>> = BTreeMap::new();
    let names = editing.cassette().fingerprints()?;
    let mut progress = Progress::new(voice, "reading", names.len());
    for (folder, fingerprint) in names {
        progress.step();
        let parts = editing.cassette().parts(&folder, &fingerprint)?;
        let (chosen_from, staying) = if unsealed { (parts.unsealed, parts.text) } else { (parts.text, parts.unsealed) };
        staying.iter().for_each(|entry| farewell.look_at(fingerprint, entry, &BTreeSet::new()));
        let Some(entry) = chosen_from else { continue };
        let recorded = Recorded { fingerprint, folder, entry };
        let takes = selection.takes(&recorded);
        farewell.look_at(fingerprint, &recorded.entry, &takes);
        for beginning in selection.beginnings(&recorded) {
            begun.entry(beginning).or_default().push(fingerprint);
        }
        going.extend((!takes.is_empty()).then(|| surplus(recorded, takes)));
    }
    drop(progress);
    match begun.into_iter().find(|(_, fingerprints)| fingerprints.len() > 1) {
        Some((beginning, fingerprints)) => Err(ambiguous(beginning, &fingerprints)),
        None => Ok(Found { going, dangling: farewell.dangling() }),
    }
}

fn surplus(recorded: Recorded, unused: BTreeSet<usize>) -> Surplus {
    let Recorded { fingerprint, folder, entry } = recorded;
    Surplus { folder, fingerprint, operation: entry.operation.as_str().to_owned(), unused, takes: entry.takes.len() }
}

/// More is never removed than was meant.
fn ambiguous(beginning: &str, fingerprints: &[Fingerprint]) -> CommandError {
    let all: Vec<String> = fingerprints.iter().map(Fingerprint::to_string).collect();
    CommandError::Usage(format!(
        "{beginning:?} is the beginning of several fingerprints: {}; give more of it",
        all.join(", ")
    ))
}

fn tell(dangling: &[Dangling], force: bool, voice: Voice) {
    for Dangling { operation, fingerprint, write } in dangling {
        let text = format!("{operation} {fingerprint} stays, and is linked to the write {write}");
        if force { voice.note(&text) } else { voice.problem(&text) }
    }
}

fn json(going: &[Surplus], unsealed: bool, root: &Path) -> String {
    let line = |entry: &Surplus| {
        let file = root.join(&entry.folder).join(format!("{}.json", entry.fingerprint));
        let object = serde_json::json!({
            "operation": entry.operation,
            "fingerprint": entry.fingerprint.to_string(),
            "removed": entry.unused.iter().map(|at| at + 1).collect::<Vec<_>>(),
            "takes": entry.takes,
            "file": file.to_string_lossy(),
            "fileGoes": entry.is_whole() && !unsealed,
            "unsealed": unsealed,
        });
        format!("{object}\n")
    };
    going.iter().map(line).collect()
}
