//! Files as text, in whichever encoding they say they are.

use std::borrow::Cow;

/// The text of a file: UTF-16 where a byte order mark says so, as PowerShell's `>` writes, else UTF-8. What is neither
/// becomes replacement characters.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes).into(),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes).into(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(bytes),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, _) = bytes.as_chunks();
    let chars = char::decode_utf16(units.iter().copied().map(unit));
    chars.map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn the_mark_tells_the_encoding() {
        assert_eq!(text(b"\xff\xfea\0\xac\x20\n\0"), "a€\n");
        assert_eq!(text(b"\xfe\xff\0a\x20\xac\0\n"), "a€\n");
        assert_eq!(text(b"\xef\xbb\xbfa"), "a");
        assert_eq!(text("a€".as_bytes()), "a€");
        assert_eq!(text(b"\xff\xfe\x3d\xd8a\0b"), "\u{fffd}a", "half a pair, and half a unit");
        assert_eq!(text(b"\xff"), "\u{fffd}");
    }
}
