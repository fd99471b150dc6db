//! When to record and when to replay.

/// When to record and when to replay, with the meanings VCR gave the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum RecordMode {
    /// Replay only. Upstream is never asked.
    None,
    /// Record if the cassette is empty or absent when ramtape starts, else replay only.
    Once,
    /// Replay what was there when ramtape started, record what was not.
    NewEpisodes,
    /// Ask upstream for everything and record it anew.
    All,
}
