//! ramtape's own `nextToken`: deterministic, distinct for every page, stateless, self-describing.
//!
//! A token names the listing it belongs to, the items served so far (by digest) and where to go on. Nothing has to be
//! remembered for it: any replica with an equal recording serves the page.

mod body_template;
mod chain_digest;
mod drop_items;
mod listing;
mod page_token;
mod rewrite;

pub use chain_digest::ChainDigest;
pub use drop_items::drop_first_items;
pub use listing::Listing;
pub use page_token::{Cut, FingerprintStart, PageDigest, Token, TokenError, TokenKey, foreign_mark};
pub use rewrite::{ExtractedToken, extract_token, item_texts};
