//! Two cassettes held against each other, one of them perhaps as git has it: which requests were added, went or changed.

mod compare;
mod revision;
mod side;

pub use compare::{ChangeKind, RequestDiff, SameFiles, describe_take, find_differences};
pub use revision::{RevisionError, is_in_git, parse_revision};
pub use side::{Entries, ReviewError, Side};
