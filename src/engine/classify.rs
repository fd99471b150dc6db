//! Which answers of upstream are recorded.

use crate::interaction;
use crate::service::RecordingRules;
use crate::upstream::Answer;

/// The error that `answer` names, if it is one.
pub(super) fn error_kind(answer: &Answer) -> Option<String> {
    let header = answer.headers.get(interaction::ERROR_HEADER).and_then(|value| value.to_str().ok());
    interaction::error_kind(answer.status.as_u16(), header, &answer.body)
}

/// Whether an answer says something about RAM, and not only about this moment or these credentials.
pub(super) fn is_recordable(answer: &Answer, rules: &RecordingRules) -> bool {
    if answer.status.is_server_error() || answer.status.as_u16() == 429 {
        return false;
    }
    error_kind(answer)
        .is_none_or(|kind| !rules.transient_errors.contains(&kind) && !rules.authentication_errors.contains(&kind))
}
