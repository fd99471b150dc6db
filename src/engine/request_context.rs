//! A request on its way through the engine.

use crate::engine::identify::IdentifiedRequest;
use crate::model::Request;
use std::borrow::Cow;
use std::sync::Arc;

/// A request and what its steps through the engine need to know of it. Made once, when it is identified.
#[derive(Clone, Debug)]
pub(super) struct RequestContext<'r> {
    /// The request as it came. Replaying borrows it; what goes upstream outlives its client and owns it.
    pub(super) request: Cow<'r, Request>,
    /// The session that it names.
    pub(super) session_name: Option<String>,
    /// What it asks.
    pub(super) identified: Arc<IdentifiedRequest>,
}

impl RequestContext<'_> {
    pub(super) fn session_name(&self) -> Option<&str> {
        self.session_name.as_deref()
    }

    /// Whether it goes upstream with its client's own signature.
    pub(super) fn keeps_signature(&self) -> bool {
        self.request.door.keeps_signature()
    }

    /// The client's id for this attempt and its retries, which SDKs send.
    pub(super) fn invocation_id(&self) -> Option<&str> {
        self.request.header("amz-sdk-invocation-id")
    }
}
