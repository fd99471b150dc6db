//! Patterns with `*` and `?`. By hand because glob crates are made for paths: a `/` or a `[` means something to them.

/// Whether `pattern` matches the whole of `text`: `*` is any run of characters, `?` any one, everything else itself.
pub(in crate::command) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where to go on when what followed the latest `*` did not fit.
    let mut retry = None;
    while let Some(c) = text.get(from) {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, from));
                at += 1;
            }
            Some(p) if *p == '?' || p == c => (at, from) = (at + 1, from + 1),
            _ => match retry {
                Some((after, start)) => {
                    retry = Some((after, start + 1));
                    (at, from) = (after, start + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|p| *p == '*')
}

/// Whether `text` is more than a plain name.
pub(in crate::command) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text) in
            [("", ""), ("*", ""), ("*", "abc"), ("a*", "a"), ("a*c", "abcabc"), ("*b?", "ababc"), ("a?c", "aéc")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", ""), ("?", ""), ("a*c", "abcb"), ("a", "A"), ("ab", "abc")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"a*".repeat(30), &"a".repeat(29)), "and quickly");
    }
}
