//! What a client that polls gets on replay.

/// What a client that polls gets on replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum PollSetting {
    /// Each recorded answer in turn.
    Recorded,
    /// The last recorded answer at once: waiters end at their first poll.
    Final,
}
