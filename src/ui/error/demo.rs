//! Why the demo failed.

use crate::aws::sigv4::SignError;

/// Why the story cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The simulated endpoint cannot listen.
    #[error("the simulated RAM endpoint cannot listen")]
    Endpoint(#[source] std::io::Error),
    /// The demo's cassette needs a folder.
    #[error("cannot create a temporary folder")]
    Folder(#[source] std::io::Error),
    /// The demo's client failed.
    #[error("the demo's client failed")]
    Client(#[from] DemoClientError),
    /// The proof failed: what no demo should ever say.
    #[error("the replayed pages differ from the recorded ones")]
    Differs,
    /// The cassette has no text.
    #[error("cannot read the cassette's text")]
    Text(#[source] std::io::Error),
}

/// Why the client failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoClientError {
    /// The URL is of no use.
    #[error("not a URL")]
    Url(#[from] http::uri::InvalidUri),
    /// The request cannot be made.
    #[error("cannot build the request")]
    Request(#[from] http::Error),
    /// It cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Nobody answers.
    #[error("no response")]
    Send(#[from] hyper_util::client::legacy::Error),
    /// The answer breaks off.
    #[error("the response ended early")]
    Body(#[from] hyper::Error),
    /// An error came where a page was expected.
    #[error("{kind}: {message}")]
    Refused {
        /// The error's name.
        kind: String,
        /// Its message.
        message: String,
    },
    /// The listing does not end.
    #[error("the listing does not end after {pages} pages")]
    Endless {
        /// How many were read.
        pages: usize,
    },
}
