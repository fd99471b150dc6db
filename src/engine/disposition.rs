//! What is to become of an answer of upstream: whether it is recorded, is the client's alone, or is none of the service's.

use crate::aws::sigv4::Authorization;
use crate::aws::{Answer, Upstream};
use crate::engine::classify::{error_kind, is_recordable, is_web_page, page_title};
use crate::engine::identify::IdentifiedRequest;
use crate::engine::request_context::RequestContext;
use crate::engine::state::EngineState;
use http::StatusCode;

/// What AWS calls a path that no operation has, before it looks at the signature.
const UNKNOWN_OPERATION: &str = "UnknownOperationException";

/// What is to become of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    /// It belongs into the cassette.
    Record,
    /// It is the client's alone, as it tells of the moment or of who asks.
    PassOn,
    /// It is the client's alone, and nobody would expect that: the service did not give it.
    NotFromService,
}

/// What is to become of `answer`, as far as it tells by itself.
pub(super) fn judge_answer(state: &EngineState, context: &RequestContext<'_>, answer: &Answer) -> Disposition {
    let (settings, page, kind) = (&state.settings, &context.identified.page, error_kind(answer));
    if is_web_page(answer) {
        return if is_not_from_service(answer) { Disposition::NotFromService } else { Disposition::PassOn };
    }
    let recordable = settings.record_errors || is_recordable(answer, &settings.service.recording);
    let refused_token = page.token.is_some() && kind.is_some_and(|kind| kind == settings.service.paging.token_error);
    // What follows a token from elsewhere has no place among the chains; an error after one is an answer like any other.
    let foreign_page = page.foreign_token && answer.status.is_success();
    let is_unjudged = context.keeps_signature() && is_unjudged(context, answer);
    if recordable && !refused_token && !foreign_page && !is_unjudged {
        Disposition::Record
    } else {
        Disposition::PassOn
    }
}

/// Whether an answer is none of the service's, and no fault that passes: what stands before the service has web pages for those
/// too, and clients try again.
pub(super) fn is_not_from_service(answer: &Answer) -> bool {
    let passes = answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS;
    is_web_page(answer) && !passes
}

/// Says what came from upstream that is none of the service's.
pub(super) fn report_foreign_answer(
    state: &EngineState,
    upstream: &Upstream,
    identified: &IdentifiedRequest,
    answer: &Answer,
) {
    let page = ForeignAnswer {
        from: upstream.place(&identified.service, &identified.region),
        status: answer.status.as_u16(),
        title: page_title(answer).map(|title| format!(" ({title:?})")).unwrap_or_default(),
        service: identified.service.to_uppercase(),
    };
    state.stats.report_unrecorded(identified, &page);
}

/// A web page in place of an answer.
#[derive(Debug, thiserror::Error)]
#[error(
    "{from} answered {status} with a web page{title}, and {service} has none: the page is from something else, \
     such as a proxy, a network's sign-in page or another server; make sure that requests reach {service}, and record \
     again"
)]
struct ForeignAnswer {
    from: String,
    status: u16,
    title: String,
    service: String,
}

/// Whether upstream may have given `answer` without judging the signature: anybody could have asked for it, and what nobody
/// proved has no place in the cassette.
fn is_unjudged(context: &RequestContext<'_>, answer: &Answer) -> bool {
    let has_operation = context.identified.operation.is_some();
    // A token of the caller's, which upstream has judged, stands for a signature where credentials are handed out.
    let was_given_credentials = context.identified.issues_credentials() && answer.status.is_success();
    (!Authorization::is_in(&context.request.headers) && !was_given_credentials)
        || error_kind(answer).is_some_and(|kind| !has_operation || kind == UNKNOWN_OPERATION)
}
