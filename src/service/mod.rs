//! The service as data: `config/ram.toml` as types.

mod check;
mod error;
mod members;
mod operation;
mod raw;
mod table;
mod types;

pub use check::{ModelFlaw, ModelFlawKind};
pub use error::ServiceError;
pub use operation::{Operation, OperationKind};
pub use table::{PagingRules, RecordingRules, Service};
pub use types::{NotAType, Structure, Type};
