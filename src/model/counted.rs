//! Numbers in what people are told.

use std::fmt::Display;

/// `count` of something, which is called `one` where there is one of it.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}
