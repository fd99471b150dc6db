//! How a replayed listing is cut into pages.

/// How a replayed listing is cut into pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum PagesSetting {
    /// As the client asks: as recorded for the page size that was recorded, anew for another.
    Requested,
    /// As recorded, whatever the client asks.
    Recorded,
    /// In one-item, short and empty pages, all of them legal: to test a client's loop.
    Adversarial,
}
