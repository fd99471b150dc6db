//! `ramtape prune`

use crate::cassette::Variables;
use crate::cli::PruneArgs;
use crate::command::process::confirm;
use crate::command::takes::recorded;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::maintenance::{Pruning, Removal};
use crate::model::counted;
use crate::ui::{CommandError, Console, Exit, count_steps, output, printable};
use std::path::Path;

/// Why somebody is asked: what ran may have been one test of many.
const MOST_GOES: &str = "That is more than half of the cassette";

pub(super) fn run(args: &PruneArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    recorded::check(&config.cassette)?;
    let pruning = Pruning::open(&config.cassette)?;
    let (removals, all) = pruning.surplus_telling(&mut count_steps(console, "reading"))?;
    // What will go is told before it goes.
    output::print(&if args.json { json(&removals, &config.cassette) } else { text(&removals) })?;
    let going: usize = removals.iter().map(|entry| entry.unused.len()).sum();
    let takes = counted(going, "take", "takes");
    let by = format!("in the latest complete replay, of `{}`", pruning.by());
    if removals.is_empty() {
        console.note(&format!("nothing to remove: every take was used {by}"));
    } else if args.dry_run {
        console.note(&format!("{takes} would be removed: not used {by}"));
    } else if 2 * going > all && !args.yes && !confirm(&format!("remove {takes} of {all}, not used {by}?"), MOST_GOES)?
    {
        console.note("nothing was removed");
    } else {
        let variables = Variables::read(&config.cassette)?;
        pruning.remove(&removals, &mut count_steps(console, "removing from"))?;
        recorded::print_dropped_variables(&variables, &Variables::read(&config.cassette)?, console);
        console.note(&format!("{takes} removed: not used {by}"));
    }
    Ok(Exit::Well)
}

pub(super) fn text(removals: &[Removal]) -> String {
    let line = |entry: &Removal| {
        let what = match (entry.is_whole(), entry.takes) {
            (true, 1) => "its take".to_owned(),
            (true, takes) => format!("all {takes} takes"),
            (false, takes) => {
                let numbers: Vec<String> = entry.unused.iter().map(|at| (at + 1).to_string()).collect();
                let word = if numbers.len() == 1 { "take" } else { "takes" };
                format!("{word} {} of {takes}", numbers.join(", "))
            }
        };
        format!("{}  {}  {what}\n", printable(&entry.operation).replace(['\n', '\t'], " "), entry.fingerprint)
    };
    removals.iter().map(line).collect()
}

fn json(removals: &[Removal], root: &Path) -> String {
    let line = |entry: &Removal| {
        let file = root.join(&entry.folder).join(format!("{}.json", entry.fingerprint));
        let object = serde_json::json!({
            "operation": entry.operation,
            "fingerprint": entry.fingerprint.to_string(),
            "unused": entry.unused.iter().map(|at| at + 1).collect::<Vec<_>>(),
            "takes": entry.takes,
            "file": file.to_string_lossy(),
            "fileGoes": entry.is_whole(),
        });
        format!("{object}\n")
    };
    removals.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;

    fn removals(unused: &[usize], takes: usize) -> Removal {
        Removal {
            folder: "list-principals".into(),
            fingerprint: Fingerprint::from_bytes([0; 10]),
            operation: "ListPrincipals".into(),
            unused: unused.iter().copied().collect(),
            takes,
        }
    }

    #[test]
    fn tells_which_takes_go() {
        let lines = text(&[removals(&[0], 1), removals(&[0, 1], 2), removals(&[1], 3), removals(&[0, 2], 3)]);
        let ends: Vec<_> =
            lines.lines().map(|line| line.trim_start_matches("ListPrincipals  aaaaaaaaaaaaaaaa  ")).collect();
        assert_eq!(ends, ["its take", "all 2 takes", "take 2 of 3", "takes 1, 3 of 3"]);
        let object = json(&[removals(&[1], 3)], Path::new("c"));
        assert!(object.contains(r#""unused":[2]"#) && object.contains(r#""fileGoes":false"#), "{object}");
    }
}
