//! The characters of a file. They are UTF-8; some programs that save JSON make UTF-16 of it.

use std::borrow::Cow;

/// What begins as UTF-16 and is none to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misspelt;

/// `file` in UTF-8, without a byte order mark. What has no such mark stays as it is.
pub(super) fn utf8(file: &[u8]) -> Result<Cow<'_, [u8]>, Misspelt> {
    match file {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(Cow::Borrowed(rest)),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => Ok(Cow::Borrowed(file)),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, [u8]>, Misspelt> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text.into_bytes())),
        _ => Err(Misspelt),
    }
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
        for file in [text.as_bytes().to_vec(), marked, little.clone(), units([0xfe, 0xff], u16::to_be_bytes)] {
            assert_eq!(utf8(&file).as_deref(), Ok(text.as_bytes()), "{file:?}");
        }
        // Half a unit, and half a pair of them.
        for cut in [little.len() - 1, 10] {
            assert_eq!(utf8(little.get(..cut).unwrap_or_default()), Err(Misspelt), "{cut}");
        }
    }
}
