//! What the engine is told.

use crate::aws::ServiceEndpoints;
use crate::model::{Actor, Secret};
use crate::redact::Redaction;
use crate::service::Service;
use std::sync::{Arc, OnceLock};

/// What the record mode came to, once the cassette was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Replay only: `none`, and `once` over a cassette that has takes.
    ReplayOnly,
    /// Record what was not there at the start: `new_episodes`.
    RecordMissing,
    /// Record everything: `all`, and `once` over an empty cassette.
    RecordAll,
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

/// How a replayed listing is cut into pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pages {
    /// As the client asks: as recorded for the page size that was recorded, anew for another.
    #[default]
    Requested,
    /// As recorded, whatever the client asks.
    Recorded,
    /// In one-item, short and empty pages, all of them legal.
    Adversarial,
}

/// The engine's settings.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// What to record.
    pub mode: Mode,
    /// What is known of the services.
    pub service: Arc<Service>,
    /// The hosts of those that are recorded.
    pub endpoints: ServiceEndpoints,
    /// Region of requests that name none.
    pub region: String,
    /// The principals that callers speak as.
    pub actors: Vec<Actor>,
    /// How repeated requests go through their takes.
    pub poll: Poll,
    /// Memory for requests and what they were answered, in bytes.
    pub response_memory: u64,
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
    /// Whether callers of any account are signed for: the command line names the profile for whoever calls.
    pub signs_for_any_account: bool,
    /// Whether a miss is told when it happens, not at the end alone: whoever started a server does not see its clients.
    pub tells_misses: bool,
    /// Whether throttling, faults and authentication errors are recorded too.
    pub record_errors: bool,
    /// Whether writes are refused while recording.
    pub read_only: bool,
    /// Whether all that is recorded stays pending until the recording ends, so that it can be discarded. What named sessions
    /// record does so anyway.
    pub stays_pending: bool,
    /// How a replayed listing is cut into pages.
    pub pages: Pages,
    /// The rules of the cassette.
    pub redaction: Arc<Redaction>,
    /// Where the inspector of this ramtape is, once it listens: what missed says where it is shown.
    pub inspector: Arc<OnceLock<String>>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail")]
impl EngineSettings {
    /// Settings of a replay that knows RAM and STS.
    pub(super) fn for_tests() -> Self {
        use crate::aws::ServiceEndpoint;
        use crate::redact::{Key, KeySource};
        let recorded = ["ram", "sts"];
        let service =
            Service::recording(recorded.map(str::to_owned).to_vec(), &toml::Table::new(), &toml::Table::new()).unwrap();
        Self {
            mode: Mode::ReplayOnly,
            service: Arc::new(service),
            endpoints: ServiceEndpoints::new(recorded.map(ServiceEndpoint::regional).to_vec()),
            region: "us-east-1".to_owned(),
            actors: Vec::new(),
            poll: Poll::default(),
            response_memory: 16 << 20,
            cassette: "cassettes/default".to_owned(),
            record_command: String::new(),
            record_anew_command: String::new(),
            key: Secret::new(""),
            allow_any_client: false,
            signs_for_any_account: false,
            tells_misses: false,
            record_errors: false,
            read_only: false,
            stays_pending: false,
            pages: Pages::default(),
            redaction: Arc::new(Redaction::built_in(KeySource::Known(Key::public()))),
            inspector: Arc::default(),
        }
    }
}
