//! Which answers of upstream are recorded.

use crate::interaction::json;
use crate::service::RecordingRules;
use crate::upstream::Answer;

/// The error that `answer` names, if it is one: from `x-amzn-errortype` (up to its first colon), else from the body's
/// `__type` or `code` (after a namespace's `#`).
pub(super) fn error_kind(answer: &Answer) -> Option<String> {
    if answer.status.is_success() {
        return None;
    }
    let named = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let written = || {
        let node = json::parse(&answer.body).ok()?;
        node.member("__type").or_else(|| node.member("code"))?.text().map(std::borrow::Cow::into_owned)
    };
    let kind = named.or_else(written)?;
    let kind = kind.split(':').next().unwrap_or_default();
    Some(kind.rsplit('#').next().unwrap_or_default().to_owned())
}

/// Whether an answer says something about RAM, and not only about this moment or these credentials.
pub(super) fn is_recordable(answer: &Answer, rules: &RecordingRules) -> bool {
    if answer.status.is_server_error() || answer.status.as_u16() == 429 {
        return false;
    }
    error_kind(answer)
        .is_none_or(|kind| !rules.transient_errors.contains(&kind) && !rules.authentication_errors.contains(&kind))
}
