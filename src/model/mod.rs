//! The vocabulary every layer shares: what was asked, what was answered, and how an answer is kept.
//!
//! Nothing here knows a socket, a clock, a file or the environment.

mod actor;
pub mod base32;
mod body;
mod causes;
mod counted;
mod door;
mod encoding;
mod entry;
mod errors;
mod exchange;
mod nearest;
mod query;
mod request;
mod response;
mod secret;
mod shell;
mod url;

pub use actor::{Actor, DEFAULT_ACTOR};
pub use body::{Body, Hole, Part};
pub use causes::with_causes;
pub use counted::counted;
pub use door::Door;
pub use encoding::{Misspelt, utf8};
pub use entry::{Entry, OperationName, Page, Take};
pub use errors::{ERROR_HEADER, error_kind};
pub use exchange::Exchange;
pub use nearest::{did_you_mean, nearest_name};
pub use query::{decode_query, decode_query_text, query_pair, query_pairs};
pub use request::{Request, VIA};
pub use response::Response;
pub use secret::Secret;
pub use shell::{shell_line, shell_path};
pub use url::without_secrets;
