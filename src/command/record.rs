//! `ramtape record`: a server that records; with `--placebo` one recording of what placebo's files answer to CMD.

use super::process::runtime;
use super::run::{self, command_line};
use super::server;
use super::takes::recorded::CassetteReader;
use crate::app;
use crate::cassette;
use crate::cli::{ModeArgs, RecordArgs, RunArgs};
use crate::config::{Config, Environment, RecordMode, RunDoor, Settings};
use crate::model::{counted, shell_path};
use crate::placebo::{self, PlaceboFolder, PlaybackReport, Unserved};
use crate::ui::report::Report;
use crate::ui::{CommandError, Console, Exit, report};
use std::path::Path;

/// Why nothing may have come to placebo's files.
const STILL_ATTACHED: &str = "nothing was asked of placebo's files: if CMD attaches placebo itself (pill.playback()), its requests \
    are answered there and do not reach ramtape; run it without that";

/// How many names of files are told, of those that nothing asked for.
const MOST_NAMES: usize = 5;

pub(super) fn run(args: &RecordArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let Some(folder) = &args.placebo else {
        return match args.cmd.is_empty() {
            true => server::record(&args.proxy, environment, console),
            false => Err(CommandError::Usage(format!(
                "record runs a command only with --placebo; to record what one asks AWS: ramtape run -- {}",
                command_line(&args.cmd)
            ))),
        };
    };
    check_usage(args, folder)?;
    let reports = report::parse_reports(&args.proxy.report)?;
    let config = Config::from_settings(Settings::load(args.proxy.layer(), environment)?, RecordMode::Once)?;
    check_cassette(&config)?;
    let folder = placebo::read_folder(folder, &config.service.companions)?;
    runtime()?.block_on(record(args, config, folder, &reports, environment, console))
}

/// Refuses flags that say where to ask, or say nothing to run.
fn check_usage(args: &RecordArgs, folder: &Path) -> Result<(), CommandError> {
    let folder = shell_path(folder);
    if args.cmd.is_empty() {
        return Err(CommandError::Usage(format!(
            "--placebo needs the command that asks: ramtape record --placebo {folder} -- <your command>"
        )));
    }
    if !args.proxy.upstream.is_empty() {
        return Err(CommandError::Usage(
            "--placebo and --upstream exclude each other: either placebo's files answer, or that URL does".to_owned(),
        ));
    }
    Ok(())
}

/// Refuses a cassette that has answers: CMD would get those.
fn check_cassette(config: &Config) -> Result<(), CommandError> {
    let root = &config.cassette;
    if config.cassette_per_session || !cassette::is_cassette(root) {
        return Ok(());
    }
    let (reader, _) = CassetteReader::open_with_notices(root)?;
    if reader.names()?.is_empty() {
        return Ok(());
    }
    Err(CommandError::Usage(format!(
        "{} already has answers, and --placebo records into an empty cassette: name another folder with --cassette (ramtape \
         merge adds it to this one), or delete {} to record anew",
        root.display(),
        shell_path(root)
    )))
}

/// Runs CMD against a proxy whose upstream is `folder`.
async fn record(
    args: &RecordArgs,
    config: Config,
    folder: PlaceboFolder,
    reports: &[Report],
    environment: &Environment,
    console: Console,
) -> Result<Exit, CommandError> {
    let config = app::with_recorded_services(config.with_services(folder.services()));
    let served = placebo::serve(folder, config.service.clone()).await?;
    let config = Config {
        upstream: config.upstream.clone().at_own_server(served.base_url()),
        command: Some(command_line(&args.cmd)),
        // A client that is its own signer would be sent to AWS.
        door: RunDoor::Endpoint,
        // The errors that tell of missing files are no answers.
        record_errors: false,
        ..config
    };
    let run_args = RunArgs {
        mode: ModeArgs::default(),
        proxy: args.proxy.clone(),
        door: None,
        variable: Vec::new(),
        keep_env: false,
        shown_command: None,
        cmd: args.cmd.clone(),
    };
    let ended = run::drive(&run_args, config, Vec::new(), reports, environment, console).await;
    let report = served.stop().await;
    let exit = ended?;
    print(&report, console);
    Ok(if exit == Exit::Well && !report.unserved.is_empty() { Exit::NotRecorded } else { exit })
}

/// Says what was not carried over.
fn print(report: &PlaybackReport, console: Console) {
    for Unserved { service, operation, times, reason } in &report.unserved {
        let times = counted(*times, "time", "times");
        console.problem(&format!("not carried over: {service} {operation}, asked {times}: {reason}"));
    }
    if report.is_unasked() {
        console.problem(STILL_ATTACHED);
    }
    if let Some(text) = describe_unused(&report.unused) {
        console.note(&text);
    }
}

fn describe_unused(unused: &[String]) -> Option<String> {
    let shown = unused.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match unused.len().checked_sub(MOST_NAMES) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    };
    let files = counted(unused.len() as u64, "file", "files");
    (!unused.is_empty()).then(|| format!("not carried over: {files} that nothing asked for: {shown}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_nothing_asked_for_are_counted_and_the_first_named() {
        let unused = |count: usize| describe_unused(&(1..=count).map(|at| format!("f{at}")).collect::<Vec<_>>());
        assert_eq!(unused(0), None);
        assert!(unused(1).is_some_and(|text| text.ends_with("1 file that nothing asked for: f1")));
        assert!(
            unused(7).is_some_and(|text| text.contains("7 files") && text.ends_with("f1, f2, f3, f4, f5 and 2 more"))
        );
    }
}
