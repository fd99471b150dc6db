//! What replaying and recording share.

use crate::aws::IssuedKeys;
use crate::cassette::Cassette;
use crate::engine::calls::CallLog;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::response_cache::ResponseCache;
use crate::engine::role_labels::RoleLabels;
use crate::engine::settings::EngineSettings;
use crate::engine::stats::run::RunStats;
use crate::engine::stats::sessions::SessionStats;
use crate::engine::write_index::WriteIndex;
use crate::session::{Actors, LiveValues, Sessions};
use std::sync::Arc;

/// The engine's state: the opened cassette, where each session stands in it, and what was counted.
pub(super) struct EngineState {
    pub(super) settings: EngineSettings,
    pub(super) cassette: Cassette<PreparedEntry>,
    pub(super) sessions: Sessions,
    pub(super) live: LiveValues,
    pub(super) response_cache: ResponseCache,
    pub(super) actors: Actors,
    /// The temporary credentials that were handed out.
    pub(super) issued: Arc<IssuedKeys>,
    /// What callers with those are called.
    pub(super) role_labels: RoleLabels,
    pub(super) stats: RunStats,
    pub(super) writes: WriteIndex,
    pub(super) session_stats: SessionStats,
    pub(super) calls: CallLog,
}
