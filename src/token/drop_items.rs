//! Drops the first items of a page; the bytes of the others stay.

use crate::json;

/// The answer without its first `count` items, everything else as it was; `None` where it has fewer, or no such list.
#[must_use]
pub fn drop_first_items(answer: &[u8], items_member: &str, count: usize) -> Option<Vec<u8>> {
    let node = json::parse(answer).ok()?;
    let items = node.member(items_member)?.items()?;
    if count == 0 {
        return Some(answer.to_vec());
    }
    let start = items.first()?.offset;
    let end = match items.get(count) {
        Some(kept) => kept.offset,
        None if items.len() == count => items.last()?.span().end,
        None => return None,
    };
    Some([answer.get(..start)?, answer.get(end..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::drop_first_items;

    #[test]
    fn drops_items_and_keeps_every_other_byte() {
        let answer = br#"{"x":1, "items" : [ 1.0 , {"a": 2},3 ] ,"nextToken":"t"}"#;
        let of =
            |count| drop_first_items(answer, "items", count).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(of(1).as_deref(), Some(r#"{"x":1, "items" : [ {"a": 2},3 ] ,"nextToken":"t"}"#));
        assert_eq!(of(3).as_deref(), Some(r#"{"x":1, "items" : [  ] ,"nextToken":"t"}"#));
        assert_eq!(of(0).as_deref().map(str::as_bytes), Some(&answer[..]));
        assert_eq!(of(4), None);
    }
}
