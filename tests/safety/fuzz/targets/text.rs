//! Cassette text: what is read is written back equal, and every answer has a text.

use bytes::Bytes;
use ramtape::entry_file;
use ramtape::model::{Body, Entry, Hole, OperationName, Page, Take};

pub(crate) fn check(data: &[u8]) {
    read_and_written(data);
    written_and_read(data);
}

/// A text that is accepted comes back from what it was read as; in the one layout, byte for byte.
fn read_and_written(data: &[u8]) {
    let entry = match entry_file::read(data) {
        Ok(entry) => entry,
        Err(flaw) => {
            assert!(flaw.offset <= data.len() && flaw.line(data) >= 1, "{flaw:?}");
            return;
        }
    };
    let Ok(written) = entry_file::write(&entry) else { panic!("what was read cannot be written: {entry:?}") };
    assert_eq!(entry_file::read(written.as_bytes()).as_ref(), Ok(&entry), "{written}");
    assert_eq!(entry_file::write(&entry).as_ref(), Ok(&written));
}

/// Any bytes are an answer that can be recorded, with holes wherever they are.
fn written_and_read(data: &[u8]) {
    for cuts in [&[][..], &[data.len() / 2], &[data.len() / 3, data.len() - data.len() / 3]] {
        let mut body = Body::default();
        let mut from = 0;
        for (number, cut) in (1_u32..).zip(cuts) {
            body.push_literal(Bytes::copy_from_slice(&data[from..*cut]));
            body.push_hole(if number == 1 { Hole::Token(number) } else { Hole::Volatile("w#1:/name".to_owned()) });
            from = *cut;
        }
        body.push_literal(Bytes::copy_from_slice(&data[from..]));
        let page =
            Page { status: 200, headers: vec![("content-type".to_owned(), "application/json".to_owned())], body };
        let take = Take {
            session: None,
            after: None,
            id: None,
            max_results: None,
            complete: true,
            times: 1,
            pages: vec![page],
        };
        let entry = Entry {
            operation: OperationName::Known("GetResourceShares".to_owned()),
            region: "us-east-1".to_owned(),
            actor: "default".to_owned(),
            request: "{}".into(),
            takes: vec![take],
        };
        let Ok(written) = entry_file::write(&entry) else {
            panic!("an answer without a text: {}", data.escape_ascii())
        };
        assert_eq!(entry_file::read(written.as_bytes()).as_ref(), Ok(&entry), "{written}");
    }
}
