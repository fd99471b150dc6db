//! Words as a shell takes them: for commands that messages tell to run.

use std::borrow::Cow;
use std::path::Path;

/// `text` as one word of a shell's command line: quoted where it must be.
#[must_use]
pub(crate) fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+-,~".contains(c);
    if !text.is_empty() && !text.starts_with('~') && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// `path` as one word of a shell's command line.
#[must_use]
pub(crate) fn shell_path(path: &Path) -> String {
    shell_word(&path.to_string_lossy()).into_owned()
}

/// `words` as a command line.
#[must_use]
pub(crate) fn shell_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(shell_word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_split_or_read_is_quoted() {
        assert_eq!(
            shell_line(["pytest", "-k", "a or b", "", "it's", "$HOME", "~x", "a/b.py::c"]),
            "pytest -k 'a or b' '' 'it'\\''s' '$HOME' '~x' a/b.py::c"
        );
    }
}
