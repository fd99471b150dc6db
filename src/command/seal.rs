//! `ramtape seal`

use crate::app::Rules;
use crate::cassette::{self, Access, SealReport};
use crate::cli::SealArgs;
use crate::command::takes::recorded;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::model::{counted, shell_path};
use crate::ui::{CommandError, Console, Exit, count_steps, summary};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &SealArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    // Opening for recording seals what an interrupted recording left; `seal` is for what that could not write.
    let policy = Arc::new(Rules::from_config(&config).only_sealing());
    let cassette = cassette::CassetteSettings { policy, ..cassette::CassetteSettings::default() };
    let opened = recorded::open_with(&config.cassette, Access::Record { replace: false }, &cassette, console)?;
    let again = opened.cassette.seal_telling(&mut count_steps(console, "sealing"))?;
    let sealed = opened.sealed.sealed.len() + again.sealed.len();
    for (folder, fingerprint) in opened.sealed.partial.iter().chain(&again.partial) {
        console.note(&format!("{folder}/{fingerprint}: a listing was recorded only in part"));
    }
    let dangling = || opened.sealed.dangling.iter().chain(&again.dangling);
    dangling().for_each(|(folder, fingerprint)| {
        console.problem(&summary::describe_dangling(&format!("{folder}/{fingerprint}")))
    });
    if sealed == 0 && again.failed.is_empty() {
        console.note("nothing to seal");
    }
    let exit = print_failures(&again, &config.cassette, console);
    Ok(if exit == Exit::Well && dangling().next().is_some() { Exit::Cassette } else { exit })
}

/// What stays in the store after the second attempt keeps the cassette from being whole.
fn print_failures(report: &SealReport, root: &Path, console: Console) -> Exit {
    for (folder, fingerprint, reason) in &report.failed {
        console.problem(&format!("{folder}/{fingerprint} cannot be sealed: {reason}"));
    }
    if report.failed.is_empty() {
        return Exit::Well;
    }
    let failed = u64::try_from(report.failed.len()).unwrap_or(u64::MAX);
    console.problem(&format!(
        "{} only in the store; `ramtape rm --refused --cassette {1}` discards what must not become text, and \
            `ramtape seal --cassette {1}` then writes the rest",
        counted(failed, "request is", "requests are"),
        shell_path(root)
    ));
    if report.secrets > 0 { Exit::Secret } else { Exit::Cassette }
}
