//! Reads and writes HAR 1.2, the HTTP archive of browsers and proxies. It knows no service.
//!
//! The format: <https://github.com/ahmadnassri/har-spec/blob/master/versions/1.2.md>. Read leniently, as Chromium, Firefox,
//! mitmproxy and others write it; written with every member that it asks for.

mod raw;
mod read;
mod time;
mod write;

pub use read::{Archive, HarError, read};
pub use write::write;

/// An entry's own member: the id of the write that the session had made before. Names of such members begin with `_`.
const AFTER: &str = "_ramtapeAfter";
/// The id of a write, as others name it there.
const WRITE: &str = "_ramtapeWrite";

/// The log's own member: what tells the key from others that pseudonyms in the file were made with. Never the key.
const KEY: &str = "_ramtapeKey";
