//! From upstream's answer to a durable page and the client's answer: scrub → tokens → store → answer.

use crate::aws::Answer;
use crate::cassette::{CassetteError, EntryHead, TakeHead, TakeId, UpstreamToken};
use crate::engine::body_holes::{fill_holes, punch_holes};
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::issue::recorded_form;
use crate::engine::pagination::chains::{Chain, ChainContinuation, Chains, OpenChain, StoredPage};
use crate::engine::pagination::upstream_tokens::{UpstreamTokenMap, remember_token};
use crate::engine::prepared_entry::{fill_tokens, page_token};
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::upstream_request::UpstreamRequest;
use crate::engine::volatile::bind_values;
use crate::model::{Body, Page, Response, Secret};
use crate::redact::{RedactionError, Scrubbed};
use crate::token::{ExtractedToken, Token, extract_token};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// An answer to record, and the chain it goes on with (`None` for a first page).
pub(super) struct UpstreamPage {
    pub(super) answer: Answer,
    pub(super) chain: Option<Arc<Mutex<Chain>>>,
}

/// What became of an answer.
pub(super) struct StoreOutcome {
    /// What the client gets.
    pub(super) response: Response,
    /// The page, where it is stored.
    pub(super) stored: Option<StoredPage>,
}

/// What became of a page that was added to a chain.
struct AddedPage {
    /// The token for the page after it.
    next: Token,
    /// The page, where it is stored.
    stored: Option<StoredPage>,
    /// Whether it was stored just now.
    is_new: bool,
}

/// Why a page is not recorded.
#[derive(Debug, thiserror::Error)]
enum NotRecorded {
    /// It would stand in the text, where no token of upstream's does, and end a listing that does not end.
    #[error("upstream's nextToken is not a string, so the listing can neither end there nor continue")]
    TokenNotText,
    /// Nobody who follows it comes to an end.
    #[error("upstream repeated the nextToken of an earlier page: the listing would never end")]
    TokenRepeated,
}

/// Stores a page that upstream gave, and makes the client's answer. It returns once the page would survive the process; where
/// the store fails, the client has its answer all the same, and the summary says what was not recorded.
pub(super) async fn store_page(
    state: &EngineState,
    (chains, tokens): (&Chains, &UpstreamTokenMap),
    upstream_request: &UpstreamRequest,
    UpstreamPage { answer, chain }: UpstreamPage,
) -> Result<StoreOutcome, EngineError> {
    let identified = &upstream_request.identified;
    let position = identified.page.token.map_or(0, |token| token.position);
    let extracted = extract_page_token(state, upstream_request, &answer, position);
    if extracted.is_not_text {
        return Ok(pass_on_unrecorded(state, upstream_request, answer, &NotRecorded::TokenNotText));
    }
    // Of a session's writes each is linked to the one before it, so one at a time gets its place and is stored.
    let order = identified.is_write().then(|| chains.write_order(upstream_request.session_name()));
    let _turn = match &order {
        Some(order) => Some(order.lock().await),
        None => None,
    };
    let chain = chain.unwrap_or_else(|| Arc::new(Mutex::new(begin_chain(state, upstream_request))));
    let live = state.live.get(upstream_request.session_name()).unwrap_or_default();
    let own_form = identified.service == state.settings.service.name;
    let recorded = if own_form { extracted.body } else { recorded_form(state, upstream_request, &answer) };
    let body = punch_holes(recorded, &live);
    let redacted = redact_answer(state, identified, &answer, body.clone());
    let page = match redacted {
        Ok(page) => page,
        Err(error) => return Ok(pass_on_unrecorded(state, upstream_request, answer, &error)),
    };
    let client_token = extracted.upstream_token.clone().filter(|_| upstream_request.keeps_signature());
    let (next, stored) = match find_repeated_token(&chain, extracted.upstream_token.as_deref(), position).await {
        Some(earlier) => {
            state.stats.report_unrecorded(identified, &NotRecorded::TokenRepeated);
            (earlier, None)
        }
        None => {
            let upstream_token = extracted.upstream_token.map(Secret::new);
            let arrived = StoredPage { chain, position, upstream_token, took: answer.elapsed };
            let AddedPage { next, stored, is_new } = add_page(state, chains, upstream_request, arrived, page).await;
            if is_new {
                count(&state.stats.recorded);
                count(&state.session_stats.get_or_create(upstream_request.session_name()).recorded);
            }
            if let Some(token) = client_token {
                remember_token(state, tokens, upstream_request, &token, next);
            }
            (next, stored)
        }
    };
    if upstream_request.keeps_signature() || !own_form {
        // The client's next request will be signed too: only upstream's own token can go up in it. Other services have none.
        return Ok(StoreOutcome { response: answer.into(), stored });
    }
    // The client gets what AWS said; only the cassette is redacted.
    let body = fill_tokens(&body, |_| next);
    Ok(StoreOutcome { response: Response { body: fill_holes(&body, Some(&live)), ..answer.into() }, stored })
}

/// Stores a page once more, for a read that shared it while it was on its way: how often something was answered must not depend
/// on which reads happened to meet.
pub(super) async fn store_page_again(
    state: &EngineState,
    chains: &Chains,
    upstream_request: &UpstreamRequest,
    stored: StoredPage,
) {
    let page = {
        let chain = stored.chain.lock().await;
        let Some(page) = chain.pages().get(stored.position as usize) else { return };
        Scrubbed::from_cassette(page.clone())
    };
    // A first page begins a read of its own; a later one goes to whichever chain lacks it.
    let chain = match stored.position {
        0 => Arc::new(Mutex::new(stored.chain.lock().await.fork(0))),
        _ => Arc::clone(&stored.chain),
    };
    add_page(state, chains, upstream_request, StoredPage { chain, ..stored }, page).await;
}

/// The token of an earlier page of `chain` that upstream has given again for the page at `position`. The client gets it again
/// too: whoever looks for that, as SDKs do, ends there, as without ramtape.
async fn find_repeated_token(chain: &Mutex<Chain>, token: Option<&str>, position: u32) -> Option<Token> {
    chain.lock().await.earlier_token(token?, position + 1)
}

fn extract_page_token(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    answer: &Answer,
    position: u32,
) -> ExtractedToken {
    let is_page = upstream_request.identified.items_member().is_some() && answer.status.is_success();
    if is_page {
        return extract_token(&answer.body, &state.settings.service.paging.token, position + 1);
    }
    ExtractedToken::unchanged(&answer.body)
}

/// The chain that a first page begins. A write has its id from here on, and volatile values their names.
fn begin_chain(state: &EngineState, upstream_request: &UpstreamRequest) -> Chain {
    let identified = &upstream_request.identified;
    let after = upstream_request.preceding_write();
    let begin_write =
        || upstream_request.session().history.begin_write(&identified.folder, &identified.fingerprint, after.clone());
    let id = identified.is_write().then(begin_write);
    if !identified.volatile.is_empty() {
        bind_values(&state.live, upstream_request.session_name(), identified, id.as_deref());
    }
    let head = TakeHead {
        session: upstream_request.session_name.clone(),
        after,
        id,
        max_results: identified.page.max_results,
        complete: false,
    };
    Chain::new(head, Vec::new(), identified.items_member().unwrap_or_default())
}

/// Adds a page that arrived to its chain, or to another read's that stands at the same place and lacks it, and to the store.
async fn add_page(
    state: &EngineState,
    chains: &Chains,
    upstream_request: &UpstreamRequest,
    arrived: StoredPage,
    page: Scrubbed<Page>,
) -> AddedPage {
    let identified = &upstream_request.identified;
    let session = upstream_request.session_name();
    let items_member = identified.items_member().unwrap_or_default();
    let StoredPage { chain, position, upstream_token, took } = arrived;
    let at = position as usize;
    let claimed = identified
        .page
        .token
        .and_then(|token| chains.claim(session, token.key(), &upstream_request.listing_read(), &chain));
    let mut chain = claimed.unwrap_or(chain);
    let mut locked = Arc::clone(&chain).lock_owned().await;
    let known = locked.pages().get(at).map(|known| known == page.inner());
    if known == Some(false) {
        chain = Arc::new(Mutex::new(locked.fork(at)));
        locked = Arc::clone(&chain).lock_owned().await;
    }
    let is_new = known != Some(true);
    if is_new {
        locked.push(page.inner().clone(), items_member);
    }
    let next = page_token(&identified.fingerprint, locked.digest_before(at + 1), position + 1);
    if let Some(token) = &upstream_token {
        locked.map_token(token.expose(), next);
    }
    let mut is_stored = true;
    if is_new {
        let kept_token = upstream_token.clone().map(|token| UpstreamToken { key: next.key().to_vec(), token });
        match write_page(state, upstream_request, &locked, page, kept_token.as_ref(), took) {
            Ok(id) => locked.id = Some(id),
            Err(error) => {
                // The next page begins a take with all that is known, so that no page takes another's place.
                locked.id = None;
                is_stored = false;
                state.stats.report_unrecorded(identified, &error);
            }
        }
        if let Some(id) = locked.head.id.clone() {
            let mut session = upstream_request.session();
            session.history.push_recorded(id);
            session.recorded_write = true;
        }
    }
    let read = locked.listing_read();
    drop(locked);
    match upstream_token.clone() {
        Some(upstream_token) => {
            let name = format!("{} {}", identified.name.as_str(), identified.fingerprint);
            let open = OpenChain { chain: Arc::clone(&chain), upstream_token };
            chains.continue_at(session, next.key(), ChainContinuation { open, read, name, is_new });
        }
        None => {
            chains.forget(&chain);
            // What a named session records may be discarded until the run ends: its test can fail.
            if session.is_none() && !state.settings.stays_pending {
                state.cassette.seal_soon(&identified.folder, &identified.fingerprint);
            }
        }
    }
    let stored = is_stored.then_some(StoredPage { chain, position, upstream_token, took });
    AddedPage { next, stored, is_new: is_new && is_stored }
}

/// Makes the page durable: as a new take with all pages of the chain, or as one page more of its take. The store writes on
/// the calling thread: two writes into the system's memory take less time than another thread takes to begin.
fn write_page(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    chain: &Chain,
    page: Scrubbed<Page>,
    token: Option<&UpstreamToken>,
    took: Duration,
) -> Result<TakeId, CassetteError> {
    let identified = &upstream_request.identified;
    let entry = EntryHead {
        operation: identified.name.clone(),
        region: identified.region.clone(),
        actor: identified.actor.to_string(),
        request: identified.parameters.clone(),
    };
    let head = TakeHead { complete: token.is_none(), ..chain.head.clone() };
    let id = chain.id;
    let first_pages: Vec<_> = match id {
        Some(_) => Vec::new(),
        None => chain.pages().iter().cloned().map(Scrubbed::from_cassette).collect(),
    };
    let cassette = &state.cassette;
    let id = match id {
        Some(id) => cassette.append(id, page, head.complete, token).map(|()| id)?,
        None => cassette.begin(&entry, &head, first_pages, token)?,
    };
    cassette.keep_time(&id.fingerprint(), took);
    Ok(id)
}

/// The storable page for `answer`, whose body has its holes.
fn redact_answer(
    state: &EngineState,
    identified: &IdentifiedRequest,
    answer: &Answer,
    body: Body,
) -> Result<Scrubbed<Page>, RedactionError> {
    let secrets = state.settings.service.secrets(identified.operation.as_deref());
    let answer = (answer.status.as_u16(), &answer.headers);
    state.settings.redaction.redact_page(&identified.name, secrets, answer, body)
}

/// What cannot be recorded goes to the client as it came.
fn pass_on_unrecorded(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    answer: Answer,
    error: &dyn std::error::Error,
) -> StoreOutcome {
    state.stats.report_unrecorded(&upstream_request.identified, error);
    StoreOutcome { response: answer.into(), stored: None }
}
