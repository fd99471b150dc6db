//! How a request goes upstream: as it came, with upstream's own token put in, or after walking a listing anew up to the
//! place where the client stands.

use crate::aws::Answer;
use crate::cassette::TakeHead;
use crate::engine::body_holes::{fill_holes, punch_holes};
use crate::engine::classify::is_web_page;
use crate::engine::error::{EngineError, InvalidToken};
use crate::engine::pagination::chains::Chain;
use crate::engine::pagination::page_loop_guard::{PageLoopGuard, PaginationError};
use crate::engine::prepared_entry::{PreparedEntry, fingerprint_start};
use crate::engine::recorder::Recorder;
use crate::engine::settings::Mode;
use crate::engine::state::EngineState;
use crate::engine::upstream_request::UpstreamRequest;
use crate::fingerprint::ParameterError;
use crate::json;
use crate::model::{Body, Page, SecretMembers, Take};
use crate::session::Bindings;
use crate::token::{ExtractedToken, Token, drop_first_items, extract_token, item_texts};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How to get the answer.
pub(in crate::engine) enum NextRequest {
    /// Send this body; the answer goes on with this chain (`None`: it begins one).
    Send {
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
pub(in crate::engine) async fn plan_next_request(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> Result<NextRequest, EngineError> {
    let body = upstream_request.request.body.clone();
    let Some(token) = upstream_request.identified.page.token else {
        return Ok(NextRequest::Send { body, chain: None });
    };
    let session = upstream_request.session_name();
    let open = recorder.chains.find_open(session, token.key(), &upstream_request.listing_read());
    if upstream_request.keeps_signature() {
        let chain = open.map(|open| open.chain);
        return plan_signed_request(state, recorder, upstream_request, (chain, token)).await;
    }
    let token_member = &state.settings.service.paging.token;
    if let Some(open) = open {
        let body = with_token(&body, token_member, open.upstream_token.expose())?;
        return Ok(NextRequest::Send { body, chain: Some(open.chain) });
    }
    let mut chain = reopen_chain(state, upstream_request, &token)?;
    // A token kept by an earlier run may have expired: where older takes are continued, the way is walked anew.
    if state.settings.mode == Mode::RecordAll
        && let Some(kept) = state.cassette.upstream_token(&token.key())
    {
        let body = with_token(&body, token_member, kept.expose())?;
        chain.map_token(kept.expose(), token);
        return Ok(NextRequest::Send { body, chain: Some(Arc::new(Mutex::new(chain))) });
    }
    walk_to_position(state, recorder, upstream_request, (chain, token)).await
}

/// As [`plan_next_request`], where nothing can be put into the body: it has upstream's own token already, or none that upstream
/// knows.
async fn plan_signed_request(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    (open, token): (Option<Arc<Mutex<Chain>>>, Token),
) -> Result<NextRequest, EngineError> {
    if !upstream_request.identified.page.was_upstreams {
        return Err(EngineError::SignedToken);
    }
    let chain = match open {
        Some(chain) => Ok(chain),
        None => reopen_chain(state, upstream_request, &token).map(|chain| Arc::new(Mutex::new(chain))),
    };
    match chain {
        Ok(chain) => Ok(NextRequest::Send { body: upstream_request.request.body.clone(), chain: Some(chain) }),
        // The pages before are gone: what follows has no place, and is still the client's answer.
        Err(EngineError::Token(_)) => {
            Ok(NextRequest::PassedOn(recorder.upstream.pass_on(&upstream_request.request).await?))
        }
        Err(error) => Err(error),
    }
}

fn with_token(body: &Bytes, member: &str, token: &str) -> Result<Bytes, EngineError> {
    Ok(json::with_text(body, member, token).map_err(ParameterError::from)?.into())
}

/// The chain that `token` continues, as the cassette has it: with the pages behind that place too, so that one that is asked for
/// again is known.
pub(in crate::engine) fn reopen_chain(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    token: &Token,
) -> Result<Chain, EngineError> {
    let identified = &upstream_request.identified;
    let items_member = identified.items_member().unwrap_or_default();
    let no_chain = || EngineError::Token(InvalidToken::OtherChain);
    let prepared = state.cassette.lookup(&identified.folder, &identified.fingerprint)?.ok_or_else(no_chain)?;
    let take = find_continued_take(&prepared, items_member, token).ok_or_else(no_chain)?;
    let head = TakeHead {
        session: take.session.clone(),
        after: take.after.clone(),
        id: None,
        max_results: take.max_results,
        complete: false,
    };
    Ok(Chain::new(head, take.pages.clone(), items_member))
}

fn find_continued_take<'a>(prepared: &'a PreparedEntry, items_member: &str, token: &Token) -> Option<&'a Take> {
    if token.fingerprint != fingerprint_start(&prepared.fingerprint) {
        return None;
    }
    let takes = prepared.takes(Some(items_member)).iter().zip(&prepared.entry.takes);
    let fitting = takes.filter(|(ready, _)| ready.continues(token)).map(|(_, take)| take);
    // One that ends there is gone on with; what another already knows behind it need not be stored again.
    fitting.max_by_key(|take| take.pages.len())
}

/// Walks the listing from its first page until the items that the client has seen have come by. They must be the same
/// items: else the client gets what an expired token gets. It is for the client alone, and ends when nobody waits for it.
async fn walk_to_position(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    (mut chain, position): (Chain, Token),
) -> Result<NextRequest, EngineError> {
    let (paging, identified) = (&state.settings.service.paging, &upstream_request.identified);
    let items_member = identified.items_member().unwrap_or_default();
    let live = state.live.get(upstream_request.session_name());
    let before = chain.pages().get(..position.position as usize).ok_or_else(listing_changed)?;
    let mut seen = SeenItems::new(before, items_member, live.as_deref());
    let first_page = json::without(&upstream_request.request.body, &paging.token).map_err(ParameterError::from)?;
    let mut body = Bytes::from(first_page);
    let mut guard = PageLoopGuard::default();
    while upstream_request.is_awaited() {
        let answer = recorder
            .upstream
            .send(&upstream_request.destination(&state.settings.service.name), &upstream_request.request, body)
            .await?;
        if !answer.status.is_success() || is_web_page(&answer) {
            return Ok(NextRequest::PassedOn(answer));
        }
        let ExtractedToken { upstream_token, is_not_text, .. } = extract_token(&answer.body, &paging.token, 0);
        let stored_form = render_as_stored(state, upstream_request, &answer, live.as_deref())?;
        match seen.pass(&stored_form, items_member).ok_or_else(listing_changed)? {
            Passed::All { overlap } if overlap > 0 || upstream_token.is_none() => {
                let rest =
                    drop_first_items(&answer.body, items_member, seen.in_last_page).ok_or_else(listing_changed)?;
                let answer = Answer { body: rest.into(), ..answer };
                return Ok(NextRequest::Answered { answer, chain: Arc::new(Mutex::new(chain)) });
            }
            passed => {
                let Some(token) = upstream_token else {
                    return Err(if is_not_text { PaginationError::TokenNotText.into() } else { listing_changed() });
                };
                guard.follow(&token)?;
                body = with_token(&upstream_request.request.body, &paging.token, &token)?;
                if let Passed::All { .. } = passed {
                    chain.map_token(&token, position);
                    return Ok(NextRequest::Send { body, chain: Some(Arc::new(Mutex::new(chain))) });
                }
            }
        }
    }
    Err(EngineError::ClientLeft)
}

/// The body of `answer` as one that is stored is filled: what was seen was redacted too.
fn render_as_stored(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    answer: &Answer,
    live: Option<&Bindings>,
) -> Result<Bytes, EngineError> {
    let body = Body::literal(answer.body.clone());
    let body = match live {
        Some(live) => punch_holes(body, live),
        None => body,
    };
    let name = &upstream_request.identified.name;
    let page = state.settings.redaction.redact_page(
        name,
        SecretMembers::default(),
        (answer.status.as_u16(), &answer.headers),
        body,
    )?;
    Ok(fill_holes(&page.inner().body, live))
}

fn listing_changed() -> EngineError {
    EngineError::Token(InvalidToken::ListingChanged)
}

/// The items that the client has seen, and how many of them the walk has passed.
struct SeenItems {
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

impl SeenItems {
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
