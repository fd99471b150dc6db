//! CMD as people are shown it.

use std::ffi::OsString;

/// How much of CMD is kept.
const LONGEST_SHOWN: usize = 200;

/// CMD as a shell takes it, for messages.
pub(in crate::command) fn command_line(cmd: &[OsString]) -> String {
    let words: Vec<_> = cmd.iter().map(|word| word.to_string_lossy()).collect();
    crate::model::shell_line(words.iter().map(|word| &**word))
}

/// CMD as it may be kept: what stands behind an equals sign can be a secret.
pub(super) fn redact_command(cmd: &[OsString]) -> String {
    let words: Vec<_> = cmd.iter().map(|word| word.to_string_lossy()).collect();
    redact_words(words.iter().map(|word| &**word))
}

/// The same of a command in words.
pub(super) fn redact_words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let word = |word: &str| word.split_once('=').map_or_else(|| word.to_owned(), |(name, _)| format!("{name}=…"));
    // A script can be long; its beginning tells which run it was.
    words.map(word).collect::<Vec<_>>().join(" ").chars().take(LONGEST_SHOWN).collect()
}
