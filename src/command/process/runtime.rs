//! The asynchronous runtime.

use crate::ui::CommandError;

/// The runtime that the proxy and CMD are driven by.
pub(in crate::command) fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|source| CommandError::Runtime { source })
}
