//! `ramtape push`

use super::scan;
use super::sharing::{Sharing, describe_path, describe_size};
use crate::cli::PushArgs;
use crate::command::process::runtime;
use crate::config::Environment;
use crate::model::{counted, shell_path};
use crate::sync::{GitFiles, PushPlan, PushReport, prepare_git};
use crate::ui::{CommandError, Console, Exit, count_steps};

pub(super) fn run(args: &PushArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let sharing = Sharing::find(args.remote.layer(&args.cassette), &args.cassette, environment)?;
    let remote = sharing.open_remote()?;
    let _lock = sharing.acquire(console)?;
    let lock = sharing.project.read_lock()?;
    let locked = sharing.cassettes(&lock)?;
    let is_empty = locked.is_empty();
    let plan = PushPlan::make(&sharing.project, lock, locked, args.all)?;
    let lock = describe_path(&sharing.project.lock_path(), environment);
    if plan.changes() == 0 && !args.all {
        console.note(&match is_empty {
            true => format!("nothing to push: there is no cassette in {}", shell_path(&sharing.config.cassette)),
            false => format!("nothing to push: everything is as {lock} says"),
        });
        return Ok(Exit::Well);
    }
    let paths = plan.paths();
    if let Some(exit) = scan::check_files(&paths, &sharing.config, console) {
        console.problem("nothing was pushed");
        return Ok(exit);
    }
    if args.dry_run {
        let files = counted(paths.len() as u64, "file", "files");
        let changes = counted(plan.changes() as u64, "line", "lines");
        console.note(&format!(
            "{files} would be pushed to {} as far as it lacks them, and {changes} of {lock} changed",
            remote.url()
        ));
        return Ok(Exit::Well);
    }
    let changed: Vec<String> = plan.changed_cassettes().map(str::to_owned).collect();
    let url = remote.url().to_owned();
    let report = runtime()?.block_on(plan.carry_out(remote, &mut count_steps(console, "pushing")))?;
    console.note(&describe(&report, &url, &lock));
    let git = prepare_git(&sharing.project, changed.iter().map(String::as_str))?;
    print_git(&git, console);
    Ok(Exit::Well)
}

fn describe(report: &PushReport, url: &str, lock: &str) -> String {
    let files = |count: usize| counted(count as u64, "file", "files");
    let sent = format!("pushed {} ({}) to {url}", files(report.sent), describe_size(report.bytes));
    match (report.changed, report.dropped) {
        (0, 0) => sent,
        (changed, 0) => format!("{sent}; {lock} names {} anew: commit it", files(changed)),
        (0, dropped) => format!("{sent}; {lock} names {} less: commit it", files(dropped)),
        (changed, dropped) => format!("{sent}; {lock} names {} anew and {dropped} less: commit it", files(changed)),
    }
}

fn print_git(git: &GitFiles, console: Console) {
    for added in &git.added {
        console.note(&format!("added the line {added}: commit it too"));
    }
    for prefix in &git.tracked {
        console.note(&format!(
            "git still has the files of {prefix}: `git rm -r -q --cached {prefix}` takes them out of it"
        ));
    }
}
