//! How a request goes upstream: as it came, with upstream's own token put in, or after walking a listing anew up to the
//! place where the client stands.

use super::Shared;
use super::chains::Chain;
use super::classify::is_web_page;
use super::error::EngineError;
use super::prepared::Prepared;
use super::recorder::{Question, Recorder};
use super::settings::Effective;
use super::trail::{NoEnd, Trail};
use super::volatile::{fill, live_values, punch};
use crate::aws::Answer;
use crate::cassette::TakeHead;
use crate::json;
use crate::model::{Body, Page, Take};
use crate::session::Bindings;
use crate::token::{Placed, Token, item_texts, place_token, without_first_items};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How to get the answer.
pub(super) enum Onward {
    /// Send this body; the answer goes on with this chain (`None`: it begins one).
    Ask {
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

/// Decides how `question` goes upstream.
pub(super) async fn onward(shared: &Shared, recorder: &Recorder, question: &Question) -> Result<Onward, EngineError> {
    let body = question.request.body.clone();
    let Some(token) = question.call.page.token else { return Ok(Onward::Ask { body, chain: None }) };
    if question.keeps_signature() {
        return onward_as_signed(shared, recorder, question, &token).await;
    }
    let token_member = &shared.settings.service.paging.token;
    if let Some(open) = recorder.chains.at(question.session_name.as_ref(), token.key(), &question.reading()) {
        let body = with_token(&body, token_member, open.upstream_token.expose())?;
        return Ok(Onward::Ask { body, chain: Some(open.chain) });
    }
    let mut chain = reopened(shared, question, &token)?;
    // A token kept by an earlier run may have expired: where older takes are continued, the way is walked anew.
    if shared.settings.mode == Effective::Everything
        && let Some(kept) = shared.cassette.upstream_token(&token.key())?
    {
        let body = with_token(&body, token_member, kept.expose())?;
        chain.give(kept.expose(), token);
        return Ok(Onward::Ask { body, chain: Some(Arc::new(Mutex::new(chain))) });
    }
    walk(shared, recorder, question, (chain, token)).await
}

/// As [`onward`], where nothing can be put into the body: it has upstream's own token already, or none that upstream knows.
async fn onward_as_signed(
    shared: &Shared,
    recorder: &Recorder,
    question: &Question,
    token: &Token,
) -> Result<Onward, EngineError> {
    if !question.call.page.was_upstreams {
        return Err(EngineError::SignedToken);
    }
    let open = recorder.chains.at(question.session_name.as_ref(), token.key(), &question.reading());
    let open = open.map(|open| open.chain);
    let reopened = || reopened(shared, question, token).map(|chain| Arc::new(Mutex::new(chain)));
    match open.map_or_else(reopened, Ok) {
        Ok(chain) => Ok(Onward::Ask { body: question.request.body.clone(), chain: Some(chain) }),
        // The pages before are gone: what follows has no place, and is still the client's answer.
        Err(EngineError::Token(_)) => Ok(Onward::PassedOn(recorder.upstream.pass_on(&question.request).await?)),
        Err(error) => Err(error),
    }
}

fn with_token(body: &Bytes, member: &str, token: &str) -> Result<Bytes, EngineError> {
    Ok(json::with_text(body, member, token).map_err(crate::fingerprint::ParameterError::from)?.into())
}

/// The chain that `token` continues, as the cassette has it: with the pages behind that place too, so that one that is asked for
/// again is known.
pub(super) fn reopened(shared: &Shared, question: &Question, token: &Token) -> Result<Chain, EngineError> {
    let call = &question.call;
    let items_member = call.items_member().unwrap_or_default();
    let nowhere = || EngineError::Token("no chain recorded here begins with the pages that it continues".to_owned());
    let prepared = shared.cassette.lookup(&call.folder, &call.fingerprint)?.ok_or_else(nowhere)?;
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

fn continued<'a>(prepared: &'a Prepared, items_member: &str, token: &Token) -> Option<&'a Take> {
    if token.fingerprint != super::prepared::fingerprint_start(&prepared.fingerprint) {
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
    shared: &Shared,
    recorder: &Recorder,
    question: &Question,
    (mut chain, place): (Chain, Token),
) -> Result<Onward, EngineError> {
    let paging = &shared.settings.service.paging;
    let items_member = question.call.items_member().unwrap_or_default();
    let live = live_values(shared, &question.request);
    let before = chain.pages().get(..place.position as usize).ok_or_else(changed)?;
    let mut seen = Seen::new(before, items_member, live.as_deref());
    let first =
        json::without(&question.request.body, &paging.token).map_err(crate::fingerprint::ParameterError::from)?;
    let mut body = Bytes::from(first);
    let mut trail = Trail::default();
    while question.is_awaited() {
        let call = &question.call;
        let answer = recorder.upstream.send(&call.actor, &question.request, body, &call.region).await?;
        if !answer.status.is_success() || is_web_page(&answer) {
            return Ok(Onward::PassedOn(answer));
        }
        let Placed { upstream_token, is_odd, .. } = place_token(&answer.body, &paging.token, 0);
        let scrubbed = as_stored(shared, question, &answer, live.as_deref())?;
        match seen.pass(&scrubbed, items_member).ok_or_else(changed)? {
            Passed::All { overlap } if overlap > 0 || upstream_token.is_none() => {
                let rest = without_first_items(&answer.body, items_member, seen.in_last_page).ok_or_else(changed)?;
                let answer = Answer { body: rest.into(), ..answer };
                return Ok(Onward::Answered { answer, chain: Arc::new(Mutex::new(chain)) });
            }
            passed => {
                let Some(token) = upstream_token else {
                    return Err(if is_odd { NoEnd::Odd.into() } else { changed() });
                };
                trail.go_on(&token)?;
                body = with_token(&question.request.body, &paging.token, &token)?;
                if let Passed::All { .. } = passed {
                    chain.give(&token, place);
                    return Ok(Onward::Ask { body, chain: Some(Arc::new(Mutex::new(chain))) });
                }
            }
        }
    }
    Err(EngineError::Left)
}

/// The body of `answer` as one that is stored is filled: what was seen was redacted too.
fn as_stored(
    shared: &Shared,
    question: &Question,
    answer: &Answer,
    live: Option<&Bindings>,
) -> Result<Bytes, EngineError> {
    let body = Body::literal(answer.body.clone());
    let body = live.map_or(body.clone(), |live| punch(body, live));
    let page = shared.settings.redaction.page(&question.call.name, answer.status.as_u16(), &answer.headers, body)?;
    Ok(fill(&page.inner().body, live))
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
    item_texts(&fill(&page.body, live), items_member).unwrap_or_default().into_iter().map(str::to_owned).collect()
}
