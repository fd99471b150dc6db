//! The service as data: `config/ram.toml` as types.

mod check;
mod table;
mod types;

pub use check::{Flaw, FlawKind};
pub use table::{Kind, Operation, PagingRules, RecordingRules, Service, ServiceError};
pub use types::{NotAType, Structure, Type};
