//! The way of a walk through a listing, page by page: it ends where the listing does not.

use std::collections::HashSet;

/// The most pages that are walked.
const LONGEST: usize = 10_000;

/// Why a listing has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaginationError {
    /// It is too long.
    #[error("the listing has more than {LONGEST} pages")]
    Long,
    /// It goes round.
    #[error("a page's token came twice: upstream would page for ever")]
    Round,
    /// Nobody can go on with what stands where a token should.
    #[error("a page's token is no string: the listing neither ends there nor goes on")]
    Odd,
}

/// The tokens that a walk has gone on with.
#[derive(Debug, Default)]
pub(in crate::engine) struct PageLoopGuard {
    tokens: HashSet<String>,
}

impl PageLoopGuard {
    /// Goes on with `token`.
    ///
    /// # Errors
    /// Where that would lead nowhere.
    pub(in crate::engine) fn follow(&mut self, token: &str) -> Result<(), PaginationError> {
        // Who gives a token twice would give it for ever.
        if !self.tokens.insert(token.to_owned()) {
            return Err(PaginationError::Round);
        }
        if self.tokens.len() < LONGEST { Ok(()) } else { Err(PaginationError::Long) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_leads_on_once_and_not_for_ever() {
        let mut guard = PageLoopGuard::default();
        let went: Vec<_> = ["a", "b", "a"].into_iter().map(|token| guard.follow(token)).collect();
        assert_eq!(went, [Ok(()), Ok(()), Err(PaginationError::Round)]);
        let mut guard = PageLoopGuard::default();
        let end =
            (0..).map(|number: usize| (number, guard.follow(&number.to_string()))).find(|(_, went)| went.is_err());
        assert_eq!(end, Some((LONGEST - 1, Err(PaginationError::Long))));
    }
}
