//! A proxy that listens, and its way back to a sealed cassette.

use super::engines::{AskingRoles, Engines};
use super::merged::with_tunnels;
use super::seal_problems::add_problems;
use super::session_control::SessionControl;
use super::variables::{Settled, VariableError, Wanted};
use crate::aws::EndpointKind;
use crate::cassette::CassetteError;
use crate::engine::{Mode, Summary};
use crate::model::{Secret, counted};
use crate::proxy;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Why the proxy did not stop well.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The cassette cannot be sealed; what was recorded stays in its store, and is sealed when it is next opened for recording.
    #[error("the cassette cannot be sealed; what was recorded is kept in its store")]
    Cassette(#[from] CassetteError),
    /// The thread that sealed the cassette died.
    #[error("sealing the cassette failed: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// A proxy that listens.
#[derive(Debug)]
pub struct RunningServer {
    /// Where.
    pub addr: SocketAddr,
    /// What is worth a line at the start.
    pub notices: Vec<String>,
    /// What is recorded. Where every session has its own cassette and `once` decides for each, what is missing.
    pub mode: Mode,
    /// Which of the service's public endpoints are asked, where something is recorded.
    pub kind: EndpointKind,
    /// What opens the inspector in a browser, with its token.
    pub inspector: String,
    /// How it is spoken to.
    pub(super) scheme: &'static str,
    pub(super) key: Secret,
    /// How long upstream may take.
    pub(super) answer_time: Duration,
    pub(super) began: SystemTime,
    /// The command that everything is asked by, for people.
    pub(super) asked_by: String,
    /// Whether everything that uses the cassette has run to a good end.
    pub(super) is_complete: bool,
    /// The region that the command ran in whose requests are recorded, where that is known.
    pub(super) ran_in: Option<String>,
    /// Whether nothing is kept of what was recorded.
    pub(super) discards: bool,
    /// The profiles by which the command may ask for roles.
    pub(super) roles: AskingRoles,
    /// Whether polls go through their takes one by one; else those that are skipped are not unused.
    pub(super) in_turn: bool,
    pub(super) engines: Engines,
    pub(super) proxy: proxy::RunningProxy,
}

impl RunningServer {
    /// What to hand to a client: while upstream can be reached, with the capability key in it.
    #[must_use]
    pub fn base_url(&self) -> String {
        match self.mode {
            Mode::ReplayOnly => format!("{}://{}", self.scheme, self.addr),
            Mode::RecordMissing | Mode::RecordAll => {
                format!("{}://{}/~{}", self.scheme, self.addr, self.key.expose())
            }
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        with_tunnels(self.engines.summary(), self.proxy.tunnels())
    }

    /// The region to run a command in that is replayed: the one that it ran in when it was recorded; where it ran in several,
    /// `own` if that is one of them. Where that is not known, the region of everything in the cassette, or in all cassettes, if
    /// it is one.
    #[must_use]
    pub fn recorded_region(&self, own: Option<&str>) -> Option<String> {
        self.engines.recorded_region(own)
    }

    /// The profiles by which roles were asked for where the cassette was recorded.
    pub(crate) fn recorded_roles(&self) -> AskingRoles {
        self.engines.recorded_roles()
    }

    /// Says which region the command ran in whose requests were recorded: [`Self::stop`] keeps it in the cassettes.
    pub fn ran_in(&mut self, region: impl Into<String>) {
        self.ran_in = Some(region.into());
    }

    /// The values that count of the recorded variables `wanted` for the run's own session, that of callers that name none.
    ///
    /// # Errors
    /// As the variants of [`VariableError`] say.
    pub(crate) async fn settle_variables(
        &self,
        wanted: Vec<(String, Wanted)>,
    ) -> Result<Vec<(String, Settled)>, VariableError> {
        self.engines.settle_for_run(wanted).await
    }

    /// The run's own session, and the folder of its cassette. "" is the one of callers that name none.
    pub(crate) fn own_session(&self) -> (&str, PathBuf) {
        let session = self.engines.session.as_deref().unwrap_or_default();
        (session, self.engines.cassette_of(session))
    }

    /// The sessions, for the code that started the proxy.
    pub(crate) fn session_control(&self) -> SessionControl {
        SessionControl(self.engines.clone())
    }

    /// Says which command everything is asked by; without secrets, as it is kept.
    pub fn asked_by(&mut self, command: impl Into<String>) {
        self.asked_by = command.into();
    }

    /// Says that everything that uses the cassette has run to a good end. Where it was only replayed, poll by poll, and nothing
    /// missed, [`Self::stop`] then keeps what was used, for `ramtape prune`.
    pub fn completed(&mut self) {
        self.is_complete = self.in_turn;
    }

    /// Says that what was recorded is of no use, as what asked for it has failed: [`Self::stop`] throws away what is not text yet.
    pub(crate) fn discard(&mut self) {
        self.discards = true;
    }

    /// Stops listening, lets requests in flight finish, seals the cassettes.
    ///
    /// # Errors
    /// Where a cassette cannot be sealed.
    pub async fn stop(self) -> Result<Summary, StopError> {
        self.stop_with_progress(|_| ()).await
    }

    /// As [`Self::stop`]; `step` is called before each request is sealed, with the number of all.
    ///
    /// # Errors
    /// As there.
    pub async fn stop_with_progress(self, step: impl FnMut(usize) + Send + 'static) -> Result<Summary, StopError> {
        // Those of connections that end with the proxy are among them.
        let tunnels = self.proxy.stop().await;
        self.engines.settle(self.answer_time).await;
        let Self { engines, mode, began, asked_by, is_complete, ran_in, discards, roles, .. } = self;
        let summary = tokio::task::spawn_blocking(move || {
            if discards {
                engines.discard_all()?;
            }
            let reports = engines.seal(step)?;
            let mut summary = engines.summary();
            if let Some(region) = ran_in {
                summary.notices.extend(engines.keep_region(&region));
            }
            summary.notices.extend(engines.keep_profiles(&roles));
            if is_complete {
                engines.keep_usage(&asked_by, began);
            }
            engines.keep_calls(&asked_by, began);
            // One reading may have stopped where another went on: what the text has whole is not recorded in part.
            let partial: Vec<String> =
                reports.iter().flat_map(|(_, report)| &report.partial).map(|(_, fp)| fp.to_string()).collect();
            summary.partial.retain(|listing| partial.iter().any(|fp| listing.ends_with(fp)));
            let superseded: usize = reports.iter().map(|(_, report)| report.superseded).sum();
            if superseded > 0 {
                let takes = counted(superseded, "take", "takes");
                summary
                    .notices
                    .push(format!("{takes} of earlier recordings removed: their requests were recorded again"));
            }
            if mode == Mode::RecordAll {
                summary.notices.extend(engines.describe_unchanged(&reports));
            }
            add_problems(&mut summary, reports);
            Ok::<_, CassetteError>(with_tunnels(summary, tunnels))
        });
        Ok(summary.await??)
    }
}
