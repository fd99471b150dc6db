//! `ramtape export`

use crate::app::Rules;
use crate::cassette::{self, Access, CassetteError, Validator};
use crate::cli::ExportArgs;
use crate::command::takes::recorded;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::engine::build_exchanges;
use crate::har;
use crate::model::counted;
use crate::model::with_causes;
use crate::ui::{CommandError, Console, Exit, Progress, output};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &ExportArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let policy = Arc::new(Rules::from_config(&config).only_sealing());
    let opening =
        cassette::CassetteSettings { policy: Arc::<Rules>::clone(&policy), ..cassette::CassetteSettings::default() };
    let opened = recorded::open_with(&config.cassette, Access::Replay, &opening, console)?;
    let validator = Validator { policy: &*policy, redaction: &opened.redaction };
    let (mut entries, mut secrets) = (Vec::new(), 0);
    let names = opened.cassette.fingerprints()?;
    let mut progress = Progress::new(console, "reading", names.len());
    for (folder, fingerprint) in names {
        progress.step();
        // Half a cassette is none: a damaged file ends it here.
        let Some(entry) = opened.cassette.entry(&folder, &fingerprint)? else { continue };
        match validator.search(&config.cassette, &fingerprint, &entry) {
            Ok(()) => entries.push((fingerprint, entry)),
            // What may not be text may not leave the store in another form either.
            Err(error @ CassetteError::Secret { .. }) => {
                progress.suspend(|| console.problem(&with_causes(&error)));
                secrets += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    drop(progress);
    let exchanges = build_exchanges(&config.service, entries);
    let text = har::write(&exchanges, key(&config.cassette)?.as_deref());
    if args.har.as_os_str() == "-" {
        output::print(&text)?;
    } else {
        output::write_file(&args.har, &text)?;
    }
    console.note(&format!("{} exported", counted(exchanges.len() as u64, "answer", "answers")));
    if secrets == 0 {
        return Ok(Exit::Well);
    }
    console.problem(&format!("{} left out", counted(secrets, "request with a secret is", "requests with secrets are")));
    Ok(Exit::Secret)
}

/// What tells the key from others that the pseudonyms of the cassette in `root` were made with: the one that it names, or else
/// has.
fn key(root: &Path) -> Result<Option<String>, CassetteError> {
    match cassette::read_redaction_spec(root)?.and_then(|spec| spec.key_check) {
        Some(named) => Ok(Some(named)),
        None => crate::maintenance::key_of(root),
    }
}
