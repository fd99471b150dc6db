//! What the tests of the cassette share: a folder, requests, pages, and a cassette that hands out plain entries.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use ramtape::cassette::{Access, Cassette, CassetteError, CassetteSettings, EntryHead, Opened, TakeHead};
use ramtape::fingerprint::Fingerprint;
use ramtape::model::{Body, Entry, Hole, OperationName, Page};
use ramtape::redact::{Scrubbed, scrub_page};
use std::path::Path;

pub(crate) const REPLAY: Access = Access::Replay;
pub(crate) const RECORD: Access = Access::Record { replace: false };
pub(crate) const ALL: Access = Access::Record { replace: true };

pub(crate) type Plain = Cassette<Entry>;

pub(crate) fn try_open(root: &Path, access: Access) -> Result<Opened<Entry>, CassetteError> {
    Cassette::open(root, access, |_, entry| entry, &CassetteSettings::default())
}

/// Opens, and expects nothing to be said about it.
pub(crate) fn open(root: &Path, access: Access) -> Plain {
    let opened = try_open(root, access).unwrap();
    assert_eq!(opened.notices, []);
    opened.cassette
}

/// The request with number `n`.
pub(crate) fn head(n: usize) -> EntryHead {
    EntryHead {
        operation: OperationName::Known("GetResourceShares".into()),
        region: "us-east-1".into(),
        actor: "default".into(),
        request: format!("{{\"name\":\"share-{n}\",\"resourceOwner\":\"SELF\"}}"),
    }
}

pub(crate) fn whole() -> TakeHead {
    TakeHead { complete: true, ..TakeHead::default() }
}

pub(crate) fn partial() -> TakeHead {
    TakeHead::default()
}

pub(crate) fn page(body: Body) -> Scrubbed<Page> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    scrub_page(200, &headers, body)
}

pub(crate) fn answer(text: &str) -> Scrubbed<Page> {
    page(Body::literal(Bytes::copy_from_slice(text.as_bytes())))
}

/// Page `n` of a listing that goes on.
pub(crate) fn listed(n: u32) -> Scrubbed<Page> {
    let mut body = Body::literal(Bytes::from(format!("{{\"items\":[{n}],\"nextToken\":")));
    body.push_hole(Hole::Token(n + 1));
    body.push_literal(Bytes::from_static(b"}"));
    page(body)
}

/// Records one whole answer.
pub(crate) fn record(cassette: &Plain, n: usize, text: &str) -> Fingerprint {
    cassette.begin(&head(n), &whole(), vec![answer(text)], None).unwrap().fingerprint()
}

pub(crate) const FOLDER: &str = "get-resource-shares";

/// The bodies of what is kept for request `n`, take by take, their pages joined by `|`.
pub(crate) fn bodies(cassette: &Plain, n: usize) -> Vec<String> {
    let found = cassette.lookup(FOLDER, &head(n).fingerprint()).unwrap();
    let read = cassette.entry(FOLDER, &head(n).fingerprint()).unwrap();
    assert_eq!(found.as_deref(), read.as_ref());
    found.map_or_else(Vec::new, |entry| entry.takes.iter().map(|take| joined(&take.pages)).collect())
}

fn joined(pages: &[Page]) -> String {
    let rendered = pages.iter().map(|page| {
        let bytes = page.body.render(|hole| Ok::<_, ()>(format!("{hole:?}").into_bytes().into())).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    rendered.collect::<Vec<_>>().join("|")
}

pub(crate) fn text_path(root: &Path, n: usize) -> std::path::PathBuf {
    root.join(FOLDER).join(format!("{}.json", head(n).fingerprint()))
}

/// Copies a cassette's text, as a checkout has it: without its store.
pub(crate) fn copy_text(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == ".store" {
            continue;
        }
        if from.is_dir() {
            copy_text(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}
