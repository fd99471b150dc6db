//! `ramtape gc`

use super::sharing::{Sharing, describe_size};
use crate::cli::{CassetteArgs, GcArgs};
use crate::command::process::{confirm, runtime};
use crate::config::Environment;
use crate::model::counted;
use crate::sync::{Garbage, find_garbage, remove_garbage};
use crate::ui::{CommandError, Console, Exit, output};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

pub(super) fn run(args: &GcArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let cassette = CassetteArgs::default();
    let sharing = Sharing::find(args.remote.layer(&cassette), &cassette, environment)?;
    let remote = sharing.open_remote()?;
    let runtime = runtime()?;
    let least_age = Duration::from_secs(args.older_than.saturating_mul(DAY));
    let garbage = runtime.block_on(find_garbage(&sharing.project, &remote, &args.branch, least_age))?;
    console.note(&describe(&garbage, args.older_than));
    if garbage.missing > 0 {
        let objects = counted(garbage.missing as u64, "object that a lock names is", "objects that locks name are");
        console.problem(&format!(
            "{objects} not in {}: `ramtape push --all` in a checkout that has the files sends them again",
            remote.url()
        ));
    }
    let lines: String = garbage.removable.iter().map(|object| format!("{} {}\n", object.digest, object.size)).collect();
    output::print(&lines)?;
    let objects = counted(garbage.removable.len() as u64, "object", "objects");
    let size = describe_size(garbage.removable.iter().map(|object| object.size).sum());
    if garbage.removable.is_empty() {
        console.note("nothing to remove");
    } else if args.dry_run {
        console.note(&format!("{objects} ({size}) would be removed from {}", remote.url()));
    } else if args.yes || confirm(&format!("remove {objects} ({size}) from {}?", remote.url()), "")? {
        runtime.block_on(remove_garbage(&remote, &garbage))?;
        console.note(&format!("{objects} ({size}) removed from {}", remote.url()));
    } else {
        console.note("nothing was removed");
    }
    Ok(if garbage.missing > 0 { Exit::Cassette } else { Exit::Well })
}

fn describe(garbage: &Garbage, days: u64) -> String {
    let needed = counted(garbage.needed as u64, "object is", "objects are");
    let references = counted(garbage.references as u64, "branch or tag", "branches and tags");
    let mut told = format!("{needed} needed by {references} and the working directory");
    if garbage.young > 0 {
        told.push_str(&format!("; {} that nobody needs stored in the last {days} days, and left alone", garbage.young));
    }
    told
}
