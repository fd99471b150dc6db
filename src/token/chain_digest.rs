//! The digest of a chain's pages up to a position.

use super::page_token::PageDigest;
use super::rewrite::item_texts;
use crate::json;
use crate::model::{Hole, Page};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::convert::Infallible;

/// A digest that grows page by page. It covers the items and where the pages were cut, not what stands around the items.
#[derive(Clone, Debug)]
pub struct ChainDigest(Sha256);

impl Default for ChainDigest {
    fn default() -> Self {
        Self(Sha256::new_with_prefix(b"ramtape-chain-1"))
    }
}

impl ChainDigest {
    /// Adds the next page, whose items stand in `items_member`. A page without that list counts with its whole body.
    pub fn push(&mut self, page: &Page, items_member: &str) {
        let bytes = page.body.render(|hole| Ok::<_, Infallible>(marker(hole)));
        let bytes = bytes.unwrap_or_default();
        match item_texts(&bytes, items_member) {
            Some(items) => {
                self.0.update((items.len() as u64).to_be_bytes());
                for item in items {
                    self.add(item.as_bytes());
                }
            }
            None => {
                self.0.update(u64::MAX.to_be_bytes());
                self.add(&bytes);
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// The digest of what was added so far.
    #[must_use]
    pub fn short(&self) -> PageDigest {
        self.0.clone().finalize().first_chunk().copied().unwrap_or_default()
    }
}

/// The text that a digest has for a hole: its name, never the value that fills it.
fn marker(hole: &Hole) -> Cow<'_, [u8]> {
    Cow::Owned(match hole {
        Hole::Token(position) => format!("{{\"$token\":{position}}}").into_bytes(),
        Hole::Volatile(name) => format!("{{\"$volatile\":{}}}", json::quote(name)).into_bytes(),
        Hole::Fresh(freshness) => format!("{{\"$fresh\":\"{freshness}\"}}").into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;

    fn digest(pages: &[&'static str]) -> PageDigest {
        let mut digest = ChainDigest::default();
        for page in pages {
            digest
                .push(&Page { status: 200, headers: Vec::new(), body: Body::literal(page.as_bytes().into()) }, "items");
        }
        digest.short()
    }

    #[test]
    fn covers_items_and_cuts_and_nothing_else() {
        let one = digest(&[r#"{"items":[1,2]}"#, r#"{"items":[3]}"#]);
        assert_eq!(one, digest(&[r#"{"x":0,"items":[1, 2]}"#, r#"{"items":[3],"nextToken":"t"}"#]));
        assert_ne!(one, digest(&[r#"{"items":[1]}"#, r#"{"items":[2,3]}"#]));
        assert_ne!(one, digest(&[r#"{"items":[1,2]}"#, r#"{"items":[3.0]}"#]));
        assert_ne!(digest(&[r#"{"items":[]}"#]), digest(&[]));
        assert_ne!(digest(&["oops"]), digest(&["oops!"]));
    }
}
