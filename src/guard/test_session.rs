//! One test among several that share a guard.

use super::error::RamtapeError;
use super::ramtape::{Ramtape, print};
use super::sdk_config::sdk_config;
use crate::app::{StopError, sanitize_session_name};
use crate::engine::Summary;
use crate::model::with_causes;
use crate::ui::{Exit, summary};
use aws_config::SdkConfig;
use std::fmt;
use std::mem;
use std::thread;

impl Ramtape {
    /// The session called `name`, from its beginning. Tests that share a guard or a cassette have one each, named after the test.
    ///
    /// ```
    /// # use std::error::Error;
    /// # use aws_sdk_ram::types::ResourceOwner;
    /// # use ramtape::Ramtape;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn Error>> {
    /// # let tape = Ramtape::replay("cassettes/quickstart").start().await?;
    /// let test = tape.session("lists_own_shares");
    /// let ram = aws_sdk_ram::Client::new(&test.sdk_config());
    /// ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).send().await?;
    /// test.end()?;
    /// # tape.stop().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn session(&self, name: &str) -> TestSession<'_> {
        TestSession::begin(self, name)
    }
}

/// One test's [session](Ramtape::session): its run, with a history of its own.
///
/// End it with [`Self::end`]. While recording, what was recorded is written as text when the last session that is open ends. A session
/// that is dropped ends too: if that is because the test panics, what it recorded is thrown away, and its misses are printed on stderr;
/// otherwise problems are printed there.
pub struct TestSession<'tape> {
    tape: &'tape Ramtape,
    name: String,
    url: String,
    /// How many misses were of earlier attempts: all, and those that are kept.
    missed_before: (u64, usize),
    has_ended: bool,
}

impl<'tape> TestSession<'tape> {
    /// The session called `name`, rewound.
    fn begin(tape: &'tape Ramtape, name: &str) -> Self {
        let name = sanitize_session_name(name);
        *tape.open_sessions.lock() += 1;
        tape.sessions.reset(&name);
        let url = format!("{}/~{name}", tape.url());
        let (missed, kept) = tape.sessions.misses(&name);
        Self { tape, name, url, missed_before: (missed, kept.len()), has_ended: false }
    }

    /// The endpoint URL for clients of this test: that of the guard, with the session's name behind it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The configuration of an AWS SDK client of this test; otherwise as [`Ramtape::sdk_config`].
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        sdk_config(&self.url, &self.tape.region)
    }

    /// The value of the recorded variable `name` of this session; see [`Ramtape::variable`].
    ///
    /// # Errors
    /// As there.
    pub async fn variable(&self, name: &str, value: &str) -> Result<String, RamtapeError> {
        self.tape.settle_variable(Some(self.name.clone()), name, value).await
    }

    /// Ends the test.
    ///
    /// # Errors
    /// [`RamtapeError::Problems`] where a request of the session missed, or something could not be recorded.
    pub fn end(mut self) -> Result<(), RamtapeError> {
        let summary = self.close()?;
        match Exit::from_summary(&summary) {
            Exit::Well => Ok(()),
            _ => Err(RamtapeError::Problems(Box::new(summary))),
        }
    }

    /// Ends the session, once; gives its problems.
    fn close(&mut self) -> Result<Summary, StopError> {
        if mem::replace(&mut self.has_ended, true) {
            return Ok(Summary::default());
        }
        let discarded = if thread::panicking() { self.tape.sessions.discard(&self.name) } else { Ok(()) };
        // Nobody begins before what was recorded is text.
        let mut open = self.tape.open_sessions.lock();
        *open -= 1;
        let is_last = *open == 0 && self.tape.is_recording();
        let mut summary = if is_last { self.tape.sessions.seal()? } else { Summary::default() };
        drop(open);
        discarded?;
        let (missed, mut misses) = self.tape.sessions.misses(&self.name);
        summary.missed = missed - self.missed_before.0;
        summary.misses = misses.split_off(self.missed_before.1);
        Ok(summary)
    }
}

/// Without the URL: while something is recorded, it is a secret.
impl fmt::Debug for TestSession<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSession").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for TestSession<'_> {
    fn drop(&mut self) {
        match self.close() {
            Ok(summary) => print(&summary::problems(&summary)),
            Err(error) => print(&[with_causes(&error)]),
        }
    }
}
