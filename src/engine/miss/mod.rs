//! Why a request has no recorded answer, in words that help to mend it.

pub(super) mod message;
pub(super) mod nearest;
pub(super) mod other_service;
pub(super) mod random_parts;
