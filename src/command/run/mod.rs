//! `ramtape run`: the proxy, and CMD pointed at it.

mod child;
mod closing;
mod command_line;
mod door;
mod environment;
mod no_proxy;
mod region;
mod run_settings;
mod trust;
mod variables;

use super::{server, sharing};
use crate::app::{self, RunningServer, Wanted};
use crate::cli::RunArgs;
use crate::command::process::{Signals, runtime};
use crate::config::{Config, Environment, RawConfig, RunDoor, Settings};
use crate::engine::Mode;
use crate::model::with_causes;
use crate::ui::report::Report;
use crate::ui::{CommandError, Console, Exit, output, report, strict};
use child::ChildStatus;
pub(super) use command_line::command_line;
use command_line::{redact_command, redact_words};
use door::ClientRoute;
use environment::{Isolation, VariableChange};
use run_settings::RunSettings;
use rustix::process::Signal;
use std::io::IsTerminal;
use std::sync::Arc;
use trust::CommandTrust;

pub(super) fn run(args: &RunArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let reports = report::parse_reports(&args.proxy.report)?;
    let flags = RawConfig { record_mode: args.mode.record_mode, door: args.door, ..args.proxy.layer() };
    let settings = Settings::load(flags, environment)?;
    let (mode, mode_by_ci) = (settings.mode_of_run(environment), settings.mode_of_run_is_by_ci(environment));
    let variables = variables::parse(&args.variable)?;
    let config = Config {
        mode_by_ci,
        command: Some(command_line(&args.cmd)),
        shown_command: args.shown_command.clone(),
        variables: args.variable.clone(),
        ..app::with_recorded_services(Config::from_settings(settings, mode)?)
    };
    runtime()?.block_on(async {
        sharing::pull_before_run(&config, environment, console).await?;
        drive(args, config, variables, &reports, environment, console).await
    })
}

/// Whether CMD will speak TLS to ramtape.
fn needs_trust(config: &Config) -> Result<bool, CommandError> {
    match (config.door, config.tls) {
        (RunDoor::Endpoint, tls) => Ok(tls),
        (RunDoor::Intercept, false) => Ok(true),
        (RunDoor::Proxy, false) => Ok(false),
        (door, true) => {
            let name = door.name();
            Err(CommandError::Usage(format!(
                "--tls works only with --door endpoint: clients talk to a proxy without TLS, so drop --tls for \
                    --door {name}"
            )))
        }
    }
}

/// Runs the proxy and CMD as `config` says; `args` are what is left to say of CMD.
pub(super) async fn drive(
    args: &RunArgs,
    config: Config,
    variables: Vec<(String, Wanted)>,
    reports: &[Report],
    environment: &Environment,
    console: Console,
) -> Result<Exit, CommandError> {
    let mut signals = Signals::listen(&[Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT])?;
    let settings = RunSettings {
        mode: config.mode,
        door: config.door,
        service: Arc::clone(&config.service),
        endpoints: config.endpoints.clone(),
        region: config.region.clone(),
        upstream: config.upstream.clone(),
        cassette: config.cassette.clone(),
        actors: config.actors.clone(),
        per_session: config.cassette_per_session,
        strict: config.strict,
        record_command: config.recording_command("new_episodes"),
        variables,
        trust: needs_trust(&config)?.then(|| CommandTrust::establish(&config, environment)).transpose()?,
    };
    let ready_file = args.proxy.ready_file.as_deref();
    ready_file.map(server::forget);
    let certificates = settings.trust.as_ref().map(|trust| Arc::clone(&trust.certificates));
    let mut running = server::start_proxy(config, certificates, &mut signals, console).await?;
    for notice in &running.notices {
        console.note(notice);
    }
    // Elsewhere it would be gone before anybody could look.
    if console.is_verbose() || std::io::stderr().is_terminal() {
        console.note(&format!("inspect at {}", running.inspector));
    }
    let recording = running.mode != Mode::ReplayOnly;
    let ended = run_child(args, &running, &settings, environment, (&mut signals, console)).await;
    ready_file.map(server::forget);
    let shown = args.shown_command.as_ref().map(|shown| shown.replace("{mode}", "none"));
    running.asked_by(shown.map_or_else(|| redact_command(&args.cmd), |shown| redact_words(shown.split(' '))));
    if ended.as_ref().is_ok_and(|ended| ended.code() == 0) {
        running.completed();
    }
    let ran_in = match settings.upstream.is_own {
        true => Some(region::from_environment(environment).unwrap_or(&settings.region).to_owned()),
        false => region::of_command(environment, &settings.upstream).await,
    };
    if let Some(region) = ran_in.filter(|_| recording) {
        running.ran_in(region);
    }
    // The signal that ended CMD may arrive here only now.
    let stopped = server::stop(running, &mut signals, 1, console).await;

    let ended = ended?;
    // CMD's own code comes first, whatever went wrong here.
    let told = stopped.and_then(|summary| {
        report::finish(&summary, reports, environment, console)?;
        closing::print(&closing::RunEnd { summary: &summary, ended, recording, settings: &settings }, console);
        Ok(strict::exit(&summary, settings.strict, console))
    });
    match (ended.code(), told) {
        (0, told) => told,
        (code, Ok(_)) => Ok(Exit::Child(code)),
        (code, Err(error)) => {
            console.failure(&with_causes(&error));
            Ok(Exit::Child(code))
        }
    }
}

async fn run_child(
    args: &RunArgs,
    running: &RunningServer,
    settings: &RunSettings,
    parent: &Environment,
    (signals, console): (&mut Signals, Console),
) -> Result<ChildStatus, CommandError> {
    let variables = variables::settle(running, &settings.variables, settings.mode, console).await?;
    let base_url = running.base_url();
    if let Some(path) = &args.proxy.ready_file {
        output::write_atomically(path, &format!("{base_url}\n"))?;
    }
    let trusted = || settings.trust.iter().flat_map(CommandTrust::changes);
    let route = ClientRoute {
        door: settings.door,
        base_url: &base_url,
        addr: running.addr,
        services: &settings.service.companions,
        endpoints: &settings.endpoints,
        region: &settings.region,
        kind: running.kind,
    };
    let asks_aws = running.mode != Mode::ReplayOnly && !settings.upstream.is_own;
    if asks_aws || args.keep_env {
        let mut changes = route.changes(parent)?;
        changes.extend(trusted());
        if running.mode != Mode::ReplayOnly {
            changes.extend(environment::as_profile(&settings.upstream, parent));
        }
        return child::run(&args.cmd, &changes, &variables, signals).await;
    }
    // The folder lives as long as CMD.
    let roles = running.recorded_roles();
    let folder = environment::aws_files(&settings.actors, &roles.profiles)?;
    let region = running.recorded_region(region::from_environment(parent));
    if let Some(moved) = region.as_deref().and_then(|region| region::describe_change(region, parent)) {
        console.note(&moved);
    }
    let isolation = Isolation {
        recorded_region: region.as_deref(),
        default_region: &settings.region,
        folder: folder.path(),
        actors: &settings.actors,
        profile: settings.upstream.profile_that_counts(),
        roles: &roles,
        base_url: &base_url,
    };
    let route = ClientRoute { region: region.as_deref().unwrap_or(route.region), ..route };
    let mut changes: Vec<VariableChange> = route.changes(parent)?;
    changes.extend(trusted());
    changes.extend(environment::isolated(&isolation, parent));
    child::run(&args.cmd, &changes, &variables, signals).await
}
