//! Names as people write them in programs: words, and hardly a digit. What chance makes is none.

/// How many digits such a name can have: `s3`, `sha256`, `ed25519`.
const DIGITS: usize = 5;
/// How many letters its words have on average, at least: where `_` alone sets them apart, and where the case does.
const AVERAGE: [usize; 2] = [2, 3];
/// What is shorter can be any letters.
const SHORT: usize = 4;
/// How many letters no word has more of.
const LONGEST: usize = 20;
/// How many consonants follow one another in no word.
const CONSONANTS: usize = 6;

/// Whether `name` consists of words, in any of the usual cases (`snake_case`, `camelCase`, `kebab-case`).
pub(super) fn is_wordy(name: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.is_empty() || !name.bytes().all(is_of_name) || name.bytes().filter(u8::is_ascii_digit).count() > DIGITS {
        return false;
    }
    let words = words(name);
    let letters: usize = words.iter().map(|word| word.len()).sum();
    let has = |kind: fn(&u8) -> bool| name.as_bytes().iter().any(&kind);
    let average = if has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) { AVERAGE[1] } else { AVERAGE[0] };
    letters <= SHORT || (letters + 1 >= words.len() * average && words.iter().all(|word| is_word(word)))
}

/// Whether `text` could be spoken.
fn is_word(text: &str) -> bool {
    let is_consonant = |byte: u8| !matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let mut run = 0;
    let speakable = text.bytes().all(|byte| {
        run = if is_consonant(byte) { run + 1 } else { 0 };
        run < CONSONANTS
    });
    speakable && text.len() <= LONGEST
}

/// The words in `name`: what its case, `_`, `-` and digits set apart.
fn words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
    let (mut words, mut start) = (Vec::new(), 0);
    for end in 1..=name.len() {
        let (before, here, next) = (at(end - 1), at(end), at(end + 1));
        let rises = before.is_ascii_lowercase() && here.is_ascii_uppercase();
        let begins = before.is_ascii_uppercase() && here.is_ascii_uppercase() && next.is_ascii_lowercase();
        if rises || begins || before.is_ascii_alphabetic() != here.is_ascii_alphabetic() {
            words.extend(name.get(start..end).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())));
            start = end;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_are_words() {
        for name in [
            "SECRET_KEY",
            "secretAccessKey",
            "X",
            "db",
            "aws",
            "s3_bucket",
            "HTTPSProxyPassword",
            "ed25519",
            "OAuth2",
            "v4a",
            "ok_or_else",
            "session-token",
            "PropertyNameParseIndicSyllabicCategoryV1",
            "kCFISO8601DateFormatWithInternetDateTime",
        ] {
            assert!(is_wordy(name), "{name}: {:?}", words(name));
        }
    }

    #[test]
    fn what_chance_makes_is_none() {
        for text in [
            "",
            "CAESIJlU02LQZqB7cCk3vK1oYx9pT2mW4nR6sD8fG0hJ",
            "Xk39dsq0LmZ2pQ8wRt5YnB7c",
            "aB3dE5fG7hJ9kL1mN3pQ",
            "kqzvxtrbplmnw",
            "QxZbTrKwPqLm",
            "0123456789",
            "deadbeef0123456",
            "a.b",
        ] {
            assert!(!is_wordy(text), "{text}: {:?}", words(text));
        }
    }
}
