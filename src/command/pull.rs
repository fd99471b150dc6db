//! `ramtape pull`

use super::sharing::{Sharing, describe_path, describe_pull};
use crate::cli::PullArgs;
use crate::command::process::runtime;
use crate::config::Environment;
use crate::model::counted;
use crate::sync::{OnConflict, PullPlan, PullReport};
use crate::ui::{CommandError, Console, Exit};

pub(super) fn run(args: &PullArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let sharing = Sharing::find(args.remote.layer(&args.cassette), &args.cassette, environment)?;
    let path = describe_path(&sharing.project.lock_path(), environment);
    if !sharing.project.lock_path().is_file() {
        console.note(&format!("nothing to pull: there is no {path}, which `ramtape push` writes"));
        return Ok(Exit::Well);
    }
    let on_conflict = match (args.ours, args.theirs) {
        (true, _) => OnConflict::Ours,
        (_, true) => OnConflict::Theirs,
        _ => OnConflict::Merge,
    };
    let _lock = sharing.acquire(console)?;
    let plan = PullPlan::make(&sharing.project, |prefix| sharing.selects(prefix))?;
    let report = runtime()?.block_on(sharing.pull(plan, on_conflict, console))?;
    describe(&report, &path).iter().for_each(|line| console.note(line));
    Ok(Exit::Well)
}

fn describe(report: &PullReport, lock: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if report.fetched + report.removed > 0 {
        lines.push(describe_pull(report));
    }
    if !report.merged.is_empty() {
        let files = counted(report.merged.len() as u64, "file", "files");
        lines.push(format!("{files} changed here and by others: `ramtape push` brings what is here now into {lock}"));
        lines.extend(report.merged.iter().map(|name| format!("  {name}")));
    }
    if report.resolved_lock {
        lines.push(format!("the conflict in {lock} is resolved: `git add {lock}` says so to git"));
    }
    if lines.is_empty() {
        lines.push(format!("nothing to pull: everything is as {lock} says"));
    }
    lines
}
