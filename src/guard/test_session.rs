//! One test among several that share a guard.

use super::error::RamtapeError;
use super::ramtape::{Ramtape, print};
use super::sdk_config::sdk_config;
use crate::app::sanitize_session_name;
use crate::engine::Summary;
use crate::ui::summary;
use aws_config::SdkConfig;
use std::fmt;
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
/// It ends with [`Self::end`], or when it is dropped. If that is because the test panics, the misses of the session are printed on
/// stderr.
pub struct TestSession<'tape> {
    tape: &'tape Ramtape,
    name: String,
    url: String,
    /// How many misses are of earlier attempts.
    missed_before: usize,
    has_ended: bool,
}

impl<'tape> TestSession<'tape> {
    /// The session called `name`, rewound.
    fn begin(tape: &'tape Ramtape, name: &str) -> Self {
        let name = sanitize_session_name(name);
        tape.sessions.reset(&name);
        let url = format!("{}/~{name}", tape.url());
        let missed_before = tape.sessions.misses(&name).len();
        Self { tape, name, url, missed_before, has_ended: false }
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
    /// [`RamtapeError::Problems`] where a request of the session missed.
    pub fn end(mut self) -> Result<(), RamtapeError> {
        self.has_ended = true;
        match self.missed() {
            None => Ok(()),
            Some(missed) => Err(RamtapeError::Problems(Box::new(missed))),
        }
    }

    /// The misses of this attempt, if there are any.
    fn missed(&self) -> Option<Summary> {
        let misses = self.tape.sessions.misses(&self.name).split_off(self.missed_before);
        (!misses.is_empty()).then(|| Summary { missed: misses.len() as u64, misses, ..Summary::default() })
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
        if thread::panicking() && !self.has_ended {
            print(&self.missed().as_ref().map(summary::problems).unwrap_or_default());
        }
    }
}
