//! `ramtape rm`

use super::prune;
use crate::app::Rules;
use crate::cassette::{self};
use crate::cli::RmArgs;
use crate::command::takes::recorded;
use crate::command::takes::recorded::Recorded;
use crate::command::takes::select::Selection;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::fingerprint::Fingerprint;
use crate::maintenance::{Dangling, EditError, Editing, Removal, RemovalPlan};
use crate::model::{counted, shell_path};
use crate::ui::{CommandError, Console, Exit, Progress, count_steps, output};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &RmArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let selection = Selection::new(&args.what, &args.takes.selection);
    selection.check(environment.folder())?;
    check(&selection, args)?;
    let settings = Settings::load(args.takes.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    recorded::check(&config.cassette)?;
    let pending = args.takes.selection.pending || args.refused;
    let editing = open(&config, args)?;
    let refused = args.refused.then(|| editing.cassette().refused()).transpose()?;
    let SelectedTakes { going, dangling } = find(&editing, &selection, pending, refused.as_ref(), console)?;
    if going.is_empty() && args.refused {
        return Err(CommandError::NothingRefused { root: config.cassette });
    }
    if going.is_empty() {
        return Err(selection.nothing_in(&config.cassette));
    }
    // What will go is told before it goes.
    output::print(&if args.json { json(&going, pending, &config.cassette) } else { prune::text(&going) })?;
    print_dangling(&dangling, pending, args.force, console);
    if !dangling.is_empty() && !args.force {
        return Err(CommandError::Linked { links: counted(dangling.len() as u64, "link", "links") });
    }
    let takes = going.iter().map(|entry| entry.unused.len()).sum::<usize>();
    let takes = if pending { counted(takes, "pending take", "pending takes") } else { counted(takes, "take", "takes") };
    if args.dry_run {
        console.note(&format!("{takes} would be removed"));
        return Ok(Exit::Well);
    }
    let variables = editing.cassette().variables()?;
    let mut step = count_steps(console, "removing from");
    if pending {
        editing.cassette().discard(&going, &mut step)?
    } else {
        editing.cassette().remove(&going, &mut step)?
    }
    drop(step);
    recorded::print_dropped_variables(&variables, &editing.cassette().variables()?, console);
    console.note(&format!("{takes} removed"));
    if args.refused && editing.cassette().pending() > 0 {
        console.note(&format!("`ramtape seal --cassette {}` writes the others as text", shell_path(&config.cassette)));
    }
    Ok(Exit::Well)
}

/// Opens the cassette for what is to be removed: what is refused is judged by its own rules.
fn open(config: &Config, args: &RmArgs) -> Result<Editing, EditError> {
    let root = &config.cassette;
    if args.refused {
        let policy = Arc::new(Rules::from_config(config).only_sealing());
        return Editing::open_store(
            root,
            &cassette::CassetteSettings { policy, ..cassette::CassetteSettings::default() },
        );
    }
    if args.takes.selection.pending {
        return Editing::open_store(root, &cassette::CassetteSettings::default());
    }
    Editing::open(root)
}

fn check(selection: &Selection<'_>, args: &RmArgs) -> Result<(), CommandError> {
    if selection.is_everything() && !args.refused {
        return Err(CommandError::Usage(
            "nothing is selected: give an operation, the beginning of a fingerprint, or filter flags ('*' \
                selects everything)"
                .to_owned(),
        ));
    }
    Ok(())
}

/// What is to go, and the links that it would break.
struct SelectedTakes {
    going: Vec<Removal>,
    dangling: Vec<Dangling>,
}

/// Looks through the whole cassette: a file that cannot be read could hold a link. What goes is chosen from the text or,
/// where `pending`, from the store; of that, from what is `refused` where that is given.
fn find(
    editing: &Editing,
    selection: &Selection<'_>,
    pending: bool,
    refused: Option<&HashMap<Fingerprint, BTreeSet<usize>>>,
    console: Console,
) -> Result<SelectedTakes, CommandError> {
    let mut going = Vec::new();
    let mut plan = if pending { RemovalPlan::of_store() } else { RemovalPlan::default() };
    let mut begun: BTreeMap<&str, Vec<Fingerprint>> = BTreeMap::new();
    let names = editing.cassette().fingerprints()?;
    let mut progress = Progress::new(console, "reading", names.len());
    for (folder, fingerprint) in names {
        progress.step();
        let parts = editing.cassette().parts(&folder, &fingerprint)?;
        let (chosen_from, staying) = if pending { (parts.pending, parts.text) } else { (parts.text, parts.pending) };
        staying.iter().for_each(|entry| plan.look_at(fingerprint, entry, &BTreeSet::new()));
        let Some(entry) = chosen_from else { continue };
        let recorded = Recorded { fingerprint, folder, entry };
        let mut takes = selection.takes(&recorded);
        if let Some(refused) = refused {
            takes.retain(|at| refused.get(&fingerprint).is_some_and(|places| places.contains(at)));
        }
        plan.look_at(fingerprint, &recorded.entry, &takes);
        for beginning in selection.beginnings(&recorded) {
            begun.entry(beginning).or_default().push(fingerprint);
        }
        going.extend((!takes.is_empty()).then(|| removals(recorded, takes)));
    }
    drop(progress);
    match begun.into_iter().find(|(_, fingerprints)| fingerprints.len() > 1) {
        Some((beginning, fingerprints)) => Err(ambiguous(beginning, &fingerprints)),
        None => Ok(SelectedTakes { going, dangling: plan.dangling() }),
    }
}

fn removals(recorded: Recorded, unused: BTreeSet<usize>) -> Removal {
    let Recorded { fingerprint, folder, entry } = recorded;
    Removal { folder, fingerprint, operation: entry.operation.as_str().to_owned(), unused, takes: entry.takes.len() }
}

/// More is never removed than was meant.
fn ambiguous(beginning: &str, fingerprints: &[Fingerprint]) -> CommandError {
    let all: Vec<String> = fingerprints.iter().map(Fingerprint::to_string).collect();
    CommandError::Usage(format!("{beginning:?} matches several fingerprints: {}; give more characters", all.join(", ")))
}

fn print_dangling(dangling: &[Dangling], pending: bool, force: bool, console: Console) {
    for Dangling { operation, fingerprint, write } in dangling {
        let how = if pending { "is linked to" } else { "holds a value of" };
        let text = format!("{operation} {fingerprint} stays, but {how} {write}");
        if force { console.note(&text) } else { console.problem(&text) }
    }
}

fn json(going: &[Removal], pending: bool, root: &Path) -> String {
    let line = |entry: &Removal| {
        let file = root.join(&entry.folder).join(format!("{}.json", entry.fingerprint));
        let object = serde_json::json!({
            "operation": entry.operation,
            "fingerprint": entry.fingerprint.to_string(),
            "removed": entry.unused.iter().map(|at| at + 1).collect::<Vec<_>>(),
            "takes": entry.takes,
            "file": file.to_string_lossy(),
            "fileGoes": entry.is_whole() && !pending,
            "pending": pending,
        });
        format!("{object}\n")
    };
    going.iter().map(line).collect()
}
