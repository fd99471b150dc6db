//! Words as a shell takes them: for commands that messages tell to run.

use std::borrow::Cow;
use std::path::Path;

/// `text` as one word of a shell's command line: quoted where it must be.
fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+-,~".contains(c);
    if !text.is_empty() && !text.starts_with('~') && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

/// `path` as one word of a shell's command line, which no command takes for a flag.
#[must_use]
pub fn shell_path(path: &Path) -> String {
    let here = if path.as_os_str().as_encoded_bytes().starts_with(b"-") { "./" } else { "" };
    shell_word(&format!("{here}{}", path.display())).into_owned()
}

/// `words` as a command line.
#[must_use]
pub fn shell_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
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

    #[test]
    fn a_path_is_no_flag() {
        assert_eq!(shell_path(Path::new("-c/it's")), "'./-c/it'\\''s'");
        assert_eq!(shell_path(Path::new("a-b")), "a-b");
    }
}
