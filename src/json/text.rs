//! Decodes and encodes JSON strings.

use std::borrow::Cow;
use std::fmt::Write;

/// Half of a surrogate pair stands alone: the string is not Unicode text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a string holds half of a surrogate pair")]
pub struct LoneSurrogate;

/// The text of a JSON string that [`super::parse()`] has accepted, quotes included in `raw`.
///
/// # Errors
/// Where an escape is half of a surrogate pair.
pub fn unquote(raw: &str) -> Result<Cow<'_, str>, LoneSurrogate> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        rest = push_escape(&mut out, escape)?;
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// The text of a JSON string as far as it is one: as [`unquote`] gives it, U+FFFD in place of half a surrogate pair.
#[must_use]
pub fn legible(raw: &str) -> Cow<'_, str> {
    unquote(raw).unwrap_or_else(|_| {
        let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        let (mut out, mut rest) = (String::with_capacity(inner.len()), inner);
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            out.push_str(before);
            rest = push_legible(&mut out, escape);
        }
        out.push_str(rest);
        Cow::Owned(out)
    })
}

/// For every byte of a string's text, as [`legible`] gives it, and for its end, where it stands in `raw`: an escape's first
/// byte for all that it spells. What is changed in the text can so be changed in the spelling, and the rest keeps its bytes.
#[must_use]
pub fn offsets(raw: &str) -> Vec<usize> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    let lead = usize::from(inner.len() < raw.len());
    let mut offsets = Vec::with_capacity(inner.len() + 1);
    let (mut at, mut spelled) = (0, String::new());
    while let Some(byte) = inner.as_bytes().get(at) {
        if *byte != b'\\' {
            offsets.push(lead + at);
            at += 1;
            continue;
        }
        spelled.clear();
        let rest = push_legible(&mut spelled, inner.get(at..).unwrap_or_default());
        offsets.extend(std::iter::repeat_n(lead + at, spelled.len()));
        at = inner.len() - rest.len();
    }
    offsets.push(lead + inner.len());
    offsets
}

/// A member's name as a step of a JSON pointer (RFC 6901).
#[must_use]
pub fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Reads the escape at the start of `text` into `out`; gives what follows it.
fn push_escape<'a>(out: &mut String, text: &'a str) -> Result<&'a str, LoneSurrogate> {
    let simple = match text.as_bytes().get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let (unit, rest) = code_unit(text).ok_or(LoneSurrogate)?;
            if let Some(c) = char::from_u32(unit) {
                out.push(c);
                return Ok(rest);
            }
            let (low, rest) = code_unit(rest).ok_or(LoneSurrogate)?;
            if !(0xd800..0xdc00).contains(&unit) || !(0xdc00..0xe000).contains(&low) {
                return Err(LoneSurrogate);
            }
            out.extend(char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)));
            return Ok(rest);
        }
        Some(&other) => char::from(other),
        None => return Ok(""),
    };
    out.push(simple);
    Ok(text.get(2..).unwrap_or_default())
}

/// As [`push_escape`]; for half a surrogate pair it reads U+FFFD, and continues after it.
fn push_legible<'a>(out: &mut String, text: &'a str) -> &'a str {
    push_escape(out, text).unwrap_or_else(|LoneSurrogate| {
        out.push(char::REPLACEMENT_CHARACTER);
        text.get("\\uXXXX".len()..).unwrap_or_default()
    })
}

/// The UTF-16 code unit of the `\uXXXX` at the start of `text`, and what follows it.
fn code_unit(text: &str) -> Option<(u32, &str)> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    Some((u32::from_str_radix(digits, 16).ok()?, text.get(6..)?))
}

/// `text` as a JSON string, quotes included, in the one shortest spelling: only `"`, `\` and control characters are
/// escaped, those with a letter by it.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// Appends `text` as [`quote`] spells it.
pub fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // What needs no escape is copied in one piece, and that is nearly everything.
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        let (plain, escaped) = rest.split_at(at);
        out.push_str(plain);
        let mut following = escaped.chars();
        following.next().into_iter().for_each(|c| push_escaped(out, c));
        rest = following.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => {
            // Writing into a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn resolves_every_escape() {
        assert_eq!(unquote(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#).unwrap(), "\"\\/\u{8}\u{c}\n\r\té😀é");
        for lone in [r#""\ud800""#, r#""\udc00\ud800""#, r#""\ud800x""#, r#""\ud800\u0041""#] {
            assert_eq!(unquote(lone), Err(LoneSurrogate), "{lone}");
        }
    }

    #[test]
    fn offsets_lead_from_the_text_to_its_spelling() {
        let raw = r#""a\u00e9\nb\ud83d\ude00é""#;
        let text = unquote(raw).unwrap();
        let offsets = offsets(raw);
        assert_eq!(offsets.len(), text.len() + 1);
        let spelled = |part: &str| {
            let start = text.find(part).unwrap();
            &raw[offsets[start]..offsets[start + part.len()]]
        };
        for (part, spelling) in
            [("a", "a"), ("é", r"\u00e9"), ("\nb", r"\nb"), ("😀", r"\ud83d\ude00"), ("😀é", r"\ud83d\ude00é")]
        {
            assert_eq!(spelled(part), spelling);
        }
        assert_eq!(super::offsets("ab"), [0, 1, 2]);
    }

    #[test]
    fn half_a_surrogate_pair_hides_nothing_around_it() {
        for (raw, text, places) in [
            (r#""\ud800""#, "\u{fffd}", vec![1, 1, 1, 7]),
            (r#""\udc00\u0041b""#, "\u{fffd}Ab", vec![1, 1, 1, 7, 13, 14]),
            (r#""a\ud800\ud83d\ude00""#, "a\u{fffd}😀", vec![1, 2, 2, 2, 8, 8, 8, 8, 20]),
        ] {
            assert_eq!((legible(raw).as_ref(), offsets(raw)), (text, places), "{raw}");
        }
        assert_eq!(legible(r#""\u0041""#), "A");
    }

    #[test]
    fn quote_is_the_inverse() {
        let text = "\0\u{1f}\"\\/\n é😀\u{7f}";
        assert_eq!(quote(text), "\"\\u0000\\u001f\\\"\\\\/\\n é😀\u{7f}\"");
        assert_eq!(unquote(&quote(text)).unwrap(), text);
    }
}
