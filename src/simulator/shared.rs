//! The state of a running endpoint.

use super::dispatch::ServiceState;
use super::faults::Faults;
use super::generator::Generator;
use super::received::RequestLog;
use super::settings::SimulatorSettings;
use parking_lot::Mutex;

/// The state that connections and the handle share. No lock is held across an await.
#[derive(Debug)]
pub(super) struct EndpointState {
    pub(super) settings: SimulatorSettings,
    pub(super) state: Mutex<ServiceState>,
    pub(super) faults: Mutex<Faults>,
    pub(super) journal: Mutex<RequestLog>,
    pub(super) ended_sessions: Mutex<Vec<String>>,
    pub(super) request_ids: Mutex<Generator>,
}
