//! `ramtape record`, `replay` and `serve`: the proxy as a server.

use crate::app::{self, Provisions, RunningServer};
use crate::ca::ServerCertificates;
use crate::cli::{ProxyArgs, ServeArgs};
use crate::command::process::{Signals, file_limit, runtime};
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::engine::Summary;
use crate::ui::{CommandError, Console, Exit, count_steps, output, report, strict};
use rustix::process::Signal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Signals that come within this time are one.
const ONE_SIGNAL: Duration = Duration::from_millis(500);

/// `ramtape record`: mode `all`.
pub(super) fn record(args: &ProxyArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    start(args, Settings::load(args.layer(), environment)?, RecordMode::All, environment, console)
}

/// `ramtape replay`: mode `none`.
pub(super) fn replay(args: &ProxyArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    start(args, Settings::load(args.layer(), environment)?, RecordMode::None, environment, console)
}

/// `ramtape serve`: the mode that was asked for.
pub(super) fn serve(args: &ServeArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let flags = RawConfig { record_mode: args.mode.record_mode, ..args.proxy.layer() };
    let settings = Settings::load(flags, environment)?;
    let no_mode = "serve needs a record mode: --record-mode none, once, new_episodes or all";
    let mode = settings.record_mode().ok_or_else(|| CommandError::Usage(no_mode.to_owned()))?;
    start(&args.proxy, settings, mode, environment, console)
}

fn start(
    args: &ProxyArgs,
    settings: Settings,
    mode: RecordMode,
    environment: &Environment,
    console: Console,
) -> Result<Exit, CommandError> {
    let reports = report::parse_reports(&args.report)?;
    let config = app::with_recorded_services(Config::from_settings(settings, mode)?);
    let is_strict = config.strict;
    let summary = runtime()?.block_on(serve_until_told(config, args.ready_file.as_deref(), console))?;
    report::finish(&summary, &reports, environment, console)?;
    Ok(strict::exit(&summary, is_strict, console))
}

async fn serve_until_told(
    config: Config,
    ready_file: Option<&Path>,
    console: Console,
) -> Result<Summary, CommandError> {
    let command = match config.mode {
        RecordMode::None => "ramtape replay",
        RecordMode::All => "ramtape record",
        RecordMode::Once | RecordMode::NewEpisodes => "ramtape serve",
    };
    let mut signals = Signals::listen(&[Signal::INT, Signal::TERM])?;
    if let Some(path) = ready_file {
        forget(path);
    }
    let mut running = start_proxy(config, None, &mut signals, console).await?;
    running.asked_by(command);
    let announced = announce(&running, ready_file, console);
    if announced.is_ok() {
        signals.next().await;
        running.completed();
    }
    if let Some(path) = ready_file {
        forget(path);
    }
    let stopped = stop(running, &mut signals, 0, console).await;
    announced.and(stopped)
}

/// Starts the proxy; a signal meanwhile ends the process: nothing was asked or recorded yet. What clients are shown over TLS
/// is signed by `certificates`, else by the authority of `ramtape ca`.
pub(super) async fn start_proxy(
    mut config: Config,
    certificates: Option<Arc<ServerCertificates>>,
    signals: &mut Signals,
    console: Console,
) -> Result<RunningServer, CommandError> {
    file_limit::raise(&mut config);
    let source = app::credential_source(&config);
    let provisions = Provisions { source, certificates, sealing: Box::new(count_steps(console, "sealing")) };
    tokio::select! {
        started = app::start_with(config, provisions) => Ok(started?),
        signal = signals.next() => std::process::exit(128 + signal.as_raw()),
    }
}

/// Tells everybody who waits for it where the proxy listens.
pub(super) fn announce(
    running: &RunningServer,
    ready_file: Option<&Path>,
    console: Console,
) -> Result<(), CommandError> {
    for notice in &running.notices {
        console.note(notice);
    }
    console.note(&format!("inspect at {}", running.inspector));
    let line = format!("{}\n", running.base_url());
    if let Some(path) = ready_file {
        output::write_atomically(path, &line)?;
    }
    output::print(&line)
}

/// Lets the proxy finish. After `borne` signals, another one ends the process at once.
pub(super) async fn stop(
    running: RunningServer,
    signals: &mut Signals,
    borne: usize,
    console: Console,
) -> Result<Summary, CommandError> {
    tokio::select! {
        stopped = running.stop_with_progress(count_steps(console, "sealing")) => Ok(stopped?),
        signal = impatience(signals, borne) => {
            console.problem("stopped immediately: takes that are not yet text are in the store, `ramtape seal` \
                writes them");
            std::process::exit(128 + signal.as_raw())
        }
    }
}

/// The first signal after `borne` others and after [`ONE_SIGNAL`]: what sends one to a process and to its group sends two.
async fn impatience(signals: &mut Signals, mut borne: usize) -> Signal {
    let began = Instant::now();
    loop {
        let signal = signals.next().await;
        if began.elapsed() < ONE_SIGNAL {
            continue;
        }
        if borne == 0 {
            return signal;
        }
        borne -= 1;
    }
}

/// Removes what an earlier server left: whoever waits for the file would take its address for the new one.
pub(super) fn forget(ready_file: &Path) {
    // It is not there, most often; and where it cannot be removed, writing it tells why.
    let _ = std::fs::remove_file(ready_file);
}
