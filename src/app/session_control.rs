//! The sessions of a running proxy, for the code that started it.

use super::engines::Engines;
use crate::admin::{SessionAdmin, VariablesError};
use crate::engine::Miss;

/// Reads and changes the sessions of a running proxy, without asking it by HTTP.
#[derive(Clone, Debug)]
pub(crate) struct SessionControl(pub(super) Engines);

impl SessionControl {
    /// Rewinds the session called `name`, if there is one.
    pub(crate) fn reset(&self, name: &str) {
        self.0.reset(name);
    }

    /// What the session called `name` asked for in vain so far.
    pub(crate) fn misses(&self, name: &str) -> Vec<Miss> {
        let mut misses = self.0.summary().misses;
        misses.retain(|miss| miss.session.as_deref() == Some(name));
        misses
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
