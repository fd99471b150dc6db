//! What is asked of a session.

use crate::fingerprint::Fingerprint;
use crate::model::Take;

/// What marks a request as a repetition of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RetryKey {
    /// A client's retry: the same `amz-sdk-invocation-id`.
    Invocation(String),
    /// A write that names itself: the same idempotency token.
    IdempotencyToken(String),
}

/// A request for which a take is to be selected.
pub struct TakeQuery<'a> {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The session that asks, if it is named.
    pub session: Option<&'a str>,
    /// The page size asked for.
    pub max_results: Option<u32>,
    /// What would mark a later request as this one's repetition.
    pub retry_keys: Vec<RetryKey>,
    /// Whether a read gets the last take of its group at once.
    pub skip_to_last: bool,
    /// Which takes can answer it.
    pub can_answer: &'a dyn Fn(&Take) -> bool,
}
