//! `ramtape status`

use super::sharing::{Sharing, describe_path};
use crate::cli::StatusArgs;
use crate::config::Environment;
use crate::model::counted;
use crate::sync::{CassetteStatus, FileState, FileStatus, read_status};
use crate::ui::{CommandError, Console, Exit, output, printable};

pub(super) fn run(args: &StatusArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let sharing = Sharing::find(args.cassette.layer(), &args.cassette, environment)?;
    let lock = sharing.project.read_lock()?;
    let statuses = read_status(&sharing.project, &sharing.cassettes(&lock)?)?;
    let line = if args.json { json } else { text };
    let differing = |status: &CassetteStatus| {
        let files = status.files.iter().filter(|file| file.state != FileState::Same);
        files.map(|file| line(status, file)).collect::<String>()
    };
    let lines: String = statuses.iter().map(differing).collect();
    output::print(&lines)?;
    let path = describe_path(&sharing.project.lock_path(), environment);
    for status in &statuses {
        console.note(&describe(status, &path));
    }
    if statuses.is_empty() {
        console.note(&format!("there is no cassette here, and none in {path}"));
    }
    Ok(if args.exit_code && !lines.is_empty() { Exit::Cassette } else { Exit::Well })
}

fn describe(status: &CassetteStatus, lock: &str) -> String {
    // What is neither here nor in the lock is nothing.
    let same = status.files.iter().filter(|file| file.state == FileState::Same && file.locked.is_some()).count();
    let mut told = vec![format!("{} as {lock} says", counted(same as u64, "file", "files"))];
    let conflicts = status.count(|state| state == FileState::Conflict);
    let (push, pull) = (status.count(FileState::is_for_push), status.count(FileState::is_for_pull) - conflicts);
    told.extend((push > 0).then(|| format!("{push} to push")));
    told.extend((pull > 0).then(|| format!("{pull} to pull")));
    told.extend((conflicts > 0).then(|| format!("{conflicts} changed here and by others (`ramtape pull`)")));
    format!("{}: {}", if status.prefix.is_empty() { "." } else { &status.prefix }, told.join(", "))
}

fn text(status: &CassetteStatus, file: &FileStatus) -> String {
    let name = if status.prefix.is_empty() { file.name.clone() } else { format!("{}/{}", status.prefix, file.name) };
    format!("{:<8}  {}\n", file.state.word(), printable(&name))
}

fn json(status: &CassetteStatus, file: &FileStatus) -> String {
    let version = |version: Option<crate::lock_file::Version>| version.map(|version| version.digest.to_string());
    let object = serde_json::json!({
        "cassette": status.prefix,
        "file": file.name,
        "state": file.state.word(),
        "here": version(file.local()),
        "locked": version(file.locked),
    });
    format!("{object}\n")
}
