//! The services as data: `config/ram.toml` and `config/services.toml` as types.

mod check;
mod companions;
mod error;
mod members;
mod operation;
mod raw;
mod table;
mod types;

pub use check::{ModelFlaw, ModelFlawKind};
pub use companions::{CompanionRules, Companions, PartitionEndpoint};
pub use error::ServiceError;
pub use operation::{Operation, OperationKind};
pub use table::{PagingRules, RecordingRules, Service};
pub use types::{NotAType, Structure, Type};
