//! What is explained.

use crate::engine::Explanation;

/// What is explained, and of which call.
pub(super) struct Explained {
    /// The call's number, and the command that ran; `None` of a request that nobody has made.
    pub(super) call: Option<(u64, String)>,
    pub(super) explanation: Explanation,
}
