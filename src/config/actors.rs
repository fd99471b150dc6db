//! `[actors.NAME]`, checked.

use super::{ConfigError, RawActor};
use crate::model::{Actor, DEFAULT_ACTOR};
use std::collections::BTreeMap;

/// The access key id that `run` gives to clients of no actor: no label can be the same.
pub const NOBODYS_KEY_ID: &str = "ramtape";

/// The secret that goes with an id that `run` gives: nobody checks a signature by it.
pub const DUMMY_SECRET: &str = "ramtape";

const LONGEST_LABEL: usize = 64;

/// The actors, in order of their labels. Each claims something, and no two claim the same.
pub(super) fn checked(raw: BTreeMap<String, RawActor>) -> Result<Vec<Actor>, ConfigError> {
    let actors: Vec<Actor> = raw.into_iter().map(|(label, raw)| actor(label, raw)).collect::<Result<_, _>>()?;
    claimed_once(&actors)?;
    Ok(actors)
}

fn actor(label: String, raw: RawActor) -> Result<Actor, ConfigError> {
    let refused = |reason: String| Err(ConfigError::Actor { label: label.clone(), reason });
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if label.is_empty() || label.len() > LONGEST_LABEL || !label.bytes().all(plain) {
        return refused(format!("a name has 1 to {LONGEST_LABEL} characters of A-Z a-z 0-9 . _ -"));
    }
    if label == DEFAULT_ACTOR {
        return refused("this name is for all callers that match no actor; choose another".to_owned());
    }
    if label == NOBODYS_KEY_ID {
        return refused(
            "this is the access key id that `ramtape run` gives to callers that match no actor; choose \
                another"
                .to_owned(),
        );
    }
    let RawActor { profile, account, key_ids } = raw;
    let key_ids = key_ids.unwrap_or_default();
    if profile.is_none() && account.is_none() && key_ids.is_empty() {
        return refused("it matches no caller: set profile, account or key_ids".to_owned());
    }
    // It becomes the name of a section in a file.
    if let Some(profile) = profile.as_deref().filter(|name| !is_profile(name)) {
        return refused(format!("profile = {profile:?} is not the name of a profile"));
    }
    if let Some(account) = account.as_deref().filter(|account| !is_account(account)) {
        return refused(format!("account = {account:?} is not 12 digits in quotes"));
    }
    if let Some(id) = key_ids.iter().find(|id| id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic())) {
        return refused(format!("key_ids holds {id:?}, which is not an access key id"));
    }
    Ok(Actor { label, profile, account, key_ids })
}

fn is_profile(name: &str) -> bool {
    let inside = !name.chars().any(|c| c.is_control() || matches!(c, '[' | ']' | '"' | '\'' | '#' | ';'));
    inside && !name.is_empty() && name.trim() == name
}

fn is_account(account: &str) -> bool {
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}

fn claimed_once(actors: &[Actor]) -> Result<(), ConfigError> {
    let mut claims: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for actor in actors {
        let profile = actor.profile.iter().map(|name| ("profile", name.as_str()));
        let account = actor.account.iter().map(|account| ("account", account.as_str()));
        // The label is a key id too: it claims whoever uses it as one.
        let keys = std::iter::once(&actor.label).chain(&actor.key_ids).map(|id| ("key id", id.as_str()));
        for (kind, value) in profile.chain(account).chain(keys) {
            if let Some(other) = claims.insert((kind, value), &actor.label).filter(|other| *other != actor.label) {
                let reason = format!("the {kind} {value:?} already belongs to [actors.{other}]");
                return Err(ConfigError::Actor { label: actor.label.clone(), reason });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::config::RawConfig;

    fn actors(toml: &str) -> Result<Vec<Actor>, ConfigError> {
        checked(toml::from_str::<RawConfig>(toml).unwrap().actors)
    }

    #[test]
    fn an_actor_needs_one_claim_and_may_have_all() {
        let found = actors(
            "[actors.owner]\nprofile = 'sso dev'\naccount = '012345678901'\nkey_ids = ['AKIA1', 'AKIA2']\n\
             [actors.'b.C_d-1']\naccount = '111122223333'",
        );
        let labels: Vec<String> = found.unwrap().into_iter().map(|actor| actor.label).collect();
        assert_eq!(labels, ["b.C_d-1", "owner"]);
        assert_eq!(actors("").unwrap(), []);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (toml, part) in [
            ("[actors.'']\nprofile = 'p'", "1 to 64 characters"),
            ("[actors.'a b']\nprofile = 'p'", "1 to 64 characters"),
            ("[actors.default]\nprofile = 'p'", "match no actor"),
            ("[actors.ramtape]\nprofile = 'p'", "choose another"),
            ("[actors.a]", "set profile, account or key_ids"),
            ("[actors.a]\nkey_ids = []", "set profile, account or key_ids"),
            ("[actors.a]\nprofile = ''", "name of a profile"),
            ("[actors.a]\nprofile = \"x]\\n[y\"", "name of a profile"),
            ("[actors.a]\naccount = '12345678901'", "12 digits"),
            ("[actors.a]\naccount = '1111-2222-3333'", "12 digits"),
            ("[actors.a]\nkey_ids = ['AKIA 1']", "\"AKIA 1\""),
            ("[actors.a]\nprofile = 'p'\n[actors.b]\nprofile = 'p'", "profile \"p\" already belongs to [actors.a]"),
            (
                "[actors.a]\naccount = '111122223333'\n[actors.b]\naccount = '111122223333'",
                "already belongs to [actors.a]",
            ),
            ("[actors.a]\nkey_ids = ['K']\n[actors.b]\nkey_ids = ['J', 'K']", "key id \"K\" already belongs"),
            ("[actors.a]\nkey_ids = ['b']\n[actors.b]\nkey_ids = ['J']", "key id \"b\" already belongs"),
        ] {
            let error = actors(toml).unwrap_err().to_string();
            assert!(error.starts_with("[actors.") && error.contains(part), "{part} in {error}");
        }
        assert!(actors(&format!("[actors.{}]\nprofile = 'p'", "a".repeat(64))).is_ok());
        assert!(actors(&format!("[actors.{}]\nprofile = 'p'", "a".repeat(65))).is_err());
        assert!(actors("[actors.a]\nkey_ids = ['K', 'K', 'a']").is_ok());
    }
}
