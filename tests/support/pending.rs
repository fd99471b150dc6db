//! Answers put into a cassette past the proxy, as a killed recording leaves them: in the store, and not in the text.

use bytes::Bytes;
use http::HeaderMap;
use ramtape::cassette::{Access, Cassette, CassetteSettings, EntryHead, TakeHead};
use ramtape::model::{Body, OperationName};
use ramtape::redact::scrub_page;
use std::path::Path;

/// The cassette in the folder `root`, open for recording.
pub(crate) fn recording(root: &Path) -> Cassette<()> {
    Cassette::open(root, Access::Record { replace: false }, |_, _| (), &CassetteSettings::default()).unwrap().cassette
}

/// What the default actor asks.
pub(crate) fn asked(operation: &str, request: &str) -> EntryHead {
    EntryHead {
        operation: OperationName::Known(operation.to_owned()),
        region: "us-east-1".to_owned(),
        actor: "default".to_owned(),
        request: request.to_owned(),
    }
}

/// Puts a whole answer of one page into the store; `take` says the rest.
pub(crate) fn plant(cassette: &Cassette<()>, asked: &EntryHead, take: TakeHead, status: u16, body: impl Into<Bytes>) {
    let page = scrub_page(status, &HeaderMap::new(), Body::literal(body.into()));
    cassette.begin(asked, &TakeHead { complete: true, ..take }, vec![page], None).unwrap();
}
