//! Which actor a caller speaks as.

use crate::model::Actor;
use data_encoding::BASE32_NOPAD;

/// How long an access key id is that an account can be read from.
const KEY_ID_LENGTH: usize = 20;

/// The configured actors.
#[derive(Clone, Debug, Default)]
pub struct Actors {
    configured: Vec<Actor>,
}

/// The key of an actor's profile, known once its credentials were loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileKey {
    /// The actor's label.
    pub actor: String,
    /// The id of the key.
    pub access_key_id: String,
}

/// Who claims a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim<'a> {
    /// The actor of this label.
    Actor(&'a str),
    /// Nobody; its key is of this account, where that can be read from it.
    Nobody {
        /// The account, 12 digits.
        account: Option<String>,
    },
}

impl Actors {
    /// These actors; of no two may label, key ids or account be the same.
    #[must_use]
    pub fn new(configured: Vec<Actor>) -> Self {
        Self { configured }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.configured.is_empty()
    }

    /// The actors, in order of their labels.
    #[must_use]
    pub fn configured(&self) -> &[Actor] {
        &self.configured
    }

    /// The actor that the id alone claims: it is the label, or configured.
    #[must_use]
    pub fn by_key_id(&self, access_key_id: &str) -> Option<&str> {
        let labelled = self.configured.iter().find(|actor| actor.label == access_key_id);
        let configured = || self.configured.iter().find(|actor| actor.key_ids.iter().any(|id| id == access_key_id));
        labelled.or_else(configured).map(|actor| actor.label.as_str())
    }

    /// Who claims a caller with this key: by [`Actors::by_key_id`], by a key of an actor's profile, by the account that is
    /// configured, by the account of a profile's key where no other actor is of that account.
    #[must_use]
    pub fn claim(&self, access_key_id: &str, profile_keys: &[ProfileKey]) -> Claim<'_> {
        if let Some(label) = self.by_key_id(access_key_id) {
            return Claim::Actor(label);
        }
        let of_profile = profile_keys.iter().find(|key| key.access_key_id == access_key_id);
        if let Some(label) = of_profile.and_then(|key| self.labelled(&key.actor)) {
            return Claim::Actor(label);
        }
        let Some(account) = decode_account_id(access_key_id) else { return Claim::Nobody { account: None } };
        match self.by_account(&account, profile_keys) {
            Some(label) => Claim::Actor(label),
            None => Claim::Nobody { account: Some(account) },
        }
    }

    fn by_account(&self, account: &str, profile_keys: &[ProfileKey]) -> Option<&str> {
        let configured = self.configured.iter().find(|actor| actor.account.as_deref() == Some(account));
        if let Some(actor) = configured {
            return Some(&actor.label);
        }
        let of_account =
            profile_keys.iter().filter(|key| decode_account_id(&key.access_key_id).as_deref() == Some(account));
        let mut labels = of_account.filter_map(|key| self.labelled(&key.actor));
        let first = labels.next()?;
        labels.all(|label| label == first).then_some(first)
    }

    fn labelled(&self, label: &str) -> Option<&str> {
        self.configured.iter().map(|actor| actor.label.as_str()).find(|known| *known == label)
    }
}

/// The account, 12 digits, that an access key id of a user (`AKIA…`) or a session (`ASIA…`) is of.
///
/// `None` for other ids, and for those given out before 2019, which hold none: their first bit is not set. Source:
/// <https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489>.
#[must_use]
pub fn decode_account_id(access_key_id: &str) -> Option<String> {
    if access_key_id.len() != KEY_ID_LENGTH {
        return None;
    }
    let encoded = access_key_id.strip_prefix("AKIA").or_else(|| access_key_id.strip_prefix("ASIA"))?;
    let bytes = BASE32_NOPAD.decode(encoded.as_bytes()).ok()?;
    let first: [u8; 6] = bytes.first_chunk().copied()?;
    let number = first.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let account = (number & 0x7fff_ffff_ff80) >> 7;
    (number >> 47 == 1 && account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(label: &str, account: Option<&str>, key_ids: &[&str]) -> Actor {
        let key_ids = key_ids.iter().map(|id| (*id).to_owned()).collect();
        Actor { label: label.to_owned(), profile: None, account: account.map(str::to_owned), key_ids }
    }

    fn key(actor: &str, access_key_id: &str) -> ProfileKey {
        ProfileKey { actor: actor.to_owned(), access_key_id: access_key_id.to_owned() }
    }

    fn nobody(account: Option<&str>) -> Claim<'static> {
        Claim::Nobody { account: account.map(str::to_owned) }
    }

    #[test]
    fn published_ids_give_their_accounts() {
        for (id, account) in [
            ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
            ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
            ("AKIASP2TPHJSQH3FJRUX", "171436882533"),
            ("ASIAVJ2E6QGR2WZILJFM", "364679954851"),
            ("ASIAQAAAAAAAGMKEM7X5", "000000000000"),
        ] {
            assert_eq!(decode_account_id(id).as_deref(), Some(account), "{id}");
        }
    }

    #[test]
    fn other_ids_give_none() {
        for id in [
            "",
            "AKIDEXAMPLE",
            "owner",
            // Given out before accounts were in them, as the examples of AWS's documentation were.
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAJQ2E6QGR2WZILJFM",
            // Not base32.
            "AKIAI44QH8DHBEXAMPLE",
            "AKIAQNZGKIQY56JQ7WM1",
            "AKIAqnzgkiqy56jq7wml",
            "AKIAQNZGKIQY56JQ7WMé",
            // Too short, too long, of something else than a key.
            "AKIAQNZGKIQY56JQ7WM",
            "AKIAQNZGKIQY56JQ7WMLL",
            "AROAQNZGKIQY56JQ7WML",
            // More than 12 digits.
            "AKIA7777777777777777",
        ] {
            assert_eq!(decode_account_id(id), None, "{id}");
        }
    }

    #[test]
    fn a_label_beats_a_key_id_beats_a_profiles_key_beats_an_account() {
        let actors = Actors::new(vec![
            actor("consumer", Some("029608264753"), &[]),
            actor("owner", None, &["ASIAQNZGKIQY56JQ7WML"]),
            actor("role", None, &[]),
        ]);
        let role = [key("role", "ASIAQNZGKIQY5AAAAAAA"), key("gone", "ASIAQNZGKIQY5BBBBBBB")];
        for (id, label) in [
            ("consumer", "consumer"),
            ("ASIAQNZGKIQY56JQ7WML", "owner"),
            ("ASIAQNZGKIQY5AAAAAAA", "role"),
            ("ASIAQNZGKIQY5BBBBBBB", "consumer"),
            ("AKIAQNZGKIQY5CCCCCCC", "consumer"),
        ] {
            assert_eq!(actors.claim(id, &role), Claim::Actor(label), "{id}");
        }
        assert_eq!(actors.claim("ASIAQNZGKIQY5AAAAAAA", &[]), Claim::Actor("consumer"));
        assert_eq!(actors.claim("AKIASP2TPHJSQH3FJRUX", &role), nobody(Some("171436882533")));
        assert_eq!(actors.claim("AKIDEXAMPLE", &role), nobody(None));
        assert_eq!(actors.claim("Consumer", &role), nobody(None));
    }

    #[test]
    fn a_profiles_account_claims_where_it_is_one_actors_alone() {
        let actors = Actors::new(vec![actor("reader", None, &[]), actor("writer", None, &[])]);
        let reader = key("reader", "ASIAQNZGKIQY5AAAAAAA");
        let earlier = key("reader", "ASIAQNZGKIQY5BBBBBBB");
        let writer = key("writer", "ASIAQNZGKIQY5CCCCCCC");
        let other = "ASIAQNZGKIQY56JQ7WML";
        assert_eq!(actors.claim(other, &[reader.clone(), earlier.clone()]), Claim::Actor("reader"));
        assert_eq!(actors.claim(other, &[reader, earlier, writer]), nobody(Some("029608264753")));
    }
}
