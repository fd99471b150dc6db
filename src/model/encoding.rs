//! The characters of a file. They are UTF-8; some programs, such as PowerShell with its `>`, make UTF-16 of them.

use std::borrow::Cow;

/// What begins as UTF-16 and is none to its end; its text, with replacement characters where it is not.
#[derive(Debug, PartialEq, Eq)]
pub struct Misspelt(pub String);

/// `file` in UTF-8, without a byte order mark. What has no such mark stays as it is.
///
/// # Errors
/// Where the mark is that of UTF-16, and not all of the file is.
pub fn utf8(file: &[u8]) -> Result<Cow<'_, [u8]>, Misspelt> {
    match file {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(Cow::Borrowed(rest)),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => Ok(Cow::Borrowed(file)),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, [u8]>, Misspelt> {
    let (units, rest) = bytes.as_chunks();
    let mut is_whole = rest.is_empty();
    let chars = char::decode_utf16(units.iter().copied().map(unit)).map(|read| {
        is_whole &= read.is_ok();
        read.unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let text: String = chars.collect();
    if is_whole { Ok(Cow::Owned(text.into_bytes())) } else { Err(Misspelt(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_encodings_of_a_text_are_read_alike() {
        let text = "{\"\u{e9}\u{1d11e}\":1}";
        let units = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
        };
        let little = units([0xff, 0xfe], u16::to_le_bytes);
        let marked = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
        for file in [text.as_bytes().to_vec(), marked, little, units([0xfe, 0xff], u16::to_be_bytes)] {
            assert_eq!(utf8(&file).as_deref(), Ok(text.as_bytes()), "{file:?}");
        }
        let halves = b"\xff\xfe\x3d\xd8a\0b";
        assert_eq!(utf8(halves), Err(Misspelt("\u{fffd}a".to_owned())), "half a pair, and half a unit");
        assert_eq!(utf8(b"\xff").as_deref(), Ok(&b"\xff"[..]));
    }
}
