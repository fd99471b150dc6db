//! Answering from upstream, into the cassette: read → prove caller → identify → scrub a copy → fingerprint → sign → send →
//! scrub → tokens → store → answer. A request that its client signed for upstream itself is neither proved nor signed: it
//! passes as it is, and upstream judges it.

use crate::aws::{Answer, CallerError, Destination, SigningKeys, UpstreamError};
use crate::engine::callers::{RecordedCaller, choose_keys};
use crate::engine::calls::{AnswerNote, Asked, CallNotes};
use crate::engine::classify::is_recordable;
use crate::engine::disposition::{Disposition, is_not_from_service, judge_answer, report_foreign_answer};
use crate::engine::error::EngineError;
use crate::engine::in_flight::{
    FlightResult, FollowUp, InFlightKey, JoinedResponse, PendingAnswer, SharedOutcome, SharingReason,
};
use crate::engine::issue::note_issued_keys;
use crate::engine::lookup::{Lookup, Match, MissReason};
use crate::engine::matcher::{find_entry, match_entry, match_prepared};
use crate::engine::pagination::next_request::{NextRequest, plan_next_request};
use crate::engine::pagination::upstream_tokens::identify_recorded;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::recorder::Recorder;
use crate::engine::region_errors::{RegionVerdict, add_pending, judge_region, note_accepted_key};
use crate::engine::replay::serve;
use crate::engine::request_context::RequestContext;
use crate::engine::request_scope::RequestScope;
use crate::engine::settings::{EngineSettings, Mode};
use crate::engine::state::EngineState;
use crate::engine::stats::run::count;
use crate::engine::store_page::{StoreOutcome, UpstreamPage, store_page, store_page_again};
use crate::engine::upstream_request::UpstreamRequest;
use crate::model::Request;
use crate::service::OperationKind;
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// The answer to `request`: upstream's, recorded; or, in `new_episodes`, the recorded one.
pub(super) async fn record(
    state: &Arc<EngineState>,
    recorder: &Arc<Recorder>,
    request: Request,
    session_name: Option<String>,
    notes: &mut CallNotes,
) -> FlightResult {
    let (context, caller) = identify_request(state, recorder, request, session_name).await?;
    notes.asked = Some(Asked::Identified(Arc::clone(&context.identified)));
    if let Some(found) = find_recorded_before(state, recorder, &context)? {
        let served = serve(state, &context, *found, notes)?;
        count(&state.session_stats.get_or_create(context.session_name()).replayed);
        return Ok(served);
    }
    let signing = admit_request(state, recorder, &context, &caller).await?;
    if !context.keeps_signature() {
        state.session_stats.get_or_create(context.session_name()).proved.store(true, Ordering::Relaxed);
    }
    // Before anything is sent: where the cassette cannot be read, nothing could be recorded.
    recorder.mark_start(state, &context.identified)?;
    let account = caller.unclaimed_account().filter(|_| context.keeps_signature()).map(str::to_owned);
    let fallback = replayable_if_refused(state, &context);
    let upstream_request = UpstreamRequest::new(state, context).with_account(account).with_signing(signing);
    match send_and_share(state, recorder, Arc::new(upstream_request)).await {
        Ok(joined) => {
            notes.answer = Some(if joined.is_recorded { AnswerNote::Recorded } else { AnswerNote::PassedOn });
            Ok(joined.response)
        }
        Err(error) => fall_back(state, recorder, (fallback, notes), error),
    }
}

/// Reads who asks what.
async fn identify_request(
    state: &EngineState,
    recorder: &Recorder,
    request: Request,
    session_name: Option<String>,
) -> Result<(RequestContext<'static>, RecordedCaller), EngineError> {
    let mut scope = RequestScope::read_place(&request, &state.settings);
    check_service(&state.settings, scope.service)?;
    let way = (&state.settings, &*recorder.upstream);
    let caller = recorder.callers.identify_caller(&scope, &state.actors, way).await?;
    scope.actor = caller.actor.clone();
    let identified = identify_recorded(state, &recorder.upstream_tokens, &request, &scope, session_name.as_deref())?;
    let request = Cow::Owned(request);
    Ok((RequestContext { request, session_name, identified: Arc::new(identified) }, caller))
}

/// Asks upstream, unless somebody is already asking the same.
async fn send_and_share(
    state: &Arc<EngineState>,
    recorder: &Arc<Recorder>,
    upstream_request: Arc<UpstreamRequest>,
) -> Result<JoinedResponse, Arc<EngineError>> {
    if upstream_request.identified.is_write() {
        upstream_request.session().epoch += 1;
    }
    let keys = sharing_keys(state, &upstream_request);
    let ask = |waiters| {
        let (state, recorder) = (Arc::clone(state), Arc::clone(recorder));
        let upstream_request = Arc::clone(&upstream_request);
        async move {
            upstream_request.set_waiters(waiters);
            ask_upstream(&state, &recorder, &upstream_request).await
        }
    };
    let mut joined = recorder.in_flight.join(keys, ask).await?;
    match joined.follow_up.take() {
        Some(FollowUp::StoreAgain(stored)) => {
            let (state, own) = (Arc::clone(state), Arc::clone(recorder));
            // To its end: a client that leaves now would leave a page behind that nobody goes on from.
            let store = async move { store_page_again(&state, &own.chains, &upstream_request, stored).await };
            recorder.in_flight.finish(store).await;
        }
        Some(FollowUp::Decide(pending)) => add_pending(state, recorder, &upstream_request, pending),
        None => {}
    }
    Ok(joined)
}

/// What `new_episodes` replays: what was there when the run began, unless this session has already changed upstream.
fn find_recorded_before(
    state: &EngineState,
    recorder: &Recorder,
    context: &RequestContext<'_>,
) -> Result<Option<Box<Match>>, EngineError> {
    if state.settings.mode != Mode::RecordMissing {
        return Ok(None);
    }
    // Stand-ins would be of no use to what is to be recorded yet.
    if context.identified.issues_credentials() {
        return Ok(None);
    }
    let session = state.sessions.get(context.session_name());
    if session.is_some_and(|session| session.lock().recorded_write) {
        return Ok(None);
    }
    let Lookup::Hit(found) = look_up_at_start(state, recorder, context)? else { return Ok(None) };
    // A client with a token of upstream's own would get one of ramtape's here, and could not go on with it where the pages end.
    let goes_on_upstream = context.identified.page.was_upstreams && !found.is_complete();
    Ok(Some(found).filter(|_| !(context.keeps_signature() && goes_on_upstream)))
}

/// The request, where a recorded answer may be replayed if upstream cannot be asked: credentials are asked for even where they
/// are recorded, as what is missing can only be recorded with real ones; where nothing is missing, nobody needs those.
fn replayable_if_refused(state: &EngineState, context: &RequestContext<'static>) -> Option<RequestContext<'static>> {
    let is_replayable = state.settings.mode == Mode::RecordMissing && context.identified.issues_credentials();
    is_replayable.then(|| context.clone())
}

/// What was recorded before, where upstream could not be asked for it.
fn fall_back(
    state: &EngineState,
    recorder: &Recorder,
    (fallback, notes): (Option<RequestContext<'static>>, &mut CallNotes),
    error: Arc<EngineError>,
) -> FlightResult {
    let Some(context) = fallback.filter(|_| matches!(*error, EngineError::Upstream(_))) else { return Err(error) };
    match look_up_at_start(state, recorder, &context)? {
        Lookup::Hit(found) => Ok(serve(state, &context, *found, notes)?),
        Lookup::Miss(_) => Err(error),
    }
}

/// Looks up what was there when the run began.
fn look_up_at_start(
    state: &EngineState,
    recorder: &Recorder,
    context: &RequestContext<'_>,
) -> Result<Lookup, EngineError> {
    let at_start = || recorder.at_start().get(&context.identified.fingerprint).cloned();
    if let Some(before) = at_start() {
        return Ok(match_before(state, context, before));
    }
    let entry = find_entry(state, context)?;
    // Once more: what was found may be what somebody recorded meanwhile.
    Ok(match at_start() {
        Some(before) => match_before(state, context, before),
        None => match_entry(state, context, entry),
    })
}

fn match_before(state: &EngineState, context: &RequestContext<'_>, before: Option<Arc<PreparedEntry>>) -> Lookup {
    match before {
        Some(prepared) => match_prepared(state, context, &prepared),
        None => Lookup::Miss(MissReason::NoTake),
    }
}

/// Refuses what is for a service that is not recorded: it would be sent as RAM's, or recorded for nothing.
fn check_service(settings: &EngineSettings, service: &str) -> Result<(), EngineError> {
    let companions = &settings.service.companions;
    if companions.is_recorded(service) {
        return Ok(());
    }
    let expected = companions.recorded().join(", ");
    Err(CallerError::OtherService { found: service.to_owned(), expected }.into())
}

/// Whether the caller may have its request sent, and signed unless it is signed for upstream already: with what.
async fn admit_request(
    state: &EngineState,
    recorder: &Recorder,
    context: &RequestContext<'_>,
    caller: &RecordedCaller,
) -> Result<SigningKeys, EngineError> {
    let (settings, identified) = (&state.settings, &context.identified);
    if settings.read_only && identified.is_write() {
        return Err(EngineError::ReadOnly(identified.name.as_str().to_owned()));
    }
    if context.keeps_signature() {
        return recorder.callers.check_account(caller).map(|()| SigningKeys::None);
    }
    let signing = choose_keys(caller, identified, (settings, &*recorder.upstream)).await?;
    let destination = Destination {
        service: &identified.service,
        region: &identified.region,
        actor: &identified.actor,
        signing: &signing,
        keeps_headers: false,
    };
    let trust = recorder.upstream.trust(&destination, &settings.key, settings.allow_any_client)?;
    trust.prove(&context.request, SystemTime::now()).await?;
    let is_streamed = |value: &str| value.starts_with("STREAMING-");
    if context.request.header("x-amz-content-sha256").is_some_and(is_streamed) {
        return Err(EngineError::Streaming);
    }
    recorder.callers.admit(caller, &signing, (settings, &*recorder.upstream)).await?;
    Ok(signing)
}

/// By what a request is known to be the same as another one.
fn sharing_keys(state: &EngineState, upstream_request: &UpstreamRequest) -> Vec<InFlightKey> {
    let identified = &upstream_request.identified;
    let keeps_signature = upstream_request.keeps_signature();
    let signer = keeps_signature.then(|| {
        let scope = RequestScope::read_place(&upstream_request.request, &state.settings);
        scope.key_id().unwrap_or_default().to_owned()
    });
    let key = |reason| InFlightKey {
        session: upstream_request.session_name.clone(),
        fingerprint: identified.fingerprint,
        token: identified.page.token.map(|token| token.key()),
        signer: signer.clone(),
        reason,
    };
    let invocation = upstream_request.invocation_id().map(|id| key(SharingReason::Invocation(id.to_owned())));
    let is_read = identified.operation.as_ref().is_some_and(|operation| operation.kind == OperationKind::Read);
    // Nobody has proved who signed: what upstream answers to one is not for whoever asks the same at that moment.
    // Each caller of what hands out credentials gets its own.
    let issues = identified.issues_credentials();
    let read = (is_read && !keeps_signature && !issues).then(|| {
        let epoch = upstream_request.session().epoch;
        key(SharingReason::Read { max_results: identified.page.max_results, epoch })
    });
    invocation.into_iter().chain(read).collect()
}

/// Asks upstream and records the answer.
async fn ask_upstream(
    state: &Arc<EngineState>,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> SharedOutcome {
    let outcome = match fetch_answer(state, recorder, upstream_request).await {
        Ok(fetched) => record_answer(state, recorder, upstream_request, fetched).await,
        Err(error) => SharedOutcome::passing(Err(Arc::new(error))),
    };
    if upstream_request.identified.is_write() {
        // A read that began while the write was on its way may tell of the time before it.
        upstream_request.session().epoch += 1;
    }
    outcome
}

/// An answer of upstream, and what to do with it.
enum FetchedAnswer {
    /// It is recorded.
    Record(UpstreamPage),
    /// It is passed on by rule.
    PassOn(Answer),
    /// It is passed on, as the service did not give it.
    NotFromService(Answer),
    /// It is passed on, as its like was recorded before: credentials are asked for anew in every run.
    Renewed(Answer),
    /// Whether it is recorded is not known yet.
    Pending(PendingAnswer),
}

async fn record_answer(
    state: &Arc<EngineState>,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    fetched: FetchedAnswer,
) -> SharedOutcome {
    let identified = &upstream_request.identified;
    let passed_on =
        |answer: Answer, follow_up| SharedOutcome { follow_up, ..SharedOutcome::passing(Ok(answer.into())) };
    match fetched {
        FetchedAnswer::PassOn(answer) => {
            state.stats.count_passed_on(identified, &answer);
            passed_on(answer, None)
        }
        FetchedAnswer::NotFromService(answer) => {
            report_foreign_answer(state, &recorder.upstream, identified, &answer);
            passed_on(answer, None)
        }
        FetchedAnswer::Renewed(answer) => passed_on(answer, None),
        FetchedAnswer::Pending(pending) => {
            add_pending(state, recorder, upstream_request, pending.clone());
            passed_on(pending.answer.clone(), Some(FollowUp::Decide(pending)))
        }
        FetchedAnswer::Record(page) => {
            // A client that is told to try again asks upstream again.
            let is_final = is_recordable(&page.answer, &state.settings.service.recording);
            match store_page(state, (&recorder.chains, &recorder.upstream_tokens), upstream_request, page).await {
                Ok(StoreOutcome { response, stored }) => {
                    let (is_recorded, follow_up) = (stored.is_some(), stored.map(FollowUp::StoreAgain));
                    SharedOutcome { outcome: Ok(response), is_recorded, is_final, follow_up }
                }
                Err(error) => SharedOutcome { is_final, ..SharedOutcome::passing(Err(Arc::new(error))) },
            }
        }
    }
}

/// Sends the request, and judges what comes back.
async fn fetch_answer(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
) -> Result<FetchedAnswer, EngineError> {
    if upstream_request.session().replayed_writes > 0 {
        count(&state.stats.after_replayed_writes);
    }
    let (answer, chain) = match plan_next_request(state, recorder, upstream_request).await? {
        NextRequest::Send { body, chain } => (send(state, recorder, upstream_request, body).await?, chain),
        NextRequest::Answered { answer, chain } => (answer, Some(chain)),
        NextRequest::PassedOn(answer) if is_not_from_service(&answer) => {
            return Ok(FetchedAnswer::NotFromService(answer));
        }
        NextRequest::PassedOn(answer) => return Ok(FetchedAnswer::PassOn(answer)),
    };
    let answer = match judge_answer(state, upstream_request, &answer) {
        Disposition::Record => answer,
        Disposition::NotFromService => return Ok(FetchedAnswer::NotFromService(answer)),
        Disposition::PassOn => match judge_region(state, recorder, upstream_request, answer).await {
            RegionVerdict::Record(answer) => answer,
            RegionVerdict::Pending(pending) => return Ok(FetchedAnswer::Pending(pending)),
            RegionVerdict::PassOn(answer) => return Ok(FetchedAnswer::PassOn(answer)),
        },
    };
    if is_recordable(&answer, &state.settings.service.recording) {
        note_accepted_key(state, recorder, upstream_request).await;
        if let Some(account) = upstream_request.account()
            && let Err(error) = recorder.callers.admit_account(account)
        {
            // Another account's answer came first, while this one was on its way.
            state.stats.report_unrecorded(&upstream_request.identified, &error);
            return Ok(FetchedAnswer::PassOn(answer));
        }
    }
    let issued = note_issued_keys(state, upstream_request, &answer);
    let is_known = || recorder.at_start().get(&upstream_request.identified.fingerprint).is_some_and(Option::is_some);
    if issued && state.settings.mode == Mode::RecordMissing && is_known() {
        return Ok(FetchedAnswer::Renewed(answer));
    }
    Ok(FetchedAnswer::Record(UpstreamPage { answer, chain }))
}

/// Sends the request with `body`, signed anew; or just as it came, where that is signed.
async fn send(
    state: &EngineState,
    recorder: &Recorder,
    upstream_request: &UpstreamRequest,
    body: Bytes,
) -> Result<Answer, UpstreamError> {
    let request = &upstream_request.request;
    if upstream_request.keeps_signature() {
        return recorder.upstream.pass_on(request).await;
    }
    recorder.upstream.send(&upstream_request.destination(&state.settings.service.name), request, body).await
}
