//! Listings page by page: chains while they are recorded, cuts while they are replayed, and the tokens between pages.

pub(super) mod chains;
pub(super) mod cut_take;
pub(super) mod next_request;
pub(super) mod page_cut;
pub(super) mod page_loop_guard;
pub(super) mod upstream_tokens;
