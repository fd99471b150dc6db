//! ramtape's own `nextToken`: deterministic, distinct for every page, stateless, self-describing.
//!
//! A token names the listing it belongs to, the items served so far (by digest) and where to go on. Nothing has to be
//! remembered for it: any replica with an equal recording serves the page.

mod code;
mod cut;
mod digest;
mod listing;
mod place;
mod template;

pub use code::{Cut, DecodeError, FingerprintStart, PageDigest, Token, TokenKey, foreign_mark};
pub use cut::without_first_items;
pub use digest::ChainDigest;
pub use listing::Listing;
pub use place::{Placed, item_texts, place_token};
