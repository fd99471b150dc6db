//! `config/secrets.toml`: the names that secrets have, and the tokens that their issuers mark.

use serde::Deserialize;
use std::sync::LazyLock;

/// The contents of `config/secrets.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretTable {
    pub(super) names: SecretNames,
    pub(super) tokens: Vec<TokenForm>,
}

/// Endings of names of secrets. A space in one is nothing, `_`, `-` or a space.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretNames {
    /// The value is always long, and secret whatever it looks like.
    pub(super) keys: Vec<String>,
    /// In a text prose can follow these.
    pub(super) passwords: Vec<String>,
    /// Only members and headers are called so.
    members: Vec<String>,
    /// Only headers are called so.
    headers: Vec<String>,
}

/// The form of an issuer's tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenForm {
    #[expect(dead_code, reason = "for whoever reads the file")]
    issuer: String,
    /// What a report calls them.
    #[serde(default = "access_token")]
    pub(super) label: String,
    /// The texts that they begin with.
    pub(super) starts: Vec<String>,
    /// A regular expression; its first group is the secret, without groups all of it.
    pub(super) pattern: String,
}

fn access_token() -> String {
    "access token".to_owned()
}

/// The table. A test shows that the file can be read.
pub(super) static TABLE: LazyLock<SecretTable> =
    LazyLock::new(|| toml::from_str(include_str!("../../config/secrets.toml")).unwrap_or_default());

/// The ends of the names of members, and of headers beside them, as [`plain`] spells them.
static PLAIN: LazyLock<[Vec<String>; 2]> = LazyLock::new(|| {
    let names = &TABLE.names;
    let members = names.keys.iter().chain(&names.passwords).chain(&names.members);
    [members.map(|name| plain(name)).collect(), names.headers.iter().map(|name| plain(name)).collect()]
});

/// Whether a member or a tag of this name holds a secret whatever it looks like.
pub(super) fn is_secret_member(name: &str) -> bool {
    let name = plain(name);
    PLAIN[0].iter().any(|end| name.ends_with(end))
}

/// Whether a header of this name does.
pub(super) fn is_secret_header(name: &str) -> bool {
    let name = plain(name);
    PLAIN.iter().flatten().any(|end| name.ends_with(end))
}

/// A name without what is a matter of taste in it.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn the_file_can_be_read() {
        let table: SecretTable = toml::from_str(include_str!("../../config/secrets.toml")).unwrap();
        assert!(!table.names.keys.is_empty() && !table.tokens.is_empty());
        assert!(table.tokens.iter().all(|token| !token.starts.is_empty()));
    }

    #[test]
    fn some_members_hold_secrets_whatever_they_look_like() {
        for name in [
            "secretAccessKey",
            "SecretAccessKey",
            "aws-session-token",
            "session_token",
            "Password",
            "pass_word",
            "X-Amz-Security-Token",
            "db_passwd",
            "refreshToken",
            "Authorization",
        ] {
            assert!(is_secret_member(name) && super::super::patterns::may_hold_secret(name.as_bytes()), "{name}");
        }
        assert!(!is_secret_member("nextToken") && !is_secret_member("clientToken") && !is_secret_member("key"));
        assert!(is_secret_header("x-auth-token") && is_secret_header("set-cookie") && !is_secret_header("etag"));
    }
}
