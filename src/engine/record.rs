//! Answering from upstream, into the cassette: read → prove caller → identify → scrub a copy → fingerprint → sign → send →
//! scrub → tokens → store → answer. A request that its client signed for upstream itself is neither proved nor signed: it
//! passes as it is, and upstream judges it.

use super::Shared;
use super::actors::{self, Caller};
use super::classify::is_recordable;
use super::error::EngineError;
use super::fate::{Fate, fate, is_strange, tell_strange};
use super::find::{Found, Gap, find_in, find_there, look_up};
use super::flights::{FlightKey, Landed, Outcome, Same, Share};
use super::identify::Call;
use super::keep::{Arrived, Stored, keep, keep_again, not_recorded};
use super::passing::identify_recorded;
use super::prepared::Prepared;
use super::recorder::{Question, Recorder};
use super::regional::{self, Regional, Undecided};
use super::replay::serve;
use super::settings::Effective;
use super::tally::count;
use super::walk::{Onward, onward};
use crate::aws::{Answer, UpstreamError};
use crate::model::Request;
use crate::service::Kind;
use crate::session::{Session, session_name};
use bytes::Bytes;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

/// The answer to `request`: upstream's, recorded; or, in `new_episodes`, the recorded one. Upstream is not asked where its
/// answer is `in_hand`.
pub(super) async fn record(
    shared: &Arc<Shared>,
    recorder: &Arc<Recorder>,
    request: Request,
    in_hand: Option<Answer>,
) -> Outcome {
    let caller = actors::recording(shared, recorder, &request).await.map_err(Arc::new)?;
    let session_name = session_name(&request);
    let call = identify_recorded(shared, recorder, &request, session_name.as_deref(), &caller).map_err(Arc::new)?;
    let found = recorded_before(shared, recorder, &request, &call, session_name.as_deref()).map_err(Arc::new)?;
    if let Some(found) = found {
        let served = serve(shared, &request, &call, found).map_err(Arc::new);
        return served.inspect(|_| count(&shared.attendance.of(session_name.as_deref()).replayed));
    }
    admit(shared, recorder, &request, &call, &caller).await.map_err(Arc::new)?;
    if !request.door.keeps_signature() {
        shared.attendance.of(session_name.as_deref()).proved.store(true, Ordering::Relaxed);
    }
    let session = shared.sessions.named(session_name.as_deref());
    // Before anything is sent: where the cassette cannot be read, nothing could be recorded.
    recorder.mark_start(shared, &call).map_err(Arc::new)?;
    let account = caller.unclaimed_account().filter(|_| request.door.keeps_signature()).map(str::to_owned);
    let question = Question { account, in_hand: Mutex::new(in_hand), ..begin(request, call, session_name, session) };
    let (keys, question) = (flight_keys(&question), Arc::new(question));
    let asking = |waiters| {
        let (shared, recorder, question) = (Arc::clone(shared), Arc::clone(recorder), Arc::clone(&question));
        async move {
            question.waiters.get_or_init(|| waiters);
            ask(&shared, &recorder, &question).await
        }
    };
    let joined = recorder.flights.join(keys, asking).await?;
    match joined.share {
        Some(Share::Kept(kept)) => {
            let (shared, recorder) = (Arc::clone(shared), Arc::clone(recorder));
            let flights = recorder.flights.clone();
            // To its end: a client that leaves now would leave a page behind that nobody goes on from.
            flights.finish(async move { keep_again(&shared, &recorder.chains, &question, kept).await }).await;
        }
        Some(Share::Undecided(undecided)) => regional::wait(shared, recorder, &question, undecided),
        None => {}
    }
    Ok(joined.response)
}

/// What upstream answers to a request that its client signed, and what would become of that. There is nothing to record it
/// in yet.
pub(super) async fn vet(
    shared: &Shared,
    recorder: &Recorder,
    request: &Request,
) -> Result<(Answer, Call, Fate), EngineError> {
    let caller = actors::recording(shared, recorder, request).await?;
    let call = identify_recorded(shared, recorder, request, session_name(request).as_deref(), &caller)?;
    if call.page.token.is_some() {
        return Err(EngineError::SignedToken);
    }
    admit(shared, recorder, request, &call, &caller).await?;
    let answer = recorder.upstream.pass_on(request).await?;
    let fate = fate(shared, request, &call, &answer);
    Ok((answer, call, fate))
}

/// What `new_episodes` replays: what was there when the run began, unless this session has already changed upstream.
fn recorded_before(
    shared: &Shared,
    recorder: &Recorder,
    request: &Request,
    call: &Call,
    session: Option<&str>,
) -> Result<Option<Found>, EngineError> {
    if shared.settings.mode != Effective::Missing {
        return Ok(None);
    }
    let recorded_write =
        |session: Arc<Mutex<Session>>| session.lock().unwrap_or_else(PoisonError::into_inner).recorded_write;
    if shared.sessions.known(session).is_some_and(recorded_write) {
        return Ok(None);
    }
    let at_start = || recorder.at_start().get(&call.fingerprint).cloned();
    let of = |before: Option<Arc<Prepared>>| {
        before.map_or(Err(Gap::NoTake), |prepared| find_in(shared, request, call, &prepared))
    };
    let found = match at_start() {
        Some(before) => of(before),
        None => {
            let there = look_up(shared, call)?;
            // Once more: what was found may be what somebody recorded meanwhile.
            match at_start() {
                Some(before) => of(before),
                None => find_there(shared, request, call, there),
            }
        }
    };
    // A client with a token of upstream's own would get one of ramtape's here, and could not go on with it where the pages end.
    let goes_on_upstream = |found: &Found| call.page.was_upstreams && !found.is_complete();
    Ok(found.ok().filter(|found| !(request.door.keeps_signature() && goes_on_upstream(found))))
}

/// Whether the caller may have its request sent, and signed unless it is signed for upstream already.
async fn admit(
    shared: &Shared,
    recorder: &Recorder,
    request: &Request,
    call: &Call,
    caller: &Caller,
) -> Result<(), EngineError> {
    let settings = &shared.settings;
    if settings.read_only && call.is_write() {
        return Err(EngineError::ReadOnly(call.name.as_str().to_owned()));
    }
    if request.door.keeps_signature() {
        return actors::check_account(recorder, caller);
    }
    let trust = recorder.upstream.trust(&call.actor, &settings.key, settings.allow_any_client);
    trust.prove(request, SystemTime::now()).await?;
    actors::admit(shared, recorder, caller).await
}

fn begin(request: Request, call: Call, session_name: Option<String>, session: Arc<Mutex<Session>>) -> Question {
    if call.is_write() {
        session.lock().unwrap_or_else(PoisonError::into_inner).epoch += 1;
    }
    let (in_hand, waiters) = (Mutex::default(), OnceLock::new());
    Question { request, call, session_name, session, told_after: None, account: None, in_hand, waiters }
}

fn flight_keys(question: &Question) -> Vec<FlightKey> {
    let call = &question.call;
    let keeps_signature = question.keeps_signature();
    let signer = keeps_signature.then(|| actors::key_id(&question.request).unwrap_or_default().to_owned());
    let key = |same| FlightKey {
        session: question.session_name.clone(),
        fingerprint: call.fingerprint,
        token: call.page.token.map(|token| token.key()),
        signer: signer.clone(),
        same,
    };
    let invocation = question.request.header("amz-sdk-invocation-id").map(|id| key(Same::Invocation(id.to_owned())));
    let is_read = call.operation.as_ref().is_some_and(|operation| operation.kind == Kind::Read);
    // Nobody has proved who signed: what upstream answers to one is not for whoever asks the same at that moment.
    let read = (is_read && !keeps_signature).then(|| {
        let epoch = question.session().epoch;
        key(Same::Read { max_results: call.page.max_results, epoch })
    });
    invocation.into_iter().chain(read).collect()
}

/// Asks upstream and records the answer.
async fn ask(shared: &Arc<Shared>, recorder: &Recorder, question: &Question) -> Landed {
    let landed = asked_and_kept(shared, recorder, question).await;
    if question.call.is_write() {
        // A read that began while the write was on its way may tell of the time before it.
        question.session().epoch += 1;
    }
    landed
}

async fn asked_and_kept(shared: &Arc<Shared>, recorder: &Recorder, question: &Question) -> Landed {
    let asked = match ask_upstream(shared, recorder, question).await {
        Ok(asked) => asked,
        Err(error) => return Landed { outcome: Err(Arc::new(error)), final_answer: false, share: None },
    };
    match asked {
        Asked::PassOn(answer) => {
            shared.tally.passed_on(&question.call, &answer);
            Landed { outcome: Ok(answer.into()), final_answer: false, share: None }
        }
        Asked::Strange(answer) => {
            tell_strange(shared, recorder, &question.call, &answer);
            Landed { outcome: Ok(answer.into()), final_answer: false, share: None }
        }
        Asked::Wait(undecided) => {
            regional::wait(shared, recorder, question, undecided.clone());
            let outcome = Ok(undecided.answer().clone().into());
            Landed { outcome, final_answer: false, share: Some(Share::Undecided(undecided)) }
        }
        Asked::Keep(arrived) => {
            // A client that is told to try again asks upstream again.
            let final_answer = is_recordable(&arrived.answer, &shared.settings.service.recording);
            match keep(shared, (&recorder.chains, &recorder.places), question, arrived).await {
                Ok(Stored { response, kept }) => {
                    Landed { outcome: Ok(response), final_answer, share: kept.map(Share::Kept) }
                }
                Err(error) => Landed { outcome: Err(Arc::new(error)), final_answer, share: None },
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
    Wait(Undecided),
    Keep(Arrived),
}

async fn ask_upstream(shared: &Shared, recorder: &Recorder, question: &Question) -> Result<Asked, EngineError> {
    if question.session().replayed_writes > 0 {
        count(&shared.tally.after_replayed_writes);
    }
    let (answer, chain) = match onward(shared, recorder, question).await? {
        Onward::Ask { body, chain } => (send(recorder, question, body).await?, chain),
        Onward::Answered { answer, chain } => (answer, Some(chain)),
        Onward::PassedOn(answer) if is_strange(&answer) => return Ok(Asked::Strange(answer)),
        Onward::PassedOn(answer) => return Ok(Asked::PassOn(answer)),
    };
    let answer = match fate(shared, &question.request, &question.call, &answer) {
        Fate::Keep => answer,
        Fate::Strange => return Ok(Asked::Strange(answer)),
        Fate::PassOn => match regional::judge(shared, recorder, question, answer).await {
            Regional::Keep(answer) => answer,
            Regional::Wait(undecided) => return Ok(Asked::Wait(undecided)),
            Regional::PassOn(answer) => return Ok(Asked::PassOn(answer)),
        },
    };
    let accepted = is_recordable(&answer, &shared.settings.service.recording);
    if accepted {
        regional::accepted(recorder, question).await;
    }
    if let Some(account) = question.account.as_deref().filter(|_| accepted)
        && let Err(error) = recorder.callers.admit(account)
    {
        // Another account's answer came first, while this one was on its way.
        not_recorded(shared, &question.call, &error);
        return Ok(Asked::PassOn(answer));
    }
    Ok(Asked::Keep(Arrived { answer, chain }))
}

/// Sends the question with `body`, signed anew; or just as it came, where that is signed.
pub(super) async fn send(recorder: &Recorder, question: &Question, body: Bytes) -> Result<Answer, UpstreamError> {
    if let Some(answer) = question.in_hand() {
        return Ok(answer);
    }
    let Question { request, call, .. } = question;
    if question.keeps_signature() {
        return recorder.upstream.pass_on(request).await;
    }
    recorder.upstream.send(&call.actor, request, body, &call.region).await
}
