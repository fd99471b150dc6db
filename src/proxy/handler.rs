//! What the proxy stands in front of.

use crate::model::{Request, Response};

/// Answers the requests that the guard let through.
pub trait Handler: Send + Sync + 'static {
    /// The response to `request`. The future is dropped when the request's time is up or its client disconnects: work that must
    /// finish belongs in a task of its own.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;
}
