//! Faults that a test injects.

use std::time::Duration;

use bytes::Bytes;

/// What happens to a request instead of, or on top of, its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// 429 `ThrottlingException`; the operation is not done.
    Throttled,
    /// 503 `ServiceUnavailableException`; the operation is not done.
    Unavailable,
    /// 500 `ServerInternalException`; the operation is not done.
    InternalError,
    /// 403 `ExpiredTokenException`; the operation is not done.
    ExpiredToken,
    /// An error of this status, name and message; the operation is not done.
    Refused {
        /// The HTTP status.
        status: u16,
        /// As in `AccessDeniedException`.
        name: String,
        /// The body's message.
        message: String,
    },
    /// No answer until the endpoint stops; the operation is not done.
    Stall,
    /// The connection is reset before a byte of the answer; the operation is not done.
    Reset,
    /// Bytes that are not HTTP, then the end; the operation is not done.
    Garbage,
    /// The operation is done, but only half of the announced body comes, then the end.
    HalfBody,
    /// The answer comes with chunked encoding, without a length.
    Chunked,
    /// The answer says `Connection: close`, and the connection is closed after it.
    ConnectionClose,
    /// The answer has this content type.
    ContentType(String),
    /// A JSON object of so many MiB, mostly blanks; the operation is not done.
    Mebibytes(u64),
    /// The answer comes this much later.
    Latency(Duration),
    /// Exactly this; the operation is not done.
    Raw {
        /// The HTTP status.
        status: u16,
        /// None: the header is left out.
        content_type: Option<String>,
        /// The body's bytes.
        body: Bytes,
    },
}

/// An effect on the next requests.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    times: u64,
    operation: Option<String>,
}

impl Fault {
    /// On the next request, whichever it is.
    #[must_use]
    pub fn next(effect: Effect) -> Self {
        Self { effect, times: 1, operation: None }
    }

    /// On so many requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// On requests of this operation only.
    #[must_use]
    pub fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }
}

/// The faults to come, in the order they were injected. A request meets one at most.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to a request of `operation`.
    pub(super) fn take(&mut self, operation: Option<&str>) -> Option<Effect> {
        let applies = |fault: &&mut Fault| {
            fault.times > 0 && fault.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
        };
        let fault = self.0.iter_mut().find(applies)?;
        fault.times -= 1;
        let effect = fault.effect.clone();
        self.0.retain(|fault| fault.times > 0);
        Some(effect)
    }
}
