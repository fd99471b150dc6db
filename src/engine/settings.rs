//! What the engine is told.

use super::identify::Table;
use super::pages::Pages;
use crate::model::{Actor, Secret};
use crate::redact::Redaction;
use crate::service::Service;
use std::sync::Arc;

/// What the record mode came to, once the cassette was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effective {
    /// Replay only: `none`, and `once` over a cassette that has takes.
    Nothing,
    /// Record what was not there at the start: `new_episodes`.
    Missing,
    /// Record everything: `all`, and `once` over an empty cassette.
    Everything,
}

/// How repeated requests go through the takes that answer them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Poll {
    /// Each take in turn, as recorded.
    #[default]
    Recorded,
    /// The last one at once: waiters end at their first poll.
    Final,
}

/// Whose credentials sign, as far as the command line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// It does not say: callers are to be of the account that signs, and of its profile where that can be told.
    AsFound,
    /// It names the profile that the callers are given too, so they are to be of its account.
    NamedForCallers,
    /// It names the profile for whoever calls.
    Named,
}

/// The engine's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What to record.
    pub mode: Effective,
    /// The service's table.
    pub service: Arc<Service>,
    /// Region of requests that name none.
    pub region: String,
    /// The principals that callers speak as.
    pub actors: Vec<Actor>,
    /// How repeated requests go through their takes.
    pub poll: Poll,
    /// The cassette as the user named it, for messages.
    pub cassette: String,
    /// The command that records what missed, for messages.
    pub record_command: String,
    /// The command that records everything anew, for messages.
    pub record_anew_command: String,
    /// The capability key.
    pub key: Secret,
    /// Whether callers need no proof.
    pub allow_any_client: bool,
    /// What the command line says of whose credentials sign.
    pub signer: Signer,
    /// Whether a miss is told when it happens, not at the end alone: whoever started a server does not see its clients.
    pub tells_misses: bool,
    /// Whether throttling, faults and authentication errors are recorded too.
    pub record_errors: bool,
    /// Whether writes are refused while recording.
    pub read_only: bool,
    /// How a replayed listing is cut into pages.
    pub pages: Pages,
    /// The rules of the cassette.
    pub redaction: Arc<Redaction>,
}

impl Settings {
    /// What requests are identified by.
    pub(super) fn table(&self) -> Table<'_> {
        Table { service: &self.service, region: &self.region, redaction: &self.redaction }
    }
}
