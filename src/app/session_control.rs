//! The sessions of a running proxy, for the code that started it.

use super::engines::Engines;
use super::seal_problems::add_problems;
use crate::admin::{SessionAdmin, VariablesError};
use crate::cassette::CassetteError;
use crate::engine::{Miss, Summary};

/// Reads and changes the sessions of a running proxy, without asking it by HTTP.
#[derive(Clone, Debug)]
pub(crate) struct SessionControl(pub(super) Engines);

impl SessionControl {
    /// Rewinds the session called `name`, if there is one.
    pub(crate) fn reset(&self, name: &str) {
        self.0.reset(name);
    }

    /// How often the session called `name` missed so far, and the misses, as far as they are kept.
    pub(crate) fn misses(&self, name: &str) -> (u64, Vec<Miss>) {
        let mut summary = self.0.summary();
        summary.misses.retain(|miss| miss.session.as_deref() == Some(name));
        let session = summary.sessions.iter().find(|session| session.name.as_deref() == Some(name));
        (session.map_or(0, |session| session.missed), summary.misses)
    }

    /// Throws away what the session called `name` has recorded and nobody has written as text. Blocks.
    ///
    /// # Errors
    /// Where the cassette cannot be written.
    pub(crate) fn discard(&self, name: &str) -> Result<(), CassetteError> {
        let engine = self.0.engine_of(name);
        engine.map_or(Ok(()), |engine| engine.discard_session(Some(name)).map(drop))
    }

    /// Writes what was recorded as text, while no client has anything left to ask; gives what did not become text. Blocks.
    ///
    /// # Errors
    /// Where a cassette cannot be sealed.
    pub(crate) fn seal(&self) -> Result<Summary, CassetteError> {
        let mut summary = Summary::default();
        add_problems(&mut summary, self.0.seal_early()?);
        Ok(summary)
    }

    /// The value that counts of the recorded variable `name` for `session`, that of callers that name none where it is `None`;
    /// `value` is used and kept where none is recorded.
    ///
    /// # Errors
    /// As the variants of [`VariablesError`] say.
    pub(crate) async fn settle_variable(
        self,
        session: Option<String>,
        name: String,
        value: String,
    ) -> Result<String, VariablesError> {
        let session = session.or_else(|| self.0.session.as_deref().map(str::to_owned));
        let settled = self.0.settle_values(session, vec![(name, value.clone())], |_| true).await?;
        Ok(settled.into_iter().next().map_or(value, |(_, settled)| settled))
    }
}
