//! What differs: takes, answers and requests compared, and two sides' takes brought together. Pure.

mod add_takes;
mod conflict;
mod entries;
mod joined_listing;
mod parameters;
mod shape;
mod subsequence;
mod takes;
mod three_way;
mod values;

pub use add_takes::{RecordedTake, add_takes};
pub use conflict::{write_both, write_clashing};
pub use entries::{changes, differences_of, drift};
pub use joined_listing::Paging;
pub use parameters::{ParameterDifference, parameter_differences};
pub use shape::{Drift, DriftKind};
pub use takes::{TakeChange, TakeDifference};
pub use three_way::{Piece, combine};
pub use values::{Difference, ValueAt, differences};
