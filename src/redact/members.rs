//! Which members and headers hold a secret whatever it looks like: their names tell.

/// How the names of members end that hold a secret whatever it looks like; without case, blanks, `_` and `-`.
const MEMBERS: [&str; 17] = [
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "securitytoken",
    "xamzsecuritytoken",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "bearertoken",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "authorization",
    "clientsecret",
    "privatekey",
    "apikey",
];

/// How else the names of headers end that hold one.
const HEADERS: [&str; 6] = ["cookie", "cookie2", "token", "signature", "credential", "credentials"];

/// Whether a member of this name holds a secret.
pub(super) fn is_secret_member(name: &str) -> bool {
    let plain = plain(name);
    MEMBERS.iter().any(|member| plain.ends_with(member))
}

/// Whether a header of this name does.
pub(super) fn is_secret_header(name: &str) -> bool {
    let plain = plain(name);
    MEMBERS.iter().chain(&HEADERS).any(|end| plain.ends_with(end))
}

/// A name without what is a matter of taste in it.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert!(is_secret_member(name) && super::super::patterns::may_hold(name.as_bytes()), "{name}");
        }
        assert!(!is_secret_member("nextToken") && !is_secret_member("clientToken") && !is_secret_member("key"));
    }
}
