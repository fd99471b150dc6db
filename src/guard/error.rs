//! What can go wrong with a guard.

use crate::admin::VariablesError;
use crate::app::{StartError, StopError};
use crate::config::ConfigError;
use crate::engine::Summary;
use crate::model::with_causes;
use crate::ui::summary;
use std::fmt;
use std::io;
use std::path::PathBuf;
use tokio::task::JoinError;

/// Why a `Ramtape` did not start, or did not end well.
///
/// Its `Debug` is its message: that is what a test prints that fails with it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RamtapeError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no cassette to replay.
    #[error("there is no cassette in {}: {remedy}", folder.display())]
    NoCassette {
        /// Its folder.
        folder: PathBuf,
        /// How to record one.
        remedy: &'static str,
    },
    /// The proxy did not start.
    #[error("ramtape did not start")]
    Start(#[from] StartError),
    /// The system gave no thread for the proxy.
    #[error("the proxy has no thread to run on")]
    Thread(#[source] io::Error),
    /// The proxy panicked.
    #[error("the proxy failed")]
    Panicked(#[from] JoinError),
    /// A recorded variable has no value.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// What was recorded could not be written as text.
    #[error("ramtape did not stop well")]
    Stop(#[from] StopError),
    /// Requests missed, or something could not be recorded.
    #[error("{}", summary::problems(.0).join("\n"))]
    Problems(Box<Summary>),
}

impl fmt::Debug for RamtapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_causes(self))
    }
}
