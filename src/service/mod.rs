//! The service as data: `config/ram.toml` as types.

mod table;

pub use table::{Kind, Operation, PagingRules, RecordingRules, Service, ServiceError};
