//! The guard itself.

use super::error::RamtapeError;
use super::own_runtime::OwnRuntime;
use super::sdk_config::sdk_config;
use crate::app::{RunningServer, SessionControl};
use crate::engine::{Mode, Summary};
use crate::model::with_causes;
use crate::ui::{Exit, summary};
use aws_config::SdkConfig;
use parking_lot::Mutex;
use std::fmt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a guard that is dropped waits for its proxy, which waits five seconds for requests in flight.
const DROP_TIME: Duration = Duration::from_secs(10);

/// ramtape in the process of a test.
///
/// It listens on a free port of 127.0.0.1 until it is stopped. Nothing of the process is changed, and guards know nothing of each
/// other: tests run in parallel.
///
/// ```
/// # use std::error::Error;
/// use aws_sdk_ram::types::ResourceOwner;
/// use ramtape::Ramtape;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn Error>> {
/// let tape = Ramtape::replay("cassettes/quickstart").start().await?;
///
/// let ram = aws_sdk_ram::Client::new(&tape.sdk_config());
/// let shares = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).send().await?;
/// assert_eq!(shares.resource_shares().len(), 5);
///
/// tape.stop().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Runtime
///
/// The proxy has a thread of its own. It answers while the test blocks its thread, as with a blocking client or a child process, and it
/// outlives the runtime of the test that started it, so that tests can share a guard in a static. Everything here can be awaited on
/// any runtime.
///
/// # The end
///
/// End each test with [`Self::stop`]. A guard that is dropped instead stops too, and waits for that, ten seconds at most.
///
/// - If it is dropped because the test panics, what it recorded is thrown away, so that nothing of a failed test enters the
///   cassette, and its misses are printed on stderr.
/// - Otherwise what it recorded is written as text, as [`Self::stop`] does, but problems are only printed on stderr.
///
/// A guard in a static is never dropped: use [sessions](Self::session), whose recordings are written as they end.
pub struct Ramtape {
    pub(super) url: String,
    /// The region of clients.
    pub(super) region: String,
    pub(super) sessions: SessionControl,
    /// How many sessions have not ended. Who holds it while nobody else has one can seal what was recorded.
    pub(super) open_sessions: Mutex<usize>,
    /// `None` once it is stopped.
    pub(super) server: Option<RunningServer>,
    pub(super) runtime: OwnRuntime,
}

impl Ramtape {
    /// The endpoint URL for clients. While something is recorded, there is a key in it: hand on the whole URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The configuration of an AWS SDK client of this guard: [`Self::url`], the region of the recording, and credentials that mean
    /// nothing. The environment and the shared files of AWS are not read.
    ///
    /// Another region, retries and the like can be set with [`SdkConfig::into_builder`].
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        sdk_config(&self.url, &self.region)
    }

    /// The value of the recorded variable `name`: while recording `value`, which is kept in the cassette; on replay the recorded
    /// one.
    ///
    /// # Errors
    /// Where the cassette was recorded without the variable, or cannot hold it.
    pub async fn variable(&self, name: &str, value: &str) -> Result<String, RamtapeError> {
        self.settle_variable(None, name, value).await
    }

    /// Stops: requests in flight are finished, and what was recorded is written as text. Gives what happened.
    ///
    /// # Errors
    /// [`RamtapeError::Problems`] where a request missed or something could not be recorded: all that makes `ramtape run` end with
    /// an exit code of its own.
    pub async fn stop(mut self) -> Result<Summary, RamtapeError> {
        let Some(server) = self.server.take() else { return Ok(Summary::default()) };
        let summary = self.runtime.spawn(server.stop()).await??;
        match Exit::from_summary(&summary) {
            Exit::Well => Ok(summary),
            _ => Err(RamtapeError::Problems(Box::new(summary))),
        }
    }

    pub(super) fn is_recording(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.mode != Mode::ReplayOnly)
    }

    pub(super) async fn settle_variable(
        &self,
        session: Option<String>,
        name: &str,
        value: &str,
    ) -> Result<String, RamtapeError> {
        let settling = self.sessions.clone().settle_variable(session, name.to_owned(), value.to_owned());
        Ok(self.runtime.spawn(settling).await??)
    }
}

/// Without the URL: while something is recorded, it is a secret.
impl fmt::Debug for Ramtape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addr = self.server.as_ref().map(|server| server.addr);
        f.debug_struct("Ramtape").field("addr", &addr).finish_non_exhaustive()
    }
}

impl Drop for Ramtape {
    fn drop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let mut notices = Vec::new();
        if thread::panicking() {
            server.discard();
            notices.append(&mut server.notices);
        }
        let (done, stopped) = mpsc::channel();
        self.runtime.spawn(async move { done.send(server.stop().await) });
        let problems = match stopped.recv_timeout(DROP_TIME) {
            Ok(Ok(summary)) => summary::problems(&summary),
            Ok(Err(error)) => vec![with_causes(&error)],
            Err(_) => vec!["the proxy did not stop in time: what it recorded last may be pending".to_owned()],
        };
        print(notices.iter().chain(&problems));
    }
}

/// Prints lines on stderr, where the test harness shows them with a test that failed.
pub(super) fn print<'a>(lines: impl IntoIterator<Item = &'a String>) {
    for line in lines {
        eprintln!("ramtape: {line}");
    }
}
