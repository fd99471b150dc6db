//! Which variables can be recorded.

/// How many variables a session can have.
pub const MOST_VARIABLES: usize = 100;
/// How long a name may be, in bytes.
const LONGEST_NAME: usize = 128;
/// How long a value may be, in bytes.
const LONGEST_VALUE: usize = 4096;
/// How long a session's name may be.
const LONGEST_SESSION: usize = 64;

/// How names begin that belong to others: to AWS's clients, to ramtape, to the dynamic linkers.
const RESERVED_BEGINNINGS: [&str; 4] = ["AWS_", "RAMTAPE_", "LD_", "DYLD_"];
/// Names that a program is found and started by, and what `run` sets to lead its command to ramtape; in upper case, as some
/// have two spellings.
const RESERVED: [&str; 15] = [
    "PATH",
    "HOME",
    "PWD",
    "SHELL",
    "IFS",
    "ENV",
    "BASH_ENV",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
];

/// Why a variable cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableFlaw {
    /// The name is none of an environment variable.
    #[error(
        "{0:?} is not a variable name: a name has letters, digits and _, does not begin with a digit, and has at most \
         {LONGEST_NAME} characters"
    )]
    Name(String),
    /// The name is somebody else's.
    #[error(
        "{0} cannot be a recorded variable: ramtape, the system or AWS's clients need it as it is. Not allowed are \
         {names} and names that begin with {beginnings}", names = RESERVED.join(", "), beginnings = RESERVED_BEGINNINGS.join(", ")
    )]
    Reserved(String),
    /// The value holds a NUL.
    #[error("the value of {0} contains a NUL, which no environment variable can")]
    Nul(String),
    /// The value is too long.
    #[error("the value of {0} is longer than {LONGEST_VALUE} bytes")]
    TooLong(String),
}

/// Checks that variable `name` with this `value` can be recorded.
///
/// # Errors
/// As the variants of [`VariableFlaw`] say.
pub fn check_variable(name: &str, value: &str) -> Result<(), VariableFlaw> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(1..=LONGEST_NAME).contains(&name.len())
        || !name.bytes().all(plain)
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(VariableFlaw::Name(name.chars().take(LONGEST_NAME).collect()));
    }
    let upper = name.to_ascii_uppercase();
    if RESERVED.contains(&upper.as_str()) || RESERVED_BEGINNINGS.iter().any(|beginning| upper.starts_with(beginning)) {
        return Err(VariableFlaw::Reserved(name.to_owned()));
    }
    if value.contains('\0') {
        return Err(VariableFlaw::Nul(name.to_owned()));
    }
    if value.len() > LONGEST_VALUE {
        return Err(VariableFlaw::TooLong(name.to_owned()));
    }
    Ok(())
}

/// Whether a session can be called so; `""` is the one of callers that name none.
pub(super) fn is_session_name(name: &str) -> bool {
    name.len() <= LONGEST_SESSION && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_environment_variables() {
        for name in ["TF_VAR_suffix", "x", "_", "a1", "MY_AWS_NAME", "ENVIRONMENT"] {
            assert_eq!(check_variable(name, ""), Ok(()), "{name}");
        }
        for name in ["", "1a", "a-b", "a b", "a=b", "ä", &"a".repeat(129)] {
            assert!(matches!(check_variable(name, "x"), Err(VariableFlaw::Name(_))), "{name}");
        }
    }

    #[test]
    fn names_that_would_break_the_run_are_refused() {
        for name in ["AWS_REGION", "aws_profile", "RAMTAPE_KEY", "PATH", "HOME", "no_proxy", "LD_PRELOAD"] {
            let flaw = check_variable(name, "x").map_err(|flaw| flaw.to_string());
            assert!(flaw.is_err_and(|text| text.starts_with(name) && text.contains("NO_PROXY")), "{name}");
        }
    }

    #[test]
    fn values_are_any_text_of_some_length() {
        assert_eq!(check_variable("X", "é\n\"=\u{1f600}"), Ok(()));
        assert_eq!(check_variable("X", "a\0b"), Err(VariableFlaw::Nul("X".into())));
        assert_eq!(check_variable("X", &"é".repeat(2048)), Ok(()));
        assert_eq!(check_variable("X", &"é".repeat(2049)), Err(VariableFlaw::TooLong("X".into())));
    }
}
