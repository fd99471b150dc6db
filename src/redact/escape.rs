//! Decodes percent-encoding in texts, so that it hides no secret.

/// `text` decoded, and for each of its bytes, and its end, where it stands in `text`; `None` where nothing is encoded. What
/// is encoded and no text becomes a replacement character: it hides nothing of what stands around it.
pub(super) fn percent_decode(text: &str) -> Option<(String, Vec<usize>)> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'%') {
        return None;
    }
    let (mut decoded, mut offsets) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len() + 1));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = bytes.get(at..at + 3).filter(|_| *byte == b'%').and_then(escaped_byte);
        decoded.push(escaped.unwrap_or(*byte));
        offsets.push(at);
        at += if escaped.is_some() { 3 } else { 1 };
    }
    if decoded.len() == bytes.len() {
        return None;
    }
    offsets.push(at);
    match String::from_utf8(decoded) {
        Ok(text) => Some((text, offsets)),
        Err(error) => Some(replace_invalid(error.as_bytes(), &offsets)),
    }
}

/// The text in `decoded`, and where each of its bytes stood.
fn replace_invalid(decoded: &[u8], offsets: &[usize]) -> (String, Vec<usize>) {
    let (mut text, mut places, mut at) = (String::with_capacity(decoded.len()), Vec::new(), 0);
    let place = |at: usize| offsets.get(at).copied().unwrap_or_default();
    for chunk in decoded.utf8_chunks() {
        text.push_str(chunk.valid());
        places.extend((at..at + chunk.valid().len()).map(place));
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            places.extend([place(at); char::REPLACEMENT_CHARACTER.len_utf8()]);
            at += chunk.invalid().len();
        }
    }
    places.push(place(at));
    (text, places)
}

/// The byte that `%XX` says.
fn escaped_byte(escape: &[u8]) -> Option<u8> {
    let [_, high, low] = escape else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::percent_decode;

    #[test]
    fn every_byte_knows_where_it_was() {
        let (text, offsets) = percent_decode("a%3Ab%C3%A9%zz").unwrap();
        assert_eq!(text, "a:bé%zz");
        assert_eq!(offsets, [0, 1, 4, 5, 8, 11, 12, 13, 14]);
    }

    #[test]
    fn what_decodes_to_no_text_hides_nothing_around_it() {
        let (text, offsets) = percent_decode("é%C3%E2%82=%40").unwrap();
        assert_eq!(text, "é\u{fffd}\u{fffd}=@");
        assert_eq!(offsets, [0, 1, 2, 2, 2, 5, 5, 5, 11, 12, 15]);
    }

    #[test]
    fn what_is_not_encoded_is_left_alone() {
        for text in ["", "plain", "100 %", "%", "%4"] {
            assert_eq!(percent_decode(text), None, "{text}");
        }
    }
}
