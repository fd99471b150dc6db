//! Who a caller speaks as.

use crate::aws::sigv4::ClaimedCredential;
use crate::aws::{CredentialsError, Upstream};
use crate::engine::error::EngineError;
use crate::engine::recorder::Recorder;
use crate::engine::settings::SignerChoice;
use crate::engine::state::EngineState;
use crate::model::{DEFAULT_ACTOR, Request};
use crate::session::{Actors, Claim, ProfileKey, decode_account_id};
use parking_lot::{Mutex, MutexGuard};
use std::borrow::Cow;
use std::time::SystemTime;

/// An actor's label. The one of callers that nobody claims costs nothing.
pub(super) type ActorLabel = Cow<'static, str>;

/// How many keys of profiles are remembered: temporary ones change, and clients use the earlier ones for a while.
const REMEMBERED: usize = 64;

/// A caller of a recording.
#[derive(Debug)]
pub(super) struct Caller {
    /// Its actor.
    pub(super) actor: ActorLabel,
    /// Its access key id, where it gives one.
    key_id: Option<String>,
    /// Its account, where it is configured or can be read from its key.
    account: Option<String>,
    /// Whether an actor claims it.
    claimed: bool,
}

/// What a recording learns about its callers, for as long as it runs.
#[derive(Debug, Default)]
pub(super) struct Callers {
    profile_keys: Mutex<Vec<ProfileKey>>,
    /// The one account of the callers that no actor claims.
    account: Mutex<Option<String>>,
}

/// The actor of a replayed request. No profile is loaded: replaying needs no credentials.
pub(super) fn replaying(actors: &Actors, request: &Request) -> ActorLabel {
    if actors.is_empty() {
        return Cow::Borrowed(DEFAULT_ACTOR);
    }
    match key_id(request).map(|id| actors.claim(id, &[])) {
        Some(Claim::Actor(label)) => Cow::Owned(label.to_owned()),
        Some(Claim::Nobody { .. }) | None => Cow::Borrowed(DEFAULT_ACTOR),
    }
}

/// The caller of a request that may go upstream. The profiles of actors are loaded where they are needed to tell.
///
/// # Errors
/// Where a profile that alone could claim the caller cannot be loaded.
pub(super) async fn recording(
    state: &EngineState,
    recorder: &Recorder,
    request: &Request,
) -> Result<Caller, EngineError> {
    let actors = &state.actors;
    let Some(id) = key_id(request) else { return Ok(Caller::nobody(None, None)) };
    if let Some(label) = actors.by_key_id(id) {
        return Ok(Caller::claimed(actors, label, id));
    }
    // A request for another service may come from a provider of credentials, led here: to ask it would wait for itself.
    let own_service = is_for(request, &state.settings.service.name);
    let failed = if own_service { recorder.callers.load(&recorder.upstream).await } else { Vec::new() };
    let keys = recorder.callers.profile_keys();
    match actors.claim(id, &keys) {
        Claim::Actor(label) => Ok(Caller::claimed(actors, label, id)),
        Claim::Nobody { account } => {
            let doubtful = failed.into_iter().find(|(label, _)| claims_by_profile_alone(actors, label));
            match doubtful {
                Some((actor, source)) => Err(EngineError::Profile { actor, source }),
                None => Ok(Caller::nobody(Some(id), account)),
            }
        }
    }
}

/// The access key id that `request` names.
pub(super) fn key_id(request: &Request) -> Option<&str> {
    ClaimedCredential::read(request).map(|credential| credential.access_key_id)
}

/// Whether the scope of the signature names `service`.
pub(super) fn is_for(request: &Request, service: &str) -> bool {
    signed_service(request) == Some(service)
}

/// The service that the scope of the signature names.
pub(super) fn signed_service(request: &Request) -> Option<&str> {
    ClaimedCredential::read(request).map(|credential| credential.service)
}

fn claims_by_profile_alone(actors: &Actors, label: &str) -> bool {
    let mut configured = actors.configured().iter();
    configured.any(|actor| actor.label == label && actor.account.is_none() && actor.key_ids.is_empty())
}

impl Caller {
    fn nobody(access_key_id: Option<&str>, account: Option<String>) -> Self {
        let key_id = access_key_id.map(str::to_owned);
        Self { actor: Cow::Borrowed(DEFAULT_ACTOR), key_id, account, claimed: false }
    }

    /// Its account, where no actor claims it.
    pub(super) fn unclaimed_account(&self) -> Option<&str> {
        self.account.as_deref().filter(|_| !self.claimed)
    }

    fn claimed(actors: &Actors, label: &str, access_key_id: &str) -> Self {
        let configured = actors.configured().iter().find(|actor| actor.label == label);
        let account = configured.and_then(|actor| actor.account.clone()).or_else(|| decode_account_id(access_key_id));
        let key_id = Some(access_key_id.to_owned());
        Self { actor: Cow::Owned(label.to_owned()), key_id, account, claimed: true }
    }
}

/// Admits a proved caller, unless its requests would be sent or recorded as another account's.
///
/// # Errors
/// A caller of another account, or by another profile, than what would sign; a second account that no actor claims.
pub(super) async fn admit(state: &EngineState, recorder: &Recorder, caller: &Caller) -> Result<(), EngineError> {
    check_signer(state, recorder, caller).await?;
    caller.unclaimed_account().map_or(Ok(()), |account| recorder.callers.admit(account))
}

/// Refuses to sign for a caller who, asking AWS without ramtape, would be somebody else.
async fn check_signer(state: &EngineState, recorder: &Recorder, caller: &Caller) -> Result<(), EngineError> {
    let (upstream, named) = (&recorder.upstream, state.settings.signer);
    let Some(id) = caller.key_id.as_deref().filter(|_| caller.claimed || named != SignerChoice::Named) else {
        return Ok(());
    };
    let keys = upstream.credentials(&caller.actor).current(SystemTime::now()).await;
    let signer = keys.as_ref().ok().map(|keys| keys.access_key_id.as_str());
    if signer == Some(id) {
        return Ok(());
    }
    match (caller.account.clone(), signer.and_then(decode_account_id)) {
        (Some(account), Some(signer)) if account == signer => Ok(()),
        (Some(account), Some(signer)) if caller.claimed => {
            let (actor, has_profile) =
                (caller.actor.to_string(), upstream.actors().any(|(label, _)| label == caller.actor));
            Err(if has_profile {
                EngineError::ActorOfOtherAccount { actor, account, signer }
            } else {
                EngineError::ActorWithoutProfile { actor, account, signer }
            })
        }
        (Some(account), Some(signer)) => Err(EngineError::OtherAccount { account, signer }),
        // Where there are no credentials at all, sending says so, unless what is missing can be named.
        _ if caller.claimed || named != SignerChoice::AsFound => Ok(()),
        _ => match upstream.profile_of(id) {
            Some(profile) => Err(EngineError::OtherProfile { profile: profile.to_owned() }),
            None => Ok(()),
        },
    }
}

/// Lets a caller ask whose own signature goes upstream, unless its requests would be recorded as another account's. Its
/// account is not taken for the run's: the key that it names is not proved before upstream has judged the signature.
///
/// # Errors
/// A second account that no actor claims.
pub(super) fn check_account(recorder: &Recorder, caller: &Caller) -> Result<(), EngineError> {
    caller.unclaimed_account().map_or(Ok(()), |account| recorder.callers.check(account))
}

impl Callers {
    fn profile_keys(&self) -> MutexGuard<'_, Vec<ProfileKey>> {
        self.profile_keys.lock()
    }

    /// Loads the keys of all profiles, where they are not at hand, and remembers their ids. Gives what failed, by actor.
    async fn load(&self, upstream: &Upstream) -> Vec<(String, CredentialsError)> {
        let now = SystemTime::now();
        let mut failed = Vec::new();
        for (label, credentials) in upstream.actors() {
            match credentials.current(now).await {
                Ok(keys) => self.remember(label, &keys.access_key_id),
                Err(error) => failed.push((label.to_owned(), error)),
            }
        }
        failed
    }

    fn remember(&self, label: &str, id: &str) {
        let mut known = self.profile_keys();
        if known.iter().any(|key| key.access_key_id == id) {
            return;
        }
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push(ProfileKey { actor: label.to_owned(), access_key_id: id.to_owned() });
    }

    /// Of the accounts that no actor claims, one is the actor `default`, and only one.
    pub(super) fn admit(&self, account: &str) -> Result<(), EngineError> {
        let mut known = self.account();
        only(known.get_or_insert_with(|| account.to_owned()), account)
    }

    /// As [`Self::admit`], but nothing is known of `account` afterwards that was not before.
    fn check(&self, account: &str) -> Result<(), EngineError> {
        self.account().as_deref().map_or(Ok(()), |first| only(first, account))
    }

    fn account(&self) -> MutexGuard<'_, Option<String>> {
        self.account.lock()
    }
}

fn only(first: &str, account: &str) -> Result<(), EngineError> {
    if first == account {
        return Ok(());
    }
    Err(EngineError::UnclaimedAccount { account: account.to_owned(), first: first.to_owned() })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn one_account_without_an_actor_is_admitted_and_a_second_is_told_what_to_add() {
        let callers = Callers::default();
        for _ in 0..2 {
            callers.admit("111122223333").unwrap();
        }
        let error = callers.admit("444455556666").unwrap_err();
        let message = error.message();
        for part in ["\n[actors.", "\naccount = \"444455556666\"\n", "account 111122223333"] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert_eq!(error.to_response().headers["x-amzn-errortype"], "RamtapeUnclaimedAccountException");
        callers.admit("111122223333").unwrap();
    }
}
