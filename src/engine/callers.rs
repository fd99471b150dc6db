//! Who a caller of a recording is, and whether its requests may be sent.

use crate::aws::{CallerError, CredentialsError, IssuedKey, Keys, SigningKeys, Upstream, key_id_end};
use crate::engine::error::EngineError;
use crate::engine::identify::IdentifiedRequest;
use crate::engine::request_scope::{ActorLabel, RequestScope};
use crate::engine::settings::EngineSettings;
use crate::engine::stand_ins::is_stand_in;
use crate::model::DEFAULT_ACTOR;
use crate::session::{Actors, Claim, ProfileKey, decode_account_id};
use parking_lot::Mutex;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How many keys of profiles are remembered: temporary ones change, and clients use the earlier ones for a while.
const REMEMBERED_KEYS: usize = 64;

/// How long the providers of profiles are waited for, for a request that one of them may have sent.
const PROVIDER_PATIENCE: Duration = Duration::from_secs(5);

/// A caller of a recording.
#[derive(Debug)]
pub(super) struct RecordedCaller {
    /// Its actor.
    pub(super) actor: ActorLabel,
    /// Its access key id, where it gives one.
    key_id: Option<String>,
    /// Its account, where it is configured or can be read from its key.
    account: Option<String>,
    /// Whether an actor claims it.
    is_claimed: bool,
    /// The temporary credentials that it signs with, where those were handed out through this process.
    issued: Option<Arc<Keys>>,
}

/// What a recording learns about its callers, for as long as it runs.
#[derive(Debug, Default)]
pub(super) struct Callers {
    profile_keys: Mutex<Vec<ProfileKey>>,
    /// The one account of the callers that no actor claims.
    account: Mutex<Option<String>>,
}

impl RecordedCaller {
    fn unclaimed(access_key_id: Option<&str>, account: Option<String>) -> Self {
        let key_id = access_key_id.map(str::to_owned);
        Self { actor: Cow::Borrowed(DEFAULT_ACTOR), key_id, account, is_claimed: false, issued: None }
    }

    fn claimed(actors: &Actors, label: &str, access_key_id: &str) -> Self {
        let configured = actors.configured().iter().find(|actor| actor.label == label);
        let account = configured.and_then(|actor| actor.account.clone()).or_else(|| decode_account_id(access_key_id));
        let key_id = Some(access_key_id.to_owned());
        Self { actor: Cow::Owned(label.to_owned()), key_id, account, is_claimed: true, issued: None }
    }

    /// One with stand-ins for the credentials of an actor.
    fn standing_in(label: &str, access_key_id: &str) -> Self {
        let (actor, key_id) = (Cow::Owned(label.to_owned()), Some(access_key_id.to_owned()));
        Self { actor, key_id, account: None, is_claimed: true, issued: None }
    }

    /// Its account, where no actor claims it.
    pub(super) fn unclaimed_account(&self) -> Option<&str> {
        self.account.as_deref().filter(|_| !self.is_claimed)
    }
}

impl Callers {
    /// The caller of a request that may go upstream. The profiles of actors are loaded where they are needed to tell.
    ///
    /// # Errors
    /// Where a profile that alone could claim the caller cannot be loaded.
    pub(super) async fn identify_caller(
        &self,
        scope: &RequestScope<'_>,
        actors: &Actors,
        (settings, upstream): (&EngineSettings, &Upstream),
    ) -> Result<RecordedCaller, EngineError> {
        let Some(credential) = scope.credential else { return Ok(RecordedCaller::unclaimed(None, None)) };
        let id = credential.access_key_id;
        if let Some(label) = scope.stand_in_for {
            return Ok(RecordedCaller::standing_in(label, id));
        }
        if let Some(IssuedKey { keys, actor, account }) = upstream.issued().get(id) {
            let (actor, key_id) = (Cow::Owned(actor), Some(id.to_owned()));
            return Ok(RecordedCaller { actor, key_id, account, is_claimed: true, issued: keys });
        }
        if let Some(label) = actors.by_key_id(id) {
            return Ok(RecordedCaller::claimed(actors, label, id));
        }
        // What hands out credentials may be asked by a provider of them, led here: to wait for that would be to wait for itself.
        let issues = settings.service.companions.rules(scope.service).issues_credentials();
        let loading = self.load_profiles(upstream);
        let failed = match issues {
            true => tokio::time::timeout(PROVIDER_PATIENCE, loading).await.unwrap_or_default(),
            false => loading.await,
        };
        let keys = self.profile_keys.lock();
        match actors.claim(id, &keys) {
            Claim::Actor(label) => Ok(RecordedCaller::claimed(actors, label, id)),
            Claim::Nobody { account } => {
                let doubtful = failed.into_iter().find(|(label, _)| claims_by_profile_alone(actors, label));
                match doubtful {
                    Some((actor, source)) => Err(EngineError::Profile { actor, source }),
                    None => Ok(RecordedCaller::unclaimed(Some(id), account)),
                }
            }
        }
    }

    /// Admits a proved caller, unless its requests would be sent or recorded as another account's.
    ///
    /// # Errors
    /// A caller of another account than what would sign; a second account that no actor claims.
    pub(super) async fn admit(
        &self,
        caller: &RecordedCaller,
        signing: &SigningKeys,
        (settings, upstream): (&EngineSettings, &Upstream),
    ) -> Result<(), EngineError> {
        if *signing == SigningKeys::OfActor {
            check_signer(caller, (settings, upstream)).await?;
        }
        match caller.unclaimed_account() {
            Some(account) => self.admit_account(account),
            None => Ok(()),
        }
    }

    /// Lets a caller ask whose own signature goes upstream, unless its requests would be recorded as another account's. Its
    /// account is not taken for the run's: the key that it names is not proved before upstream has judged the signature.
    ///
    /// # Errors
    /// A second account that no actor claims.
    pub(super) fn check_account(&self, caller: &RecordedCaller) -> Result<(), EngineError> {
        match (caller.unclaimed_account(), self.account.lock().as_deref()) {
            (Some(account), Some(first)) => check_same_account(first, account),
            _ => Ok(()),
        }
    }

    /// Takes `account` for the one that the actor `default` stands for, if that is not another one already.
    ///
    /// # Errors
    /// Where it is.
    pub(super) fn admit_account(&self, account: &str) -> Result<(), EngineError> {
        let mut known = self.account.lock();
        check_same_account(known.get_or_insert_with(|| account.to_owned()), account)
    }

    /// Loads the keys of all profiles, where they are not at hand, and remembers their ids. Gives what failed, by actor.
    async fn load_profiles(&self, upstream: &Upstream) -> Vec<(String, CredentialsError)> {
        let now = SystemTime::now();
        let mut failed = Vec::new();
        for (label, credentials) in upstream.actors() {
            match credentials.current(now).await {
                Ok(keys) => self.remember_key(label, &keys.access_key_id),
                Err(error) => failed.push((label.to_owned(), error)),
            }
        }
        failed
    }

    fn remember_key(&self, label: &str, id: &str) {
        let mut known = self.profile_keys.lock();
        if known.iter().any(|key| key.access_key_id == id) {
            return;
        }
        if known.len() == REMEMBERED_KEYS {
            known.remove(0);
        }
        known.push(ProfileKey { actor: label.to_owned(), access_key_id: id.to_owned() });
    }
}

fn claims_by_profile_alone(actors: &Actors, label: &str) -> bool {
    let mut configured = actors.configured().iter();
    configured.any(|actor| actor.label == label && actor.account.is_none() && actor.key_ids.is_empty())
}

/// What a caller's request is signed with: the very keys that it was signed with, where they are at hand; else those of its actor.
///
/// # Errors
/// Where those would be another principal's: of stand-ins from a recording, and of a role, where what asks for it is its source.
pub(super) async fn choose_keys(
    caller: &RecordedCaller,
    identified: &IdentifiedRequest,
    (settings, upstream): (&EngineSettings, &Upstream),
) -> Result<SigningKeys, EngineError> {
    let is_companion = identified.service != settings.service.name;
    let Some(id) = caller.key_id.as_deref() else {
        // What AWS lets anybody ask is not asked in somebody's name.
        return Ok(if is_companion { SigningKeys::None } else { SigningKeys::OfActor });
    };
    if let Some(keys) = &caller.issued {
        return Ok(SigningKeys::Held(Arc::clone(keys)));
    }
    if is_stand_in(id) {
        return Err(CallerError::StandIn { key_id_end: key_id_end(id) }.into());
    }
    if let (Some(known), false) = (upstream.profile_keys(id), caller.is_claimed) {
        return Ok(SigningKeys::Held(Arc::clone(&known.keys)));
    }
    let rules = settings.service.companions.rules(&identified.service);
    let role = rules.role.as_deref().and_then(|parameter| identified.parameter(parameter));
    match role {
        Some(role) => choose_role_source(caller, id, &role, upstream).await,
        None => Ok(SigningKeys::OfActor),
    }
}

/// What the caller with the key `id` asks for the role `role_arn` with: of the sources that profiles name for it, the one that
/// has this very key, else the first of the caller's account. Some give another key to everybody who asks.
async fn choose_role_source(
    caller: &RecordedCaller,
    id: &str,
    role_arn: &str,
    upstream: &Upstream,
) -> Result<SigningKeys, EngineError> {
    let now = SystemTime::now();
    let (mut fitting, mut has_other, mut failure) = (None, false, None);
    for source in upstream.role_sources(role_arn) {
        match source.current(now).await {
            Ok(keys) if keys.access_key_id == id => return Ok(SigningKeys::Held(keys)),
            Ok(keys) => match (caller.account.as_deref(), decode_account_id(&keys.access_key_id)) {
                (Some(account), Some(other)) if account != other => has_other = true,
                _ => drop(fitting.get_or_insert(keys)),
            },
            Err(error) => drop(failure.get_or_insert(error)),
        }
    }
    if let Some(keys) = fitting {
        return Ok(SigningKeys::Held(keys));
    }
    let Some(error) = failure else {
        return if has_other {
            Err(EngineError::UnknownKeys { key_id_end: key_id_end(id) })
        } else {
            Ok(SigningKeys::OfActor)
        };
    };
    // A profile for another machine, whose source is not on this one, is not what the caller asked by.
    match upstream.credentials(&caller.actor).current(now).await {
        Ok(own) if own.access_key_id == id => Ok(SigningKeys::OfActor),
        _ => Err(CallerError::NoCredentials(error).into()),
    }
}

/// Refuses to sign for a caller who, asking AWS without ramtape, would be somebody else.
async fn check_signer(
    caller: &RecordedCaller,
    (settings, upstream): (&EngineSettings, &Upstream),
) -> Result<(), EngineError> {
    let Some(id) = caller.key_id.as_deref().filter(|_| caller.is_claimed || !settings.signs_for_any_account) else {
        return Ok(());
    };
    let keys = upstream.credentials(&caller.actor).current(SystemTime::now()).await;
    let signer = keys.as_ref().ok().map(|keys| keys.access_key_id.as_str());
    if signer == Some(id) {
        return Ok(());
    }
    match (caller.account.clone(), signer.and_then(decode_account_id)) {
        (Some(account), Some(signer)) if account == signer => Ok(()),
        (Some(account), Some(signer)) if caller.is_claimed => {
            let (actor, has_profile) =
                (caller.actor.to_string(), upstream.actors().any(|(label, _)| label == caller.actor));
            Err(if has_profile {
                EngineError::ActorOfOtherAccount { actor, account, signer }
            } else {
                EngineError::ActorWithoutProfile { actor, account, signer }
            })
        }
        (Some(account), Some(signer)) => Err(EngineError::OtherAccount { account, signer }),
        // Where there are no credentials at all, sending says so.
        _ => Ok(()),
    }
}

fn check_same_account(first: &str, account: &str) -> Result<(), EngineError> {
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
            callers.admit_account("111122223333").unwrap();
        }
        let error = callers.admit_account("444455556666").unwrap_err();
        let message = error.message();
        for part in ["\n[actors.", "\naccount = \"444455556666\"\n", "account 111122223333"] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert_eq!(
            error.to_response(crate::wire::ErrorForm::Json, "").headers["x-amzn-errortype"],
            "RamtapeUnclaimedAccountException"
        );
        callers.admit_account("111122223333").unwrap();
    }
}
