//! Taking a transcript into a cassette, as a recording would have.

use super::opener::Opener;
use super::rules::Rules;
use crate::cassette::{Access, Cassette, CassetteError, SealReport, Settings};
use crate::config::Config;
use crate::engine::{Carried, Effective, Importer, Prepared};
use crate::interaction::{Exchange, with_causes};
use crate::proxy::without_prefixes;
use std::sync::Arc;

/// Takes `exchanges` into the cassette that `config` names, in this order, and writes its text. `done` is told of each what
/// became of it: `Err` where it could not be taken in, and why.
///
/// # Errors
/// Where the cassette cannot be opened or sealed.
pub async fn import(
    config: &Config,
    exchanges: Vec<Exchange>,
    mut done: impl FnMut(Result<Carried, String>),
) -> Result<SealReport, CassetteError> {
    let access = Access::Record { replace: false };
    let warden = Arc::new(Rules::of(config));
    let settings = Settings { warden: Arc::<Rules>::clone(&warden), ..Settings::default() };
    let opened = Cassette::open(&config.cassette, access, Prepared::new, &settings)?;
    let opener = Opener { config: config.clone(), warden, upstream: None };
    let engine = opener.engine(&config.cassette, Effective::Everything, opened).engine;
    let mut importer = Importer::new(&engine);
    for mut exchange in exchanges {
        exchange.request = without_prefixes(exchange.request, &config.key);
        done(importer.take_in(exchange).await.map_err(|error| with_causes(&error)));
    }
    engine.cassette().seal()
}
