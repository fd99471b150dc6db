//! What is wrong with an entry's text.

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FileFlaw {
    /// Where, in bytes from the start of the text.
    pub offset: usize,
    /// What is wrong there.
    pub reason: String,
}

impl FileFlaw {
    pub(super) fn at(offset: usize, reason: impl Into<String>) -> Self {
        Self { offset, reason: reason.into() }
    }

    /// The line of `text` where the flaw is, counted from 1.
    #[must_use]
    pub fn line(&self, text: &[u8]) -> usize {
        1 + text.iter().take(self.offset).filter(|byte| **byte == b'\n').count()
    }
}
