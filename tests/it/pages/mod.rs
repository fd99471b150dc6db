//! Page sizes on replay: every item once, in order and byte for byte, however a listing was recorded and is asked for.

mod any_cut;
pub(crate) mod listing;
mod live;
mod page_modes;
mod partial;
mod tokens;
