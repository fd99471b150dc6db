//! From upstream's answer to a stored page and the client's answer: scrub → tokens → store → answer.

use crate::aws::Answer;
use crate::cassette::{EntryHead, StoreError, TakeHead, TakeId, UpstreamToken};
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::pagination::chains::{Chain, Chains, GoingOn, Kept, Open};
use crate::engine::pagination::upstream_tokens::{Places, remember_place};
use crate::engine::prepared_entry::{page_token, with_tokens};
use crate::engine::recorder::UpstreamRequest;
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::volatile::{bind, fill_holes, live_values, punch_holes};
use crate::model::{Page, Response, Secret};
use crate::redact::Scrubbed;
use crate::token::{ExtractedToken, Token, extract_token};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// An answer to keep, and the chain it goes on with (`None` for a first page).
pub(super) struct UpstreamPage {
    pub(super) answer: Answer,
    pub(super) chain: Option<Arc<Mutex<Chain>>>,
}

/// What became of an answer.
pub(super) struct Stored {
    /// What the client gets.
    pub(super) response: Response,
    /// The page, where it is stored.
    pub(super) kept: Option<Kept>,
}

impl Stored {
    /// An answer that is not stored.
    pub(super) fn nowhere(response: impl Into<Response>) -> Self {
        Self { response: response.into(), kept: None }
    }
}

/// Why a page is not recorded.
#[derive(Debug, thiserror::Error)]
enum NotRecorded {
    /// It would stand in the text, where no token of upstream's does, and end a listing that does not end.
    #[error("upstream's nextToken is no string, so the listing neither ends there nor goes on")]
    OddToken,
    /// Nobody who follows it comes to an end.
    #[error("upstream gave a nextToken of an earlier page again: it would page for ever")]
    Round,
}

/// Stores the page that arrived and gives the client's answer. It returns once the page would survive the process; where
/// the store fails, the client has its answer all the same, and the summary says what was not recorded.
pub(super) async fn keep(
    state: &Arc<EngineState>,
    (chains, places): (&Chains, &Places),
    upstream_request: &UpstreamRequest,
    arrived: UpstreamPage,
) -> Result<Stored, EngineError> {
    let UpstreamPage { answer, chain } = arrived;
    let position = upstream_request.identified.page.token.map_or(0, |token| token.position);
    let extracted = extracted(state, upstream_request, &answer, position);
    if extracted.is_not_text {
        return Ok(unrecorded(state, upstream_request, answer, &NotRecorded::OddToken));
    }
    // Of a session's writes each is linked to the one before it, so one at a time gets its place and is stored.
    let order =
        upstream_request.identified.is_write().then(|| chains.write_order(upstream_request.session_name.as_ref()));
    let _turn = match &order {
        Some(order) => Some(order.lock().await),
        None => None,
    };
    let chain = chain.unwrap_or_else(|| Arc::new(Mutex::new(fresh(state, upstream_request))));
    let live = live_values(state, &upstream_request.request).unwrap_or_default();
    let body = punch_holes(extracted.body, &live);
    let name = &upstream_request.identified.name;
    let page = state.settings.redaction.page(name, answer.status.as_u16(), &answer.headers, body.clone());
    let page = match page {
        Ok(page) => page,
        Err(error) => return Ok(unrecorded(state, upstream_request, answer, &error)),
    };
    let upstreams = extracted.upstream_token.clone().filter(|_| upstream_request.keeps_signature());
    let (next, kept) = match round(&chain, &extracted.upstream_token, position).await {
        Some(earlier) => {
            not_recorded(state, &upstream_request.identified, &NotRecorded::Round);
            (earlier, None)
        }
        None => {
            let upstream_token = extracted.upstream_token.map(Secret::new);
            let arrived = Kept { chain, position, upstream_token, took: answer.elapsed };
            let (next, kept, is_new) = add(state, chains, upstream_request, arrived, page).await;
            if is_new {
                count(&state.stats.recorded);
                count(&state.session_stats.of(upstream_request.session_name.as_deref()).recorded);
            }
            if let Some(token) = upstreams {
                remember_place(state, places, upstream_request, &token, next).await;
            }
            (next, kept)
        }
    };
    if upstream_request.keeps_signature() {
        // The client's next request will be signed too: only upstream's own token can go up in it.
        return Ok(Stored { response: answer.into(), kept });
    }
    // The client gets what AWS said; only the cassette is redacted.
    let body = with_tokens(&body, |_| next);
    Ok(Stored { response: Response { body: fill_holes(&body, Some(&live)), ..answer.into() }, kept })
}

/// Stores a page once more, for a read that state it while it was on its way: how often something was answered must not depend
/// on which reads happened to meet.
pub(super) async fn keep_again(
    state: &Arc<EngineState>,
    chains: &Chains,
    upstream_request: &UpstreamRequest,
    kept: Kept,
) {
    let page = {
        let chain = kept.chain.lock().await;
        let Some(page) = chain.pages().get(kept.position as usize) else { return };
        Scrubbed::from_cassette(page.clone())
    };
    // A first page begins a reading of its own; a later one goes to whichever chain lacks it.
    let chain = match kept.position {
        0 => Arc::new(Mutex::new(kept.chain.lock().await.fork(0))),
        _ => Arc::clone(&kept.chain),
    };
    add(state, chains, upstream_request, Kept { chain, ..kept }, page).await;
}

/// The token of an earlier page of `chain` that upstream has given again for the page at `position`. The client gets it again
/// too: whoever looks for that, as SDKs do, ends there, as without ramtape.
async fn round(chain: &Mutex<Chain>, token: &Option<String>, position: u32) -> Option<Token> {
    chain.lock().await.given_before(token.as_deref()?, position + 1)
}

fn extracted(
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
fn fresh(state: &EngineState, upstream_request: &UpstreamRequest) -> Chain {
    let identified = &upstream_request.identified;
    let after = upstream_request.after();
    let begins =
        || upstream_request.session().history.begin_write(&identified.folder, &identified.fingerprint, after.clone());
    let id = identified.is_write().then(begins);
    if !identified.volatile.is_empty() {
        bind(state, upstream_request.session_name.as_deref(), identified, id.as_deref());
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

/// Adds the page that `arrived` to its chain, or to another reading's that stands at the same place and lacks it, and to the
/// store. Gives the token for the page after it, the page as it is kept, and whether it was stored just now.
async fn add(
    state: &Arc<EngineState>,
    chains: &Chains,
    upstream_request: &UpstreamRequest,
    arrived: Kept,
    page: Scrubbed<Page>,
) -> (Token, Option<Kept>, bool) {
    let identified = &upstream_request.identified;
    let session = upstream_request.session_name.as_ref();
    let items_member = identified.items_member().unwrap_or_default();
    let Kept { chain, position, upstream_token, took } = arrived;
    let at = position as usize;
    let claimed =
        identified.page.token.and_then(|token| chains.claim(session, token.key(), &upstream_request.reading(), &chain));
    let mut held = claimed.unwrap_or(chain);
    let mut locked = Arc::clone(&held).lock_owned().await;
    let known = locked.pages().get(at).map(|known| known == page.inner());
    if known == Some(false) {
        held = Arc::new(Mutex::new(locked.fork(at)));
        locked = Arc::clone(&held).lock_owned().await;
    }
    let is_new = known != Some(true);
    if is_new {
        locked.push(page.inner().clone(), items_member);
    }
    let next = page_token(&identified.fingerprint, locked.digest_before(at + 1), position + 1);
    upstream_token.iter().for_each(|token| locked.give(token.expose(), next));
    let mut is_kept = true;
    if is_new {
        let kept = upstream_token.clone().map(|token| UpstreamToken { key: next.key().to_vec(), token });
        match store(state, upstream_request, &locked, page, kept, took).await {
            Ok(id) => locked.id = Some(id),
            Err(error) => {
                // The next page begins a take with all that is known, so that no page takes another's place.
                locked.id = None;
                is_kept = false;
                not_recorded(state, identified, &error);
            }
        }
        if let Some(id) = locked.head.id.clone() {
            let mut session = upstream_request.session();
            session.history.push_recorded(id);
            session.recorded_write = true;
        }
    }
    let reading = locked.reading();
    drop(locked);
    match upstream_token.clone() {
        Some(upstream_token) => {
            let name = format!("{} {}", identified.name.as_str(), identified.fingerprint);
            let open = Open { chain: Arc::clone(&held), upstream_token };
            chains.goes_on(session, next.key(), GoingOn { open, reading, name, is_news: is_new });
        }
        None => {
            chains.ended(&held);
            state.cassette.seal_soon(&identified.folder, &identified.fingerprint);
        }
    }
    let kept = is_kept.then_some(Kept { chain: held, position, upstream_token, took });
    (next, kept, is_new && is_kept)
}

/// Makes the page durable: as a new take with all pages of the chain, or as one page more of its take. The store writes on
/// the calling thread, so it is called on one that may block.
async fn store(
    state: &Arc<EngineState>,
    upstream_request: &UpstreamRequest,
    chain: &Chain,
    page: Scrubbed<Page>,
    token: Option<UpstreamToken>,
    took: Duration,
) -> Result<TakeId, StoreError> {
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
    let writing = Arc::clone(state);
    let stored = tokio::task::spawn_blocking(move || {
        let cassette = &writing.cassette;
        let id = match id {
            Some(id) => cassette.append(id, page, head.complete, token.as_ref()).map(|()| id)?,
            None => cassette.begin(&entry, &head, first_pages, token.as_ref())?,
        };
        cassette.keep_time(&id.fingerprint(), took);
        Ok::<_, StoreError>(id)
    });
    stored.await.map_err(|error| StoreError::Io(std::io::Error::other(error)))?
}

/// What cannot be recorded goes to the client as it came.
fn unrecorded(
    state: &EngineState,
    upstream_request: &UpstreamRequest,
    answer: Answer,
    error: &dyn std::error::Error,
) -> Stored {
    not_recorded(state, &upstream_request.identified, error);
    Stored::nowhere(answer)
}

/// Says in the log and the summary what the client got and the cassette did not.
pub(super) fn not_recorded(state: &EngineState, identified: &IdentifiedRequest, error: &dyn std::error::Error) {
    let reason = format!("{} {}: {error}", identified.name.as_str(), identified.fingerprint);
    tracing::error!("answered, but not recorded: {reason}");
    state.stats.not_recorded(reason);
}
