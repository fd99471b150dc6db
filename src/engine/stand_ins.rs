//! Stand-ins for temporary credentials: what a cassette has in their place. They are well-formed, follow from the actor alone,
//! and say who it is, so that a replay knows the caller by any request that is signed with them.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// How a stand-in for a session token begins; the actor's label follows.
const TOKEN_START: &str = "ramtape-as-";
/// How a stand-in for a key id ends. AWS's own examples end so, and no scanner takes them for secrets.
const KEY_ID_END: &str = "EXAMPLE";

/// The stand-ins for the temporary credentials of one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StandIns {
    pub(super) access_key_id: String,
    pub(super) secret: String,
    pub(super) session_token: String,
}

impl StandIns {
    /// Those of the actor called `label`.
    pub(super) fn for_actor(label: &str) -> Self {
        let hash = Sha256::new_with_prefix(b"ramtape-stand-in").chain_update(label).finalize();
        let mut bytes: [u8; 5] = hash.first_chunk().copied().unwrap_or_default();
        // An account would be read from a key id whose first bit is set.
        bytes[0] &= 0x7f;
        let word = BASE32_NOPAD.encode(&bytes);
        Self {
            access_key_id: format!("ASIA{word}X{KEY_ID_END}"),
            secret: format!("{TOKEN_START}{label}"),
            session_token: format!("{TOKEN_START}{label}"),
        }
    }
}

/// Whether a key id is a stand-in.
pub(super) fn is_stand_in(access_key_id: &str) -> bool {
    access_key_id.len() == 20 && access_key_id.starts_with("ASIA") && access_key_id.ends_with(KEY_ID_END)
}

/// The actor that a stand-in for a session token names.
pub(super) fn label_in_token(token: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    token.strip_prefix(TOKEN_START).filter(|label| !label.is_empty() && label.len() <= 80 && label.bytes().all(plain))
}

/// The actor that the first stand-in for a session token in `text` names.
pub(super) fn find_label(text: &str) -> Option<&str> {
    let token = text.get(text.find(TOKEN_START)?..)?;
    let end = token.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))).unwrap_or(token.len());
    label_in_token(token.get(..end)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::decode_account_id;

    #[test]
    fn a_stand_in_is_well_formed_and_says_whose_it_is() {
        for label in ["role-owner", "default", "role-A.b_c-1"] {
            let stand_ins = StandIns::for_actor(label);
            let id = &stand_ins.access_key_id;
            assert!(is_stand_in(id) && id.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')), "{id}");
            assert_eq!(decode_account_id(id), None, "{id}");
            assert_eq!(label_in_token(&stand_ins.session_token), Some(label));
        }
        assert_ne!(StandIns::for_actor("a").access_key_id, StandIns::for_actor("b").access_key_id);
        assert_eq!(find_label("<SecretAccessKey>ramtape-as-role-x</SecretAccessKey>"), Some("role-x"));
        for other in ["", "ramtape-as-", "FwoGZXIvYXdzEXAMPLE", "ramtape-as-a b", "ramtape-as-a/b"] {
            assert_eq!(label_in_token(other), None, "{other}");
        }
    }
}
