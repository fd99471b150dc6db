//! What of a run's configuration outlives its proxy.

use super::trust::CommandTrust;
use crate::app::Wanted;
use crate::aws::ServiceEndpoints;
use crate::config::{RecordMode, RunDoor, UpstreamConfig};
use crate::model::Actor;
use crate::service::Service;
use std::path::PathBuf;
use std::sync::Arc;

/// The settings of a run that are still needed once the proxy has the configuration.
pub(super) struct RunSettings {
    pub(super) mode: RecordMode,
    pub(super) door: RunDoor,
    /// What is known of the services.
    pub(super) service: Arc<Service>,
    /// The hosts of those that are recorded.
    pub(super) endpoints: ServiceEndpoints,
    pub(super) region: String,
    /// Where and as whom upstream is asked.
    pub(super) upstream: UpstreamConfig,
    pub(super) cassette: PathBuf,
    pub(super) actors: Vec<Actor>,
    /// Whether that is the parent of one cassette a session.
    pub(super) per_session: bool,
    /// Whether a run that did less than it was meant to has an exit code of its own.
    pub(super) strict: bool,
    /// The command that records what is missing.
    pub(super) record_command: String,
    /// The recorded variables that CMD is to be given.
    pub(super) variables: Vec<(String, Wanted)>,
    /// What makes CMD trust ramtape, where TLS is spoken between them.
    pub(super) trust: Option<CommandTrust>,
}
