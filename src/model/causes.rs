//! An error with its causes, as text.

use std::error::Error;

/// An error's text and those of its causes, one after the other. A cause of several lines, as the TOML parser's, begins on a
/// line of its own.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        let cause_text = cause_text.trim_end();
        text.push_str(if cause_text.contains('\n') { ":\n" } else { ": " });
        text.push_str(cause_text);
        next = cause.source();
    }
    text
}
