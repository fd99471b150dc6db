//! `ramtape doctor`: what would keep a run from working, and what to do about it.

mod authority;
mod check;
mod environment;
mod git;
mod place;
mod upstream;

use crate::cli::DoctorArgs;
use crate::command::process::runtime;
use crate::config::{Config, Environment, Settings};
use crate::ui::{CommandError, Console, Exit, output, printable};
use check::{Check, Verdict};

pub(super) fn run(args: &DoctorArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let mut checks = environment::checks(environment);
    match configuration(args, environment) {
        Ok((config, check)) => {
            checks.insert(0, check);
            checks.extend(runtime()?.block_on(upstream::checks(&config, args.online)));
            checks.push(place::cassette(&config.cassette, console));
            checks.push(place::port(config.listen));
            checks.push(authority::check(&config));
            checks.extend(git::merge_driver(&config.cassette));
        }
        Err(error) => checks.insert(
            0,
            Check::fail(
                "configuration",
                crate::model::with_causes(&error),
                "correct \
            the configuration",
            ),
        ),
    }
    let text: String = checks.iter().map(|check| if args.json { check.json() } else { check.text() }).collect();
    output::print_styled(&text)?;
    Ok(if checks.iter().any(|check| check.verdict == Verdict::Fail) { Exit::Failed } else { Exit::Well })
}

fn configuration(args: &DoctorArgs, environment: &Environment) -> Result<(Config, Check), CommandError> {
    let settings = Settings::load(args.layer(), environment)?;
    let file = match settings.file() {
        Some(file) => format!("using {}", file.display()),
        None => "no ramtape.toml found; using the built-in defaults".to_owned(),
    };
    let mode = settings.mode_of_run(environment);
    let config = Config::from_settings(settings, mode)?;
    Ok((config, Check::ok("configuration", printable(&file).into_owned())))
}
