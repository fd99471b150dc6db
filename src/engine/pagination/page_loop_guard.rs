//! A guard for whoever follows a listing page by page: it stops where the listing never ends.

use std::collections::HashSet;

/// The most pages that are walked.
const MAX_PAGES: usize = 10_000;

/// Why a listing cannot be followed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaginationError {
    /// It is too long.
    #[error("the listing has more than {MAX_PAGES} pages")]
    TooLong,
    /// A token came twice.
    #[error("a page token came twice: upstream's listing would never end")]
    TokenRepeated,
    /// What stands where a token should cannot be sent.
    #[error("a page token is not a string: the listing can neither end there nor continue")]
    TokenNotText,
}

/// The tokens that were followed.
#[derive(Debug, Default)]
pub(in crate::engine) struct PageLoopGuard {
    tokens: HashSet<String>,
}

impl PageLoopGuard {
    /// Notes that `token` is about to be followed.
    ///
    /// # Errors
    /// Where that would never end.
    pub(in crate::engine) fn follow(&mut self, token: &str) -> Result<(), PaginationError> {
        // Who gives a token twice would give it for ever.
        if !self.tokens.insert(token.to_owned()) {
            return Err(PaginationError::TokenRepeated);
        }
        if self.tokens.len() < MAX_PAGES { Ok(()) } else { Err(PaginationError::TooLong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_leads_on_once_and_not_for_ever() {
        let mut guard = PageLoopGuard::default();
        let went: Vec<_> = ["a", "b", "a"].into_iter().map(|token| guard.follow(token)).collect();
        assert_eq!(went, [Ok(()), Ok(()), Err(PaginationError::TokenRepeated)]);
        let mut guard = PageLoopGuard::default();
        let end =
            (0..).map(|number: usize| (number, guard.follow(&number.to_string()))).find(|(_, went)| went.is_err());
        assert_eq!(end, Some((MAX_PAGES - 1, Err(PaginationError::TooLong))));
    }
}
