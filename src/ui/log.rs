//! The log.

use crate::cli::{LogFormat, OutputArgs};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Sends the log to stderr.
///
/// Only ramtape's own lines are let through: other crates, AWS's among them, log requests with their credentials.
pub(crate) fn start_log(args: OutputArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let ours = Targets::new().with_target("ramtape", level);
    let registry = tracing_subscriber::registry().with(ours);
    // A second start, as in tests, leaves the first in place.
    let _ = match args.log_format {
        LogFormat::Text => {
            registry.with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Json => registry
            .with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
            .try_init(),
    };
}
