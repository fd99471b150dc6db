//! Pieces of messages: causes of errors, counted things, likely names, commands to run, URLs without secrets.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;
use std::path::Path;

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

/// `count` of something, which is called `one` where there is one of it.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}

/// The one of `known` that is most like `name`; `None` where none is like it.
#[must_use]
pub fn nearest_name<'a>(name: &str, known: impl IntoIterator<Item = Cow<'a, str>>) -> Option<Cow<'a, str>> {
    let written = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&written, &other.to_lowercase());
    let all = known.into_iter().map(|other| (distance(&other), other));
    // A third of the letters may be other ones: what is less like it would only confuse.
    let (_, nearest) = all.filter(|(distance, other)| *distance * 3 <= other.len().max(3)).min()?;
    Some(nearest)
}

/// `; did you mean "NAME"?` for the one of `known` that is most like `name`; nothing where none is like it.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = Cow<'a, str>>) -> String {
    nearest_name(name, known).map(|nearest| format!("; did you mean {nearest:?}?")).unwrap_or_default()
}

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

/// `url` as it can be shown: without a password, which may stand before an `@`, and without the capability key of another ramtape,
/// which stands behind `/~`.
#[must_use]
pub fn without_secrets(url: &str) -> &str {
    let shown = url.split("/~").next().unwrap_or_default();
    shown.rsplit_once('@').map_or(shown, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_like_it_or_is_none() {
        let known = ["name", "principals", "resourceArns", "resourceShareArns", "/tagFilters/*/tagValues"];
        let nearest = |name: &str| nearest_name(name, known.map(Cow::Borrowed));
        for (name, meant) in [
            ("nmae", "name"),
            ("Names", "name"),
            ("principal", "principals"),
            ("resourceshareArn", "resourceShareArns"),
            ("tagFilters[].tagValues", "/tagFilters/*/tagValues"),
        ] {
            assert_eq!(nearest(name).as_deref(), Some(meant), "{name}");
        }
        for name in ["", "colour", "x"] {
            assert_eq!(nearest(name), None, "{name}");
        }
        assert_eq!(did_you_mean("nmae", known.map(Cow::Borrowed)), "; did you mean \"name\"?");
    }

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

    #[test]
    fn only_secrets_go() {
        for (url, shown) in [
            ("http://127.0.0.1:5000/base", "http://127.0.0.1:5000/base"),
            ("http://127.0.0.1:1/~key-secret", "http://127.0.0.1:1"),
            ("http://127.0.0.1:1/base/~key-secret/~s", "http://127.0.0.1:1/base"),
            ("http://me:hunter2@host.test/~key-secret", "host.test"),
            ("me:p@ss@host.test", "host.test"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}
