//! `ramtape merge`

mod entry_change;
mod target;
mod variables;

pub(super) use target::MergeTarget;

use crate::app::Rules;
use crate::cassette::{self};
use crate::cli::MergeArgs;
use crate::command::takes::recorded;
use crate::command::takes::recorded::CassetteReader;
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::diff::{Piece, combine};
use crate::fingerprint::Fingerprint;
use crate::maintenance::{Incompatible, alike};
use crate::model::{Entry, Take, counted, shell_path};
use crate::ui::{CommandError, Console, Exit, MergeError, Progress, output, printable};
use entry_change::EntryChange;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use variables::Added;

pub(super) fn run(args: &MergeArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let config = Config::from_settings(Settings::load(RawConfig::default(), environment)?, RecordMode::None)?;
    check(&args.into, &args.from)?;
    let rules = Rules::from_config(&config).only_own();
    let first = args.from.first().map_or(args.into.as_path(), PathBuf::as_path);
    let mut target = MergeTarget::prepare(&args.into, first, args.dry_run, rules.clone(), console)?;
    let readers = args.from.iter().map(|from| CassetteReader::open(from, console)).collect::<Result<Vec<_>, _>>()?;
    check_sealed(&args.from, &readers)?;
    let variables = Added::find(&args.into, &args.from)?;
    let Changes { list: changes, brought } = changes(&target, &readers, console)?;
    let checked = target.check_changes(&changes).map_err(|error| target.at_its_source(error, &changes, &readers))?;
    variables.check_secrets(&target)?;
    // What is added is told before it is.
    let told_variables = if args.json { variables.json(&args.into) } else { variables.text() };
    output::print(&format!("{told_variables}{}", if args.json { json(&changes, &args.into) } else { text(&changes) }))?;
    if !args.dry_run {
        if !target.is_made() {
            crate::maintenance::create_like(&args.into, first)?;
            target = MergeTarget::open(&args.into, false, rules, console)?;
        }
        args.from.iter().try_for_each(|from| crate::maintenance::share_key(&args.into, from))?;
        args.from.iter().try_for_each(|from| crate::maintenance::share_environment(&args.into, from))?;
        // First: a take without the variable that it was recorded with would not be found.
        variables.write(&target)?;
        target.write(checked.as_ref(), changes.len(), console)?;
    }
    let into = shell_path(&args.into);
    variables.print(args.dry_run, &into, console);
    console.note(&match args.from.as_slice() {
        _ if !changes.is_empty() => describe_changes(&changes, args.dry_run, &args.into),
        _ if brought > 0 || !variables.is_empty() => format!("nothing to add: {into} already has everything"),
        [from] => format!("nothing to add: {} holds no takes", shell_path(from)),
        _ => "nothing to add: the other cassettes hold no takes".to_owned(),
    });
    Ok(Exit::Well)
}

/// Checks that all are there, none twice, and all under the same rules. A cassette that is not there yet gets those of the
/// first that goes into it.
fn check(into: &Path, from: &[PathBuf]) -> Result<(), CommandError> {
    recorded::check_target(into)?;
    let mut known: Vec<&Path> = Vec::from_iter(cassette::is_cassette(into).then_some(into));
    for other in from {
        recorded::check(other)?;
        if into.canonicalize().is_ok_and(|into| other.canonicalize().is_ok_and(|other| into == other)) {
            return Err(MergeError::Same { into: into.to_owned(), from: other.clone() }.into());
        }
        // Among several, one without a key may be like two that are not like each other.
        for one in &known {
            let (into, from) = ((*one).to_owned(), other.clone());
            match alike(one, other)? {
                None => {}
                Some(Incompatible::Rules) => return Err(MergeError::OtherRules { into, from }.into()),
                Some(Incompatible::Key) => return Err(MergeError::OtherKey { into, from }.into()),
            }
        }
        known.push(other);
    }
    Ok(())
}

/// Checks that no cassette holds takes in its store only: nobody has checked those yet.
fn check_sealed(roots: &[PathBuf], readers: &[CassetteReader]) -> Result<(), CommandError> {
    for (root, reader) in roots.iter().zip(readers) {
        let entries = reader.names()?.into_iter().filter(|(_, fingerprint)| reader.is_pending(*fingerprint)).count();
        if entries > 0 {
            return Err(MergeError::Pending { root: root.clone(), entries }.into());
        }
    }
    Ok(())
}

/// What there is to add.
pub(super) struct Changes {
    pub(super) list: Vec<EntryChange>,
    /// To how many requests there are takes, whether the target has them or not.
    pub(super) brought: usize,
}

/// What the target's entries become with the takes of all readers, one after the other.
pub(super) fn changes(
    target: &MergeTarget,
    readers: &[CassetteReader],
    console: Console,
) -> Result<Changes, CommandError> {
    let mut names: BTreeMap<(String, Fingerprint), Vec<&CassetteReader>> = BTreeMap::new();
    for reader in readers {
        // What could not become text where it is does not become text elsewhere.
        for name in reader.names()?.into_iter().filter(|(_, fingerprint)| !reader.is_pending(*fingerprint)) {
            names.entry(name).or_default().push(reader);
        }
    }
    let (mut changes, mut clashes, brought) = (Vec::new(), Vec::new(), names.len());
    let mut progress = Progress::new(console, "reading", names.len());
    for ((folder, fingerprint), readers) in names {
        progress.step();
        let before = target.entry(&folder, &fingerprint)?;
        let mut after = before.clone();
        for reader in readers {
            let Some(found) = reader.read(&folder, fingerprint)? else { continue };
            let old = after.as_ref().map_or(&[][..], |entry| &entry.takes);
            let takes = collect_agreed(combine(&[], old, &found.entry.takes), &found.entry, fingerprint, &mut clashes);
            after = Some(Entry { takes, ..found.entry });
        }
        if let Some(entry) = after.filter(|after| before.as_ref() != Some(after)) {
            let before = before.map_or(0, |entry| entry.takes.len());
            changes.push(EntryChange { fingerprint, entry, before });
        }
    }
    if clashes.is_empty() { Ok(Changes { list: changes, brought }) } else { Err(MergeError::Clash { clashes }.into()) }
}

fn collect_agreed(pieces: Vec<Piece>, entry: &Entry, fingerprint: Fingerprint, clashes: &mut Vec<String>) -> Vec<Take> {
    let mut takes = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Agreed(take) => takes.push(take),
            Piece::Clash { ours, theirs } => {
                let take = ours.or(theirs);
                let session = take.and_then(|take| take.session).map(|name| format!(" of session {name}"));
                let operation = printable(entry.operation.as_str()).into_owned();
                clashes.push(format!("  {operation} {fingerprint}{}", session.unwrap_or_default()));
            }
        }
    }
    takes
}

pub(super) fn text(changes: &[EntryChange]) -> String {
    let line = |change: &EntryChange| {
        let operation = printable(change.entry.operation.as_str()).replace(['\n', '\t'], " ");
        let takes = counted(change.added() as u64, "take", "takes");
        let what = match (change.before, change.added()) {
            (0, _) => format!("new, {takes}"),
            (_, 0) => "a listing has more pages".to_owned(),
            _ => counted(change.added() as u64, "more take", "more takes"),
        };
        format!("{operation}  {}  {what}\n", change.fingerprint)
    };
    changes.iter().map(line).collect()
}

pub(super) fn json(changes: &[EntryChange], root: &Path) -> String {
    let line = |change: &EntryChange| {
        let file = root.join(change.entry.operation.folder()).join(format!("{}.json", change.fingerprint));
        let object = serde_json::json!({
            "operation": change.entry.operation.as_str(),
            "fingerprint": change.fingerprint.to_string(),
            "added": change.added(),
            "takes": change.entry.takes.len(),
            "file": file.to_string_lossy(),
            "fileIsNew": change.before == 0,
        });
        format!("{object}\n")
    };
    changes.iter().map(line).collect()
}

/// What was, or would be, added.
pub(super) fn describe_changes(changes: &[EntryChange], dry_run: bool, into: &Path) -> String {
    let takes: usize = changes.iter().map(EntryChange::added).sum();
    let into = shell_path(into);
    let requests = counted(changes.len() as u64, "request", "requests");
    let done = if dry_run { "would be added" } else { "added" };
    format!("{} {done} to {into}, for {requests}", counted(takes as u64, "take", "takes"))
}
