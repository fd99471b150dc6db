//! `ramtape verify`

mod finding;
mod objection;
mod offline;
mod online;
mod outcome;
mod types;

use crate::app;
use crate::cassette::{self, Access, Cassette, Opened, SealReport};
use crate::cli::VerifyArgs;
use crate::command::process::runtime;
use crate::command::takes::recorded;
use crate::command::takes::recorded::Recorded;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::Refetcher;
use crate::model::counted;
use crate::model::with_causes;
use crate::service::OperationKind;
use crate::ui::{CommandError, Console, Exit, Progress, count_steps, output};
use finding::{Level, OfflineFinding};
use offline::Audit;
use online::UpdateTarget;
use outcome::{CheckedRead, ReadOutcome, Update};
use std::sync::Arc;

pub(super) fn run(args: &VerifyArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let online = !args.offline && (args.online || config.upstream.url.is_some());
    if args.update && !online {
        return Err(CommandError::Usage("--update needs --online or --upstream URL".to_owned()));
    }
    let access = if args.update { Access::Record { replace: true } } else { Access::Replay };
    let policy = Arc::new(app::Rules::from_config(&config));
    let settings = cassette::CassetteSettings { policy, ..cassette::CassetteSettings::default() };
    let opened = recorded::open_with(&config.cassette, access, &settings, console)?;
    let Audited { findings, requests, reads } = look_through(&opened.cassette, &config, online, console)?;
    let asked = if online { ask(args, &config, &opened, &reads, console)? } else { Vec::new() };
    output::print_styled(&text(&findings, &asked, args.json))?;
    let seal = || opened.cassette.seal_telling(&mut count_steps(console, "sealing"));
    let sealed = if args.update { seal()? } else { SealReport::default() };
    print_totals(&findings, online.then_some(&asked), requests, console);
    for (folder, fingerprint, reason) in &sealed.failed {
        let seal = format!("`ramtape seal --cassette {}`", crate::model::shell_path(&config.cassette));
        console.problem(&format!(
            "{folder}/{fingerprint} is only in the store, as it could not be written as text: {reason}. {seal} tries again"
        ));
    }
    // What is wrong with them hides nothing else.
    opened.cassette.variables()?;
    Ok(verdict(args, &findings, &asked, &sealed))
}

/// What looking through the files brought.
struct Audited {
    findings: Vec<OfflineFinding>,
    /// How many requests could be read.
    requests: usize,
    /// Those of them that are to be asked.
    reads: Vec<Recorded>,
}

fn look_through(
    cassette: &Cassette<()>,
    config: &Config,
    online: bool,
    console: Console,
) -> Result<Audited, CommandError> {
    let mut audit = Audit::new(&config.service, &config.cassette);
    let (mut requests, mut reads) = (0, Vec::new());
    let is_write = |name: &str| config.service.operation_named(name).is_some_and(|it| it.kind == OperationKind::Write);
    let names = cassette.fingerprints()?;
    let mut progress = Progress::new(console, "reading", names.len());
    for (folder, fingerprint) in names {
        progress.step();
        match cassette.entry(&folder, &fingerprint) {
            Ok(Some(entry)) => {
                let recorded = Recorded { fingerprint, folder, entry };
                audit.look_at(&recorded);
                requests += 1;
                reads.extend((online && !is_write(recorded.entry.operation.as_str())).then_some(recorded));
            }
            Ok(None) => {}
            Err(error) => audit.damaged(&folder, fingerprint, with_causes(&error)),
        }
    }
    Ok(Audited { findings: audit.findings(), requests, reads })
}

fn ask(
    args: &VerifyArgs,
    config: &Config,
    opened: &Opened<()>,
    recorded: &[Recorded],
    console: Console,
) -> Result<Vec<CheckedRead>, CommandError> {
    let runtime = runtime()?;
    let destination = runtime.block_on(app::destination(config)).map_err(app::StartError::from)?;
    destination.notices.iter().for_each(|notice| console.note(notice));
    let source = app::credential_source(config);
    let upstream = app::upstream(config, &destination, source, "").map_err(app::StartError::from)?;
    let (service, actors) = (&config.service, config.actors.as_slice());
    let reask = Refetcher { service, actors, upstream: &upstream, redaction: &opened.redaction };
    let recording =
        args.update.then_some(UpdateTarget { cassette: &opened.cassette, ignore_values: args.ignore_values });
    let mut progress = Progress::new(console, "asking", recorded.len());
    Ok(runtime.block_on(online::ask(reask, recorded, recording.as_ref(), &mut progress)))
}

fn text(findings: &[OfflineFinding], asked: &[CheckedRead], json: bool) -> String {
    let findings = findings.iter().map(|finding| if json { finding.json() } else { finding.text() });
    let asked = asked.iter().map(|asked| if json { asked.json() } else { asked.text() });
    findings.chain(asked).collect()
}

/// The closing lines. `asked` is `None` where nobody was asked.
fn print_totals(findings: &[OfflineFinding], asked: Option<&Vec<CheckedRead>>, requests: usize, console: Console) {
    let wrong = findings.iter().filter(|finding| finding.level == Level::Problem).count();
    console.note(&format!("{} read, {wrong} wrong in them", counted(requests as u64, "request", "requests")));
    let Some(asked) = asked else { return };
    let count = |fits: &dyn Fn(&ReadOutcome) -> bool| asked.iter().filter(|asked| fits(&asked.outcome)).count();
    let read = counted(asked.len() as u64, "recorded read", "recorded reads");
    console.note(&format!(
        "{read}: {} the same, {} with other values, {} of another shape, {} not asked, {} without an answer",
        count(&|outcome| matches!(outcome, ReadOutcome::Same)),
        count(&|outcome| matches!(outcome, ReadOutcome::Values(_))),
        count(&|outcome| matches!(outcome, ReadOutcome::Shape(..))),
        count(&|outcome| matches!(outcome, ReadOutcome::NotRefetchable(_))),
        count(&|outcome| matches!(outcome, ReadOutcome::Failed(_))),
    ));
    let own = count(&|outcome| matches!(outcome, ReadOutcome::OwnWrite(..)));
    if own > 0 {
        console.note(&format!(
            "{} after the test suite's own writes {}; the writes are not repeated, so this is not drift",
            counted(own as u64, "read", "reads"),
            if own == 1 { "differs" } else { "differ" }
        ));
    }
    let keyless = count(&|outcome| matches!(outcome, ReadOutcome::Keyless));
    if keyless > 0 {
        console.problem(&format!(
            "{} could not be compared: the redaction key is missing. Give the key that the cassette was \
                recorded with (RAMTAPE_REDACT_KEY, or key_file in [redact]), or add --ignore-values",
            counted(keyless as u64, "read", "reads")
        ));
    }
    let recorded = asked.iter().filter(|asked| asked.update == Update::Recorded).count();
    if recorded > 0 {
        console.note(&format!("{} recorded again", counted(recorded as u64, "read", "reads")));
    }
}

/// A secret comes first, then what is wrong or has drifted, then what could not be recorded or found out.
fn verdict(args: &VerifyArgs, findings: &[OfflineFinding], asked: &[CheckedRead], sealed: &SealReport) -> Exit {
    let sealing = Exit::from_seal_report(sealed);
    let wrong = findings.iter().any(|finding| finding.level == Level::Problem);
    let drifted = |asked: &CheckedRead| asked.outcome.is_drift(args.ignore_values) && asked.update != Update::Recorded;
    if sealing == Exit::Secret {
        sealing
    } else if wrong || asked.iter().any(drifted) {
        Exit::Cassette
    } else if sealing != Exit::Well {
        sealing
    } else if asked.iter().any(|asked| asked.outcome.is_open(args.ignore_values)) {
        Exit::Failed
    } else {
        Exit::Well
    }
}
