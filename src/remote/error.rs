//! Why an object store did not do what it was asked.

use crate::model::{Digest, without_secrets};
use std::error::Error;

/// Why an object store did not do what it was asked. No message holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// It cannot be asked as it is configured.
    #[error("the remote {url} cannot be used: {reason}")]
    Setup {
        /// Where it is.
        url: String,
        /// Why.
        reason: String,
    },
    /// Nobody answers.
    #[error("the remote {url} cannot be reached: {reason}. Check the network, and `endpoint` in [remote] if it is set")]
    Unreachable {
        /// Where it is.
        url: String,
        /// Why.
        reason: String,
    },
    /// There are no credentials.
    #[error("the remote {url}: {reason}")]
    NoCredentials {
        /// Where it is.
        url: String,
        /// What is missing, and what to do.
        reason: String,
    },
    /// It refuses.
    #[error(
        "the remote {url} denies access: {reason}. The credentials need to read, write and list there, and to delete for `ramtape gc`"
    )]
    Denied {
        /// Where it is.
        url: String,
        /// What it says.
        reason: String,
    },
    /// There is no such bucket.
    #[error("the remote {url} does not exist: create the bucket or container, or check `url` in [remote]")]
    NoBucket {
        /// Where it is.
        url: String,
    },
    /// The bucket is in another region.
    #[error("the bucket of the remote {url} is in another region: set `region` in [remote]")]
    OtherRegion {
        /// Where it is.
        url: String,
    },
    /// An object is not there.
    #[error(
        "the remote {url} has no object {digest}, which cassettes.lock names: `ramtape push --all` in a checkout that has \
         the file sends it again"
    )]
    Missing {
        /// Where it is.
        url: String,
        /// The object.
        digest: Digest,
    },
    /// An object has another size.
    #[error(
        "the object {digest} in the remote {url} is damaged: it has {found} bytes, and cassettes.lock says {expected}. `ramtape push \
         --all` in a checkout that has the file sends it again"
    )]
    OtherSize {
        /// Where it is.
        url: String,
        /// The object.
        digest: Digest,
        /// The size that the lock names.
        expected: u64,
        /// The size that it has.
        found: u64,
    },
    /// An object has other content.
    #[error(
        "the object {digest} in the remote {url} is damaged: its content has another digest. Delete it there; `ramtape push --all` in \
         a checkout that has the file sends it again"
    )]
    Changed {
        /// Where it is.
        url: String,
        /// The object.
        digest: Digest,
    },
    /// Something else went wrong.
    #[error("the remote {url} failed: {reason}")]
    Failed {
        /// Where it is.
        url: String,
        /// What.
        reason: String,
    },
}

/// Whether the store says that it has no such bucket.
pub(super) fn lacks_bucket(error: &object_store::Error) -> bool {
    let text = error.to_string();
    ["NoSuchBucket", "ContainerNotFound"].iter().any(|code| text.contains(code))
}

/// What `error`, of the store at `url`, means.
pub(super) fn classify(url: &str, error: &object_store::Error) -> RemoteError {
    let text = error.to_string();
    let (url, reason) = (url.to_owned(), describe(error, &text));
    if lacks_bucket(error) {
        return RemoteError::NoBucket { url };
    }
    // The crate's own words for a redirect that leads nowhere, and S3's for where the bucket is not.
    if ["incorrectly configured region", "PermanentRedirect", "AuthorizationHeaderMalformed"]
        .iter()
        .any(|told| text.contains(told))
    {
        return RemoteError::OtherRegion { url };
    }
    // Not every store says so by its status.
    if ["AuthorizationFailure", "AuthenticationFailed", "SignatureDoesNotMatch", "InvalidAccessKeyId"]
        .iter()
        .any(|code| reason.starts_with(code))
    {
        return RemoteError::Denied { url, reason };
    }
    match error {
        object_store::Error::PermissionDenied { .. } => RemoteError::Denied { url, reason },
        object_store::Error::Unauthenticated { path, source } if path.is_empty() => {
            RemoteError::NoCredentials { url, reason: source.to_string() }
        }
        object_store::Error::Unauthenticated { .. } => RemoteError::Denied { url, reason },
        _ if is_connect(error) => RemoteError::Unreachable { url, reason },
        _ => RemoteError::Failed { url, reason },
    }
}

/// Whether no connection came about.
fn is_connect(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}

pub(super) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

/// What went wrong, without what a URL or a body may hold: the code and message that the store gave, its status, or what is at the
/// root of it.
fn describe(error: &object_store::Error, text: &str) -> String {
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(inner, _)| inner.trim()).filter(|inner| !inner.is_empty())
    };
    if let Some(code) = element("Code") {
        return element("Message")
            .map_or_else(|| code.to_owned(), |message| format!("{code}: {}", first_line(message)));
    }
    if let Some((_, status)) = text.split_once("status code: ") {
        return format!("it answered {}", first_line(status.split(':').next().unwrap_or_default()));
    }
    let root = causes(error).last().map(ToString::to_string).unwrap_or_default();
    without_secrets(first_line(&root)).to_owned()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}
