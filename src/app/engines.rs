//! The engines of a run, as proxy and control see them: one over one cassette, or one a session.

use super::merged::merged;
use super::opener::regions;
use super::per_session::PerSession;
use super::variables::{CassetteVariables, Settled, VariableError, Wanted, not_recorded};
use crate::admin::{DiscardError, Discarded, SessionAdmin, SettledVariables, VariableValues, VariablesError};
use crate::cassette::{self, CassetteError, SealReport, Usage, check_variable};
use crate::engine::{Engine, JournalHead, SessionState, Summary};
use crate::fingerprint::Fingerprint;
use crate::model::{Request, Response, RoleProfile, counted, shell_path, with_causes};
use crate::proxy;
use crate::session::{assign_session, sanitize_session_name, session_name};
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;

/// The profiles by which a command asks for roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AskingRoles {
    pub(crate) profiles: Vec<RoleProfile>,
    /// The name of the one that it asks as without naming it; "" for the environment's own role.
    pub(crate) asked_as: Option<String>,
}

/// The engines of a run.
#[derive(Clone, Debug)]
pub(super) struct Engines {
    pub(super) over: Over,
    /// The session of callers that name none.
    pub(super) session: Option<Arc<str>>,
    /// What has become text before the end, by folder and fingerprint.
    pub(super) sealed_early: Arc<Mutex<BTreeSet<(String, Fingerprint)>>>,
}

/// What they work on.
#[derive(Clone, Debug)]
pub(super) enum Over {
    /// All sessions share one cassette.
    One(Engine, Arc<CassetteVariables>),
    /// Every session has a cassette of its own.
    PerSession(Arc<PerSession>),
}

impl Engines {
    /// What happened so far, over all cassettes.
    pub(super) fn summary(&self) -> Summary {
        match &self.over {
            Over::One(engine, _) => engine.summary(),
            Over::PerSession(sessions) => {
                let engines = sessions.engines();
                let mut summary = merged(engines.iter().map(Engine::summary));
                sessions.add_to(&mut summary);
                summary
            }
        }
    }

    /// The region of everything recorded, where it is one.
    pub(super) fn recorded_region(&self, own: Option<&str>) -> Option<String> {
        let kept = match &self.over {
            Over::One(engine, _) => cassette::regions_of(engine.cassette().root()),
            Over::PerSession(sessions) => sessions.kept_regions(),
        };
        if let Some(kept) = kept.iter().find(|region| Some(region.as_str()) == own).or(kept.first()) {
            return Some(kept.clone());
        }
        let regions = match &self.over {
            Over::One(engine, _) => regions(engine.cassette()),
            Over::PerSession(sessions) => sessions.regions(),
        };
        match regions.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// Keeps the region that the command ran in, in the cassettes that something of it was recorded into; gives what to say
    /// where that fails.
    pub(super) fn keep_region(&self, region: &str) -> Vec<String> {
        let recorded =
            self.engines().into_iter().filter(|engine| engine.is_recording() && engine.summary().recorded > 0);
        let failed = |engine: Engine| {
            let cassette = engine.cassette();
            let reason = with_causes(&cassette.keep_region(region).err()?);
            let root = cassette.root().display();
            Some(format!("cannot note in {root} that it was recorded in {region}: {reason}"))
        };
        recorded.filter_map(failed).collect()
    }

    /// Keeps the profiles of `roles` that something was asked for by, in the cassettes that something of it was recorded into;
    /// gives what to say where that fails.
    pub(super) fn keep_profiles(&self, roles: &AskingRoles) -> Vec<String> {
        let keep = |engine: &Engine| {
            let profiles = engine.asked_profiles(&roles.profiles);
            let asked_as = roles.asked_as.clone().filter(|name| profiles.iter().any(|profile| profile.name == *name));
            if profiles.is_empty() {
                return None;
            }
            let reason = with_causes(&engine.cassette().keep_profiles(profiles, asked_as).err()?);
            let root = engine.cassette().root().display();
            Some(format!("cannot note in {root} by which profiles roles were asked for: {reason}"))
        };
        self.engines().iter().filter(|engine| engine.is_recording()).filter_map(keep).collect()
    }

    /// The profiles by which roles were asked for where the cassettes were recorded, and the one that was asked as.
    pub(super) fn recorded_roles(&self) -> AskingRoles {
        let roots = match &self.over {
            Over::One(engine, _) => vec![engine.cassette().root().to_owned()],
            Over::PerSession(sessions) => sessions.roots(),
        };
        let mut roles = AskingRoles::default();
        for root in roots {
            let (profiles, asked_as) = cassette::profiles_of(&root);
            let is_new = |profile: &RoleProfile| roles.profiles.iter().all(|known| known.name != profile.name);
            let new: Vec<RoleProfile> = profiles.into_iter().filter(is_new).collect();
            roles.profiles.extend(new);
            roles.asked_as = roles.asked_as.or(asked_as);
        }
        roles
    }

    /// Waits for what was sent upstream and has not been answered, `limit` at most.
    pub(super) async fn settle(&self, limit: Duration) {
        let settling = self.engines().into_iter().map(|engine| async move { engine.settle(limit).await });
        settling.collect::<JoinSet<()>>().join_all().await;
    }

    /// Keeps what a complete run used of the cassettes that were only replayed. One with a miss, or that nobody asked,
    /// shows no complete run.
    pub(super) fn keep_usage(&self, by: &str, began: SystemTime) {
        for engine in self.engines().iter().filter(|engine| !engine.is_recording()) {
            let summary = engine.summary();
            if summary.replayed == 0 || summary.missed + summary.damaged > 0 {
                continue;
            }
            let usage = Usage { by: by.to_owned(), began, entries: engine.used_takes() };
            if let Err(error) = engine.cassette().keep_usage(&usage) {
                tracing::warn!("cannot save which takes were used, so `ramtape prune` cannot use this run: {error}");
            }
        }
    }

    /// Keeps the calls of the run beside each cassette, for who looks into it afterwards; `by` is the command that ran.
    pub(super) fn keep_calls(&self, by: &str, began: SystemTime) {
        for engine in self.engines().iter().filter(|engine| engine.call_extent().0 > 0) {
            let journal = engine.call_journal(JournalHead::new(by, began, engine.is_recording()));
            if let Err(error) = engine.cassette().keep_calls(&journal.to_text()) {
                tracing::warn!("cannot save the calls of this run, so `ramtape explain` does not know them: {error}");
            }
        }
    }

    /// `request` with the run's session, unless it names its own: nobody further in knows of the run's.
    fn with_run_session(&self, mut request: Request) -> Request {
        if let Some(name) = &self.session {
            assign_session(&mut request, name);
        }
        request
    }

    /// The recorded variables that count for `session`, which callers that name none have where it is `None`.
    async fn variables(&self, session: Option<&str>) -> Result<Arc<CassetteVariables>, VariableError> {
        match &self.over {
            Over::One(_, variables) => Ok(Arc::clone(variables)),
            Over::PerSession(sessions) => PerSession::variables(sessions, session).await,
        }
    }

    /// The values that count of variables `wanted` for the run's own session, with the run's own right.
    ///
    /// # Errors
    /// As the variants of [`VariableError`] say.
    pub(super) async fn settle_for_run(
        &self,
        wanted: Vec<(String, Wanted)>,
    ) -> Result<Vec<(String, Settled)>, VariableError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let variables = self.variables(self.session.as_deref()).await?;
        settle(variables, self.session.as_deref().unwrap_or_default().to_owned(), wanted, true).await
    }

    /// The values that count of variables for a client that would use `values`.
    async fn settle_for_client(
        &self,
        request: Request,
        name: Option<&str>,
        values: VariableValues,
    ) -> Result<VariableValues, VariablesError> {
        let request = self.with_run_session(request);
        let session = name.map(plain_session).or_else(|| session_name(&request));
        self.settle_values(session, values, |variables| variables.trusts_caller(&request)).await
    }

    /// The values that count of variables for `session`, which callers that name none have where it is `None`, that would use
    /// `values`. New ones are kept where `is_proved`.
    pub(super) async fn settle_values(
        &self,
        session: Option<String>,
        values: VariableValues,
        is_proved: impl FnOnce(&CassetteVariables) -> bool,
    ) -> Result<VariableValues, VariablesError> {
        for (name, value) in &values {
            check_variable(name, value).map_err(|flaw| VariablesError::Unfit(flaw.to_string()))?;
        }
        if values.is_empty() {
            return Ok(values);
        }
        let variables = self.variables(session.as_deref()).await?;
        let is_proved = is_proved(&variables);
        let session = session.unwrap_or_default();
        let wanted = values.into_iter().map(|(name, value)| (name, Wanted::Given(value))).collect();
        let settled = settle(variables, session.clone(), wanted, is_proved).await?;
        let missing: Vec<&str> =
            settled.iter().filter(|(_, one)| one.value().is_none()).map(|(name, _)| name.as_str()).collect();
        if !missing.is_empty() {
            let text = not_recorded(&self.cassette_of(&session), &session, &missing);
            tracing::warn!("{text}");
            return Err(VariablesError::NotRecorded(text));
        }
        Ok(settled.into_iter().filter_map(|(name, one)| Some((name, one.value()?.to_owned()))).collect())
    }

    /// The engine of the session called `name`, where there is one already.
    pub(super) fn engine_of(&self, name: &str) -> Option<Engine> {
        match &self.over {
            Over::One(engine, _) => Some(engine.clone()),
            Over::PerSession(sessions) => Some(sessions.opened(name)?.engine.clone()),
        }
    }

    /// The folder of the cassette of `session`.
    pub(super) fn cassette_of(&self, session: &str) -> PathBuf {
        match &self.over {
            Over::One(engine, _) => engine.cassette().root().to_owned(),
            Over::PerSession(sessions) => sessions.root_of(Some(session).filter(|session| !session.is_empty())),
        }
    }

    /// Puts back the variables that a run in mode `all` replaced for sessions that have recorded nothing: the takes that were to
    /// be replaced stay, and were recorded with them. Those of callers that name no session are everybody's.
    fn restore_variables(&self) -> Result<(), CassetteError> {
        let sessions = self.engines().into_iter().flat_map(|engine| engine.sessions());
        let recorded: BTreeSet<String> =
            sessions.filter(|session| session.recorded > 0).map(|session| session.name.unwrap_or_default()).collect();
        let has_recorded =
            |session: &str| if session.is_empty() { !recorded.is_empty() } else { recorded.contains(session) };
        match &self.over {
            Over::One(_, variables) => variables.restore(has_recorded),
            Over::PerSession(sessions) => {
                sessions.all_variables().iter().try_for_each(|variables| variables.restore(has_recorded))
            }
        }
    }

    /// All that there are.
    pub(super) fn engines(&self) -> Vec<Engine> {
        match &self.over {
            Over::One(engine, _) => vec![engine.clone()],
            Over::PerSession(sessions) => sessions.engines(),
        }
    }

    /// Writes everything that was recorded as text; `step` is called before each request, with the number of all. Blocks.
    /// Each report comes with its cassette's folder.
    pub(super) fn seal(&self, step: impl FnMut(usize)) -> Result<Vec<(PathBuf, SealReport)>, CassetteError> {
        let taken_back = self.restore_variables();
        let reports = self.seal_each(step);
        taken_back.and_then(|()| reports.into_iter().collect())
    }

    /// Writes what was recorded so far as text, while no client has anything left to ask. Blocks.
    pub(super) fn seal_early(&self) -> Result<Vec<(PathBuf, SealReport)>, CassetteError> {
        let reports = self.seal_each(|_| ()).into_iter().collect::<Result<Vec<_>, _>>()?;
        self.sealed_early.lock().extend(reports.iter().flat_map(|(_, report)| report.sealed.iter().cloned()));
        Ok(reports)
    }

    /// Seals each cassette that is recorded into. One that fails keeps none of the others back.
    fn seal_each(&self, mut step: impl FnMut(usize)) -> Vec<Result<(PathBuf, SealReport), CassetteError>> {
        let mut engines = self.engines();
        engines.retain(Engine::is_recording);
        let all = engines.iter().map(|engine| engine.cassette().pending()).sum();
        let seal = |engine: &Engine| {
            let cassette = engine.cassette();
            Ok((cassette.root().to_owned(), cassette.seal_telling(&mut |_| step(all))?))
        };
        engines.iter().map(seal).collect()
    }

    /// Throws away what this run has recorded and has not written as text. Blocks.
    pub(super) fn discard_all(&self) -> Result<(), CassetteError> {
        for engine in self.engines() {
            for session in engine.sessions() {
                engine.discard_session(session.name.as_deref())?;
            }
        }
        Ok(())
    }
}

impl Engines {
    /// What to say of requests that a recording of everything has left as they were, as nobody asked for them: they may be of
    /// use to other commands, or to nobody.
    pub(super) fn describe_unchanged(&self, reports: &[(PathBuf, SealReport)]) -> Option<String> {
        let (Over::One(engine, _), [(root, report)]) = (&self.over, reports) else { return None };
        let failed = report.failed.iter().map(|(folder, fingerprint, _)| (folder, fingerprint));
        let early = self.sealed_early.lock();
        let sealed = report.sealed.iter().chain(&*early).map(|(folder, fp)| (folder, fp));
        let recorded: BTreeSet<_> = sealed.chain(failed).collect();
        let known = engine.cassette().fingerprints().unwrap_or_default();
        let left = known.iter().filter(|(folder, fp)| !recorded.contains(&(folder, fp))).count() as u64;
        let cassette = shell_path(root);
        (left > 0 && !recorded.is_empty()).then(|| {
            format!(
                "{} as before, because nothing requested {}. If nothing needs that any more: replay everything \
                    that uses the cassette with --record-mode none, then `ramtape prune --cassette {cassette}` \
                    removes what was not used",
                counted(left, "recorded request is", "recorded requests are"),
                if left == 1 { "it" } else { "them" },
            )
        })
    }
}

impl proxy::Handler for Engines {
    async fn handle(&self, request: Request) -> Response {
        let request = self.with_run_session(request);
        match &self.over {
            Over::One(engine, _) => engine.answer(request).await,
            // Boxed: the way to open a cassette is large, and a future is moved into place for every request.
            Over::PerSession(sessions) => Box::pin(PerSession::answer(sessions, request)).await,
        }
    }
}

impl SessionAdmin for Engines {
    fn list(&self) -> serde_json::Value {
        let states = match &self.over {
            Over::One(engine, _) => engine.sessions(),
            Over::PerSession(sessions) => merged(sessions.engines().iter().map(Engine::summary)).sessions,
        };
        states.iter().map(SessionState::to_json).collect()
    }

    fn get(&self, name: &str) -> serde_json::Value {
        let name = plain_session(name);
        let (state, misses) = match self.engine_of(&name) {
            Some(engine) => engine.session(&name),
            None => (SessionState { name: Some(name), ..SessionState::default() }, Vec::new()),
        };
        let mut session = state.to_json();
        if let Some(members) = session.as_object_mut() {
            members.insert("misses".to_owned(), misses.into());
        }
        session
    }

    fn discard<'a>(&'a self, request: Request, name: &'a str) -> Discarded<'a> {
        Box::pin(async move {
            let name = plain_session(name);
            let Some(engine) = self.engine_of(&name) else { return Ok(0) };
            if !engine.trusts_caller(&request) {
                return Err(DiscardError::NotProved);
            }
            let discarding = tokio::task::spawn_blocking(move || engine.discard_session(Some(&name)));
            let discarded = discarding.await.map_err(|error| DiscardError::Failed(with_causes(&error)))?;
            discarded.map_err(|error| DiscardError::Failed(with_causes(&error)))
        })
    }

    fn reset(&self, name: &str) -> bool {
        let name = plain_session(name);
        self.engine_of(&name).is_some_and(|engine| engine.reset_session(Some(&name)))
    }

    fn settle<'a>(&'a self, request: Request, name: Option<&'a str>, values: VariableValues) -> SettledVariables<'a> {
        Box::pin(self.settle_for_client(request, name, values))
    }
}

/// The values that count of variables `wanted` for `session` ("" where callers name none).
async fn settle(
    variables: Arc<CassetteVariables>,
    session: String,
    wanted: Vec<(String, Wanted)>,
    is_proved: bool,
) -> Result<Vec<(String, Settled)>, VariableError> {
    tokio::task::spawn_blocking(move || variables.settle(&session, &wanted, is_proved)).await?
}

/// The session that a control path names, read as a path prefix is.
fn plain_session(name: &str) -> String {
    sanitize_session_name(&percent_decode_str(name).decode_utf8_lossy())
}
