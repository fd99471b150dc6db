//! What replaying and recording share.

use crate::cassette::Cassette;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::response_cache::ResponseCache;
use crate::engine::settings::EngineSettings;
use crate::engine::stats::run::RunStats;
use crate::engine::stats::sessions::SessionStats;
use crate::engine::write_index::WriteIndex;
use crate::session::{Actors, LiveValues, Sessions};

/// The engine's state: the opened cassette, where each session stands in it, and what was counted.
pub(super) struct EngineState {
    pub(super) settings: EngineSettings,
    pub(super) cassette: Cassette<PreparedEntry>,
    pub(super) sessions: Sessions,
    pub(super) live: LiveValues,
    pub(super) response_cache: ResponseCache,
    pub(super) actors: Actors,
    pub(super) stats: RunStats,
    pub(super) writes: WriteIndex,
    pub(super) session_stats: SessionStats,
}
