//! Answering from upstream, into the cassette: read → prove caller → identify → scrub a copy → fingerprint → sign → send →
//! scrub → tokens → store → answer. A request that its client signed for upstream itself is neither proved nor signed: it
//! passes as it is, and upstream judges it.

use crate::aws::{Answer, UpstreamError};
use crate::engine::actors::{self, Caller};
use crate::engine::classify::is_recordable;
use crate::engine::disposition::{Disposition, fate, is_not_from_service, report_foreign_answer};
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::in_flight::{InFlightKey, Outcome, Same, Share, SharedOutcome};
use crate::engine::matcher::{Match, MissReason, find_in, find_there, look_up};
use crate::engine::pagination::next_request::{NextRequest, onward};
use crate::engine::pagination::upstream_tokens::identify_recorded;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::recorder::{Recorder, UpstreamRequest};
use crate::engine::region_errors::{self, PendingAnswer, RegionVerdict};
use crate::engine::replay::serve;
use crate::engine::settings::Mode;
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::store_page::{Stored, UpstreamPage, keep, keep_again, not_recorded};
use crate::model::Request;
use crate::service::Kind;
use crate::session::{Session, session_name};
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// The answer to `request`: upstream's, recorded; or, in `new_episodes`, the recorded one. Upstream is not asked where its
/// answer is `in_hand`.
pub(super) async fn record(
    state: &Arc<EngineState>,
    recorder: &Arc<Recorder>,
    request: Request,
    in_hand: Option<Answer>,
) -> Outcome {
    let caller = actors::recording(state, recorder, &request).await.map_err(Arc::new)?;
    let session_name = session_name(&request);
    let identified =
        identify_recorded(state, recorder, &request, session_name.as_deref(), &caller).map_err(Arc::new)?;
    let found = recorded_before(state, recorder, &request, &identified, session_name.as_deref()).map_err(Arc::new)?;
    if let Some(found) = found {
        let served = serve(state, &request, &identified, found).map_err(Arc::new);
        return served.inspect(|_| count(&state.session_stats.of(session_name.as_deref()).replayed));
    }
    admit(state, recorder, &request, &identified, &caller).await.map_err(Arc::new)?;
    if !request.door.keeps_signature() {
        state.session_stats.of(session_name.as_deref()).proved.store(true, Ordering::Relaxed);
    }
    let session = state.sessions.get_or_create(session_name.as_deref());
    // Before anything is sent: where the cassette cannot be read, nothing could be recorded.
    recorder.mark_start(state, &identified).map_err(Arc::new)?;
    let account = caller.unclaimed_account().filter(|_| request.door.keeps_signature()).map(str::to_owned);
    let upstream_request =
        UpstreamRequest { account, in_hand: Mutex::new(in_hand), ..begin(request, identified, session_name, session) };
    let (keys, upstream_request) = (flight_keys(&upstream_request), Arc::new(upstream_request));
    let asking = |waiters| {
        let (state, recorder, upstream_request) =
            (Arc::clone(state), Arc::clone(recorder), Arc::clone(&upstream_request));
        async move {
            upstream_request.waiters.get_or_init(|| waiters);
            ask(&state, &recorder, &upstream_request).await
        }
    };
    let joined = recorder.flights.join(keys, asking).await?;
    match joined.share {
        Some(Share::Kept(kept)) => {
            let (state, recorder) = (Arc::clone(state), Arc::clone(recorder));
            let flights = recorder.flights.clone();
            // To its end: a client that leaves now would leave a page behind that nobody goes on from.
            flights.finish(async move { keep_again(&state, &recorder.chains, &upstream_request, kept).await }).await;
        }
        Some(Share::PendingAnswer(undecided)) => region_errors::wait(state, recorder, &upstream_request, undecided),
        None => {}
    }
    Ok(joined.response)
}

/// What upstream answers to a request that its client signed, and what would become of that. There is nothing to record it
/// in yet.
pub(super) async fn vet(
    state: &EngineState,
    recorder: &Recorder,
    request: &Request,
) -> Result<(Answer, IdentifiedRequest, Disposition), EngineError> {
    let caller = actors::recording(state, recorder, request).await?;
    let identified = identify_recorded(state, recorder, request, session_name(request).as_deref(), &caller)?;
    if identified.page.token.is_some() {
        return Err(EngineError::SignedToken);
    }
    admit(state, recorder, request, &identified, &caller).await?;
    let answer = recorder.upstream.pass_on(request).await?;
    let fate = fate(state, request, &identified, &answer);
    Ok((answer, identified, fate))
}

/// What `new_episodes` replays: what was there when the run began, unless this session has already changed upstream.
fn recorded_before(
    state: &EngineState,
    recorder: &Recorder,
    request: &Request,
    identified: &IdentifiedRequest,
    session: Option<&str>,
) -> Result<Option<Match>, EngineError> {
    if state.settings.mode != Mode::RecordMissing {
        return Ok(None);
    }
    let recorded_write = |session: Arc<Mutex<Session>>| session.lock().recorded_write;
    if state.sessions.get(session).is_some_and(recorded_write) {
        return Ok(None);
    }
    let at_start = || recorder.at_start().get(&identified.fingerprint).cloned();
    let of = |before: Option<Arc<PreparedEntry>>| {
        before.map_or(Err(MissReason::NoTake), |prepared| find_in(state, request, identified, &prepared))
    };
    let found = match at_start() {
        Some(before) => of(before),
        None => {
            let there = look_up(state, identified)?;
            // Once more: what was found may be what somebody recorded meanwhile.
            match at_start() {
                Some(before) => of(before),
                None => find_there(state, request, identified, there),
            }
        }
    };
    // A client with a token of upstream's own would get one of ramtape's here, and could not go on with it where the pages end.
    let goes_on_upstream = |found: &Match| identified.page.was_upstreams && !found.is_complete();
    Ok(found.ok().filter(|found| !(request.door.keeps_signature() && goes_on_upstream(found))))
}

/// Whether the caller may have its request sent, and signed unless it is signed for upstream already.
async fn admit(
    state: &EngineState,
    recorder: &Recorder,
    request: &Request,
    identified: &IdentifiedRequest,
    caller: &Caller,
) -> Result<(), EngineError> {
    let settings = &state.settings;
    if settings.read_only && identified.is_write() {
        return Err(EngineError::ReadOnly(identified.name.as_str().to_owned()));
    }
    if request.door.keeps_signature() {
        return actors::check_account(recorder, caller);
    }
    let trust = recorder.upstream.trust(&identified.actor, &settings.key, settings.allow_any_client);
    trust.prove(request, SystemTime::now()).await?;
    actors::admit(state, recorder, caller).await
}

fn begin(
    request: Request,
    identified: IdentifiedRequest,
    session_name: Option<String>,
    session: Arc<Mutex<Session>>,
) -> UpstreamRequest {
    if identified.is_write() {
        session.lock().epoch += 1;
    }
    let (in_hand, waiters) = (Mutex::default(), OnceLock::new());
    UpstreamRequest { request, identified, session_name, session, told_after: None, account: None, in_hand, waiters }
}

fn flight_keys(upstream_request: &UpstreamRequest) -> Vec<InFlightKey> {
    let identified = &upstream_request.identified;
    let keeps_signature = upstream_request.keeps_signature();
    let signer = keeps_signature.then(|| actors::key_id(&upstream_request.request).unwrap_or_default().to_owned());
    let key = |same| InFlightKey {
        session: upstream_request.session_name.clone(),
        fingerprint: identified.fingerprint,
        token: identified.page.token.map(|token| token.key()),
        signer: signer.clone(),
        same,
    };
    let invocation =
        upstream_request.request.header("amz-sdk-invocation-id").map(|id| key(Same::Invocation(id.to_owned())));
    let is_read = identified.operation.as_ref().is_some_and(|operation| operation.kind == Kind::Read);
    // Nobody has proved who signed: what upstream answers to one is not for whoever asks the same at that moment.
    let read = (is_read && !keeps_signature).then(|| {
        let epoch = upstream_request.session().epoch;
        key(Same::Read { max_results: identified.page.max_results, epoch })
    });
    invocation.into_iter().chain(read).collect()
}

/// Asks upstream and records the answer.
async fn ask(state: &Arc<EngineState>, recorder: &Recorder, upstream_request: &UpstreamRequest) -> SharedOutcome {
    let landed = asked_and_kept(state, recorder, upstream_request).await;
    if upstream_request.identified.is_write() {
        // A read that began while the write was on its way may tell of the time before it.
        upstream_request.session().epoch += 1;
    }
    landed
}

async fn asked_and_kept(
    state: &Arc<EngineState>,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> SharedOutcome {
    let asked = match ask_upstream(state, recorder, upstream_request).await {
        Ok(asked) => asked,
        Err(error) => return SharedOutcome { outcome: Err(Arc::new(error)), final_answer: false, share: None },
    };
    match asked {
        Asked::PassOn(answer) => {
            state.stats.passed_on(&upstream_request.identified, &answer);
            SharedOutcome { outcome: Ok(answer.into()), final_answer: false, share: None }
        }
        Asked::Strange(answer) => {
            report_foreign_answer(state, recorder, &upstream_request.identified, &answer);
            SharedOutcome { outcome: Ok(answer.into()), final_answer: false, share: None }
        }
        Asked::Wait(undecided) => {
            region_errors::wait(state, recorder, upstream_request, undecided.clone());
            let outcome = Ok(undecided.answer().clone().into());
            SharedOutcome { outcome, final_answer: false, share: Some(Share::PendingAnswer(undecided)) }
        }
        Asked::Keep(arrived) => {
            // A client that is told to try again asks upstream again.
            let final_answer = is_recordable(&arrived.answer, &state.settings.service.recording);
            match keep(state, (&recorder.chains, &recorder.places), upstream_request, arrived).await {
                Ok(Stored { response, kept }) => {
                    SharedOutcome { outcome: Ok(response), final_answer, share: kept.map(Share::Kept) }
                }
                Err(error) => SharedOutcome { outcome: Err(Arc::new(error)), final_answer, share: None },
            }
        }
    }
}

enum Asked {
    /// By rule.
    PassOn(Answer),
    /// It is none of the service's.
    Strange(Answer),
    /// What becomes of it is not known yet.
    Wait(PendingAnswer),
    Keep(UpstreamPage),
}

async fn ask_upstream(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> Result<Asked, EngineError> {
    if upstream_request.session().replayed_writes > 0 {
        count(&state.stats.after_replayed_writes);
    }
    let (answer, chain) = match onward(state, recorder, upstream_request).await? {
        NextRequest::TakeQuery { body, chain } => (send(recorder, upstream_request, body).await?, chain),
        NextRequest::Answered { answer, chain } => (answer, Some(chain)),
        NextRequest::PassedOn(answer) if is_not_from_service(&answer) => return Ok(Asked::Strange(answer)),
        NextRequest::PassedOn(answer) => return Ok(Asked::PassOn(answer)),
    };
    let answer = match fate(state, &upstream_request.request, &upstream_request.identified, &answer) {
        Disposition::Record => answer,
        Disposition::NotFromService => return Ok(Asked::Strange(answer)),
        Disposition::PassOn => match region_errors::judge(state, recorder, upstream_request, answer).await {
            RegionVerdict::Keep(answer) => answer,
            RegionVerdict::Wait(undecided) => return Ok(Asked::Wait(undecided)),
            RegionVerdict::PassOn(answer) => return Ok(Asked::PassOn(answer)),
        },
    };
    let accepted = is_recordable(&answer, &state.settings.service.recording);
    if accepted {
        region_errors::accepted(recorder, upstream_request).await;
    }
    if let Some(account) = upstream_request.account.as_deref().filter(|_| accepted)
        && let Err(error) = recorder.callers.admit(account)
    {
        // Another account's answer came first, while this one was on its way.
        not_recorded(state, &upstream_request.identified, &error);
        return Ok(Asked::PassOn(answer));
    }
    Ok(Asked::Keep(UpstreamPage { answer, chain }))
}

/// Sends the upstream_request with `body`, signed anew; or just as it came, where that is signed.
pub(super) async fn send(
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    body: Bytes,
) -> Result<Answer, UpstreamError> {
    if let Some(answer) = upstream_request.in_hand() {
        return Ok(answer);
    }
    let UpstreamRequest { request, identified, .. } = upstream_request;
    if upstream_request.keeps_signature() {
        return recorder.upstream.pass_on(request).await;
    }
    recorder.upstream.send(&identified.actor, request, body, &identified.region).await
}
