//! Changing a cassette that nobody records: takes removed, pruned, replaced, brought over from another cassette.

mod compatibility;
mod edit;
mod merge_texts;
mod pending_takes;
mod prune;
mod remove;
mod replace_entries;

pub use compatibility::{Incompatible, alike, create_like, key_of, share_environment, share_key};
pub use edit::{Dangling, EditError, Editing, RemovalPlan};
pub use merge_texts::{MergedText, merge_texts};
pub use pending_takes::EntryParts;
pub use prune::{PruneError, Pruning};
pub use remove::Removal;
pub use replace_entries::CheckedEntries;
