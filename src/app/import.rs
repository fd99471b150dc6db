//! Taking a transcript into a cassette, as a recording would have.

use super::opener::Opener;
use super::rules::Rules;
use crate::cassette::{Access, Cassette, CassetteError, CassetteSettings, SealReport};
use crate::config::Config;
use crate::engine::{EngineError, ImportOutcome, Importer, Mode, PreparedEntry};
use crate::model::Exchange;
use crate::proxy::strip_prefixes;
use std::path::Path;
use std::sync::Arc;

/// Takes `exchanges` in this order into a cassette in the folder `apart`, as if it were the one that `config` names, and
/// writes its text. Its rules are `rules`. `done` is told of each what became of it: `Err` where it could not be taken in, and why.
///
/// # Errors
/// Where the cassette cannot be opened or sealed.
pub(crate) async fn import(
    config: &Config,
    rules: Rules,
    apart: &Path,
    exchanges: Vec<Exchange>,
    mut done: impl FnMut(Result<ImportOutcome, EngineError>),
) -> Result<SealReport, CassetteError> {
    let access = Access::Record { replace: false };
    let policy = Arc::new(rules.standing_in(apart, &config.cassette));
    let settings = CassetteSettings { policy: Arc::<Rules>::clone(&policy), ..CassetteSettings::default() };
    let opened = Cassette::open(apart, access, PreparedEntry::new, &settings)?;
    let opener = Opener { config: config.clone(), policy, upstream: None, inspector: Arc::default() };
    let engine = opener.engine(&config.cassette, Mode::RecordAll, opened).engine;
    let mut importer = Importer::new(&engine);
    let own = |exchange: Exchange| Exchange { request: strip_prefixes(exchange.request, &config.key), ..exchange };
    let exchanges: Vec<Exchange> = exchanges.into_iter().map(own).collect();
    importer.look_through(exchanges.iter());
    for exchange in exchanges {
        done(importer.take_in(exchange).await);
    }
    let mut report = engine.cassette().seal()?;
    // The folder will be gone when people read of it.
    let (real, told) = (config.cassette.to_string_lossy(), apart.to_string_lossy());
    report.failed.iter_mut().for_each(|(_, _, reason)| *reason = reason.replace(&*told, &real));
    Ok(report)
}
