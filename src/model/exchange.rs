//! What was asked and answered elsewhere.

use super::{Request, Response};

/// A request and its answer, as a transcript of HTTP has them.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// The latest write that the session had made before: `None` where the transcript does not say, and its order tells;
    /// `Some(None)` where there was none.
    pub after: Option<Option<String>>,
    /// The id of the write that it is, as others name it in `after`.
    pub write: Option<String>,
}
