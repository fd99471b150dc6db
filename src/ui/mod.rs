//! What people and other programs see of a command: lines on stderr, output on stdout, tables, progress, the summary of a
//! run and its reports, error texts and exit codes.

mod console;
mod error;
mod exit;
mod log;
pub(crate) mod output;
mod progress;
pub(crate) mod report;
pub(crate) mod run_page;
mod screen;
pub(crate) mod strict;
pub(crate) mod summary;
pub(crate) mod table;

pub(crate) use console::{Console, printable};
pub use error::{CommandError, DemoClientError, DemoError, MergeError, report_error};
pub use exit::Exit;
pub(crate) use log::start_log;
pub(crate) use progress::{Progress, count_steps};
pub(crate) use screen::Screen;
