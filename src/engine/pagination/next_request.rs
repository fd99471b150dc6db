//! How a request goes upstream: as it came, with upstream's own token put in, or after walking a listing anew up to the
//! place where the client stands.

use crate::aws::Answer;
use crate::cassette::TakeHead;
use crate::engine::classify::is_web_page;
use crate::engine::error::EngineError;
use crate::engine::pagination::chains::Chain;
use crate::engine::pagination::page_loop_guard::{PageLoopGuard, PaginationError};
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::recorder::{Recorder, UpstreamRequest};
use crate::engine::settings::Mode;
use crate::engine::state::EngineState;
use crate::engine::volatile::{fill_holes, live_values, punch_holes};
use crate::json;
use crate::model::{Body, Page, Take};
use crate::session::Bindings;
use crate::token::{ExtractedToken, Token, drop_first_items, extract_token, item_texts};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How to get the answer.
pub(in crate::engine) enum NextRequest {
    /// Send this body; the answer goes on with this chain (`None`: it begins one).
    TakeQuery {
        /// The body, upstream's token in it where there is one.
        body: Bytes,
        /// The chain.
        chain: Option<Arc<Mutex<Chain>>>,
    },
    /// The walk has come upon the answer itself.
    Answered {
        /// The page.
        answer: Answer,
        /// The chain that it goes on with.
        chain: Arc<Mutex<Chain>>,
    },
    /// The walk met something that is no page: throttling, a refusal. The client gets it as it is.
    PassedOn(Answer),
}

/// Decides how `upstream_request` goes upstream.
pub(in crate::engine) async fn onward(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> Result<NextRequest, EngineError> {
    let body = upstream_request.request.body.clone();
    let Some(token) = upstream_request.identified.page.token else {
        return Ok(NextRequest::TakeQuery { body, chain: None });
    };
    if upstream_request.keeps_signature() {
        return onward_as_signed(state, recorder, upstream_request, &token).await;
    }
    let token_member = &state.settings.service.paging.token;
    if let Some(open) =
        recorder.chains.at(upstream_request.session_name.as_ref(), token.key(), &upstream_request.reading())
    {
        let body = with_token(&body, token_member, open.upstream_token.expose())?;
        return Ok(NextRequest::TakeQuery { body, chain: Some(open.chain) });
    }
    let mut chain = reopened(state, upstream_request, &token)?;
    // A token kept by an earlier run may have expired: where older takes are continued, the way is walked anew.
    if state.settings.mode == Mode::RecordAll
        && let Some(kept) = state.cassette.upstream_token(&token.key())
    {
        let body = with_token(&body, token_member, kept.expose())?;
        chain.give(kept.expose(), token);
        return Ok(NextRequest::TakeQuery { body, chain: Some(Arc::new(Mutex::new(chain))) });
    }
    walk(state, recorder, upstream_request, (chain, token)).await
}

/// As [`onward`], where nothing can be put into the body: it has upstream's own token already, or none that upstream knows.
async fn onward_as_signed(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    token: &Token,
) -> Result<NextRequest, EngineError> {
    if !upstream_request.identified.page.was_upstreams {
        return Err(EngineError::SignedToken);
    }
    let open = recorder.chains.at(upstream_request.session_name.as_ref(), token.key(), &upstream_request.reading());
    let open = open.map(|open| open.chain);
    let reopened = || reopened(state, upstream_request, token).map(|chain| Arc::new(Mutex::new(chain)));
    match open.map_or_else(reopened, Ok) {
        Ok(chain) => Ok(NextRequest::TakeQuery { body: upstream_request.request.body.clone(), chain: Some(chain) }),
        // The pages before are gone: what follows has no place, and is still the client's answer.
        Err(EngineError::Token(_)) => {
            Ok(NextRequest::PassedOn(recorder.upstream.pass_on(&upstream_request.request).await?))
        }
        Err(error) => Err(error),
    }
}

fn with_token(body: &Bytes, member: &str, token: &str) -> Result<Bytes, EngineError> {
    Ok(json::with_text(body, member, token).map_err(crate::fingerprint::ParameterError::from)?.into())
}

/// The chain that `token` continues, as the cassette has it: with the pages behind that place too, so that one that is asked for
/// again is known.
pub(in crate::engine) fn reopened(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    token: &Token,
) -> Result<Chain, EngineError> {
    let identified = &upstream_request.identified;
    let items_member = identified.items_member().unwrap_or_default();
    let nowhere = || EngineError::Token("no chain recorded here begins with the pages that it continues".to_owned());
    let prepared = state.cassette.lookup(&identified.folder, &identified.fingerprint)?.ok_or_else(nowhere)?;
    let take = continued(&prepared, items_member, token).ok_or_else(nowhere)?;
    let head = TakeHead {
        session: take.session.clone(),
        after: take.after.clone(),
        id: None,
        max_results: take.max_results,
        complete: false,
    };
    Ok(Chain::new(head, take.pages.clone(), items_member))
}

fn continued<'a>(prepared: &'a PreparedEntry, items_member: &str, token: &Token) -> Option<&'a Take> {
    if token.fingerprint != crate::engine::prepared_entry::fingerprint_start(&prepared.fingerprint) {
        return None;
    }
    let takes = prepared.takes(Some(items_member)).iter().zip(&prepared.entry.takes);
    let fitting = takes.filter(|(ready, _)| ready.continues(token)).map(|(_, take)| take);
    // One that ends there is gone on with; what another already knows behind it need not be stored again.
    fitting.max_by_key(|take| take.pages.len())
}

/// Walks the listing from its first page until the items that the client has seen have come by. They must be the same
/// items: else the client gets what an expired token gets. It is for the client alone, and ends when nobody waits for it.
async fn walk(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    (mut chain, place): (Chain, Token),
) -> Result<NextRequest, EngineError> {
    let paging = &state.settings.service.paging;
    let items_member = upstream_request.identified.items_member().unwrap_or_default();
    let live = live_values(state, &upstream_request.request);
    let before = chain.pages().get(..place.position as usize).ok_or_else(changed)?;
    let mut seen = Seen::new(before, items_member, live.as_deref());
    let first = json::without(&upstream_request.request.body, &paging.token)
        .map_err(crate::fingerprint::ParameterError::from)?;
    let mut body = Bytes::from(first);
    let mut guard = PageLoopGuard::default();
    while upstream_request.is_awaited() {
        let identified = &upstream_request.identified;
        let answer =
            recorder.upstream.send(&identified.actor, &upstream_request.request, body, &identified.region).await?;
        if !answer.status.is_success() || is_web_page(&answer) {
            return Ok(NextRequest::PassedOn(answer));
        }
        let ExtractedToken { upstream_token, is_not_text, .. } = extract_token(&answer.body, &paging.token, 0);
        let scrubbed = as_stored(state, upstream_request, &answer, live.as_deref())?;
        match seen.pass(&scrubbed, items_member).ok_or_else(changed)? {
            Passed::All { overlap } if overlap > 0 || upstream_token.is_none() => {
                let rest = drop_first_items(&answer.body, items_member, seen.in_last_page).ok_or_else(changed)?;
                let answer = Answer { body: rest.into(), ..answer };
                return Ok(NextRequest::Answered { answer, chain: Arc::new(Mutex::new(chain)) });
            }
            passed => {
                let Some(token) = upstream_token else {
                    return Err(if is_not_text { PaginationError::Odd.into() } else { changed() });
                };
                guard.follow(&token)?;
                body = with_token(&upstream_request.request.body, &paging.token, &token)?;
                if let Passed::All { .. } = passed {
                    chain.give(&token, place);
                    return Ok(NextRequest::TakeQuery { body, chain: Some(Arc::new(Mutex::new(chain))) });
                }
            }
        }
    }
    Err(EngineError::Left)
}

/// The body of `answer` as one that is stored is filled: what was seen was redacted too.
fn as_stored(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    answer: &Answer,
    live: Option<&Bindings>,
) -> Result<Bytes, EngineError> {
    let body = Body::literal(answer.body.clone());
    let body = live.map_or(body.clone(), |live| punch_holes(body, live));
    let page = state.settings.redaction.page(
        &upstream_request.identified.name,
        answer.status.as_u16(),
        &answer.headers,
        body,
    )?;
    Ok(fill_holes(&page.inner().body, live))
}

fn changed() -> EngineError {
    EngineError::Token(
        "the listing has changed since its first pages were recorded; list it again from the start".into(),
    )
}

/// The items that the client has seen, and how many of them the walk has passed.
struct Seen {
    items: Vec<String>,
    passed: usize,
    /// How many of the last walked page's items the client has seen.
    in_last_page: usize,
}

enum Passed {
    /// There are more to pass.
    Some,
    /// All have come by; the page has `overlap` items beyond them.
    All { overlap: usize },
}

impl Seen {
    fn new(pages: &[Page], items_member: &str, live: Option<&Bindings>) -> Self {
        let items = pages.iter().flat_map(|page| items_of(page, items_member, live)).collect();
        Self { items, passed: 0, in_last_page: 0 }
    }

    /// Passes a walked page; `None` where its items are not those that were seen.
    fn pass(&mut self, body: &[u8], items_member: &str) -> Option<Passed> {
        let walked = item_texts(body, items_member)?;
        let left = self.items.get(self.passed..)?;
        let common = left.len().min(walked.len());
        if left.iter().zip(&walked).any(|(seen, walked)| seen != walked) {
            return None;
        }
        self.passed += common;
        self.in_last_page = common;
        let all = self.passed == self.items.len();
        Some(if all { Passed::All { overlap: walked.len() - common } } else { Passed::Some })
    }
}

fn items_of(page: &Page, items_member: &str, live: Option<&Bindings>) -> Vec<String> {
    item_texts(&fill_holes(&page.body, live), items_member).unwrap_or_default().into_iter().map(str::to_owned).collect()
}
