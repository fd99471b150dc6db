//! The state of a running endpoint.

use super::dispatch::State;
use super::faults::Faults;
use super::generator::Generator;
use super::received::Journal;
use super::settings::Settings;
use parking_lot::Mutex;

/// What connections and the handle to the endpoint share. No lock is held across an await.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) state: Mutex<State>,
    pub(super) faults: Mutex<Faults>,
    pub(super) journal: Mutex<Journal>,
    pub(super) ended_sessions: Mutex<Vec<String>>,
    pub(super) request_ids: Mutex<Generator>,
}
