//! `[[scan.allow]]`: findings that the user declares to be no secrets.

use super::rule::{RuleError, compile};
use regex::Regex;

/// A declaration that some findings are not secrets: `[[scan.allow]]`.
#[derive(Clone, Debug)]
pub struct Allowed {
    pattern: Option<Regex>,
    path: Option<Regex>,
    reason: String,
}

/// Why such a declaration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// It would allow everything.
    #[error("give a pattern or a path: without either it would allow everything")]
    Everything,
    /// Nobody would know why.
    #[error("give a reason")]
    NoReason,
    /// One of its regular expressions is not one.
    #[error(transparent)]
    Pattern(#[from] RuleError),
}

impl Allowed {
    /// Allows values that `pattern` matches in files whose path `path` matches, as [`Self::allows`] gets it; what is not
    /// given matches all.
    ///
    /// # Errors
    /// As the variants of [`AllowError`] say.
    pub fn new(pattern: Option<&str>, path: Option<&str>, reason: &str) -> Result<Self, AllowError> {
        if pattern.is_none() && path.is_none() {
            return Err(AllowError::Everything);
        }
        if reason.trim().is_empty() {
            return Err(AllowError::NoReason);
        }
        let (pattern, path) = (pattern.map(compile).transpose()?, path.map(compile).transpose()?);
        Ok(Self { pattern, path, reason: reason.to_owned() })
    }

    /// Whether it allows `value` in the file at `path`.
    #[must_use]
    pub fn allows(&self, path: &str, value: &str) -> bool {
        let fits = |regex: &Option<Regex>, text: &str| regex.as_ref().is_none_or(|regex| regex.is_match(text));
        fits(&self.pattern, value) && fits(&self.path, path)
    }

    /// Why they are not secrets.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn value_and_path_must_both_fit() {
        let both = Allowed::new(Some("^bob@"), Some("^docs/"), "public").unwrap();
        assert!(
            both.allows("docs/a", "bob@x.io") && !both.allows("src/a", "bob@x.io") && !both.allows("docs/a", "al@x.io")
        );
        assert!(Allowed::new(None, Some("docs"), "r").unwrap().allows("docs", "anything"));
    }

    #[test]
    fn what_allows_too_much_or_says_too_little_is_refused() {
        assert_eq!(Allowed::new(None, None, "r").unwrap_err(), AllowError::Everything);
        assert_eq!(Allowed::new(Some("x"), None, " ").unwrap_err(), AllowError::NoReason);
        assert!(matches!(Allowed::new(Some("("), None, "r"), Err(AllowError::Pattern(_))));
    }
}
