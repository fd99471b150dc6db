//! Errors of the certificate authority.

use std::io;
use std::path::PathBuf;

/// Why the certificate authority cannot be read, written or used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// Nobody made one.
    #[error("there is no certificate authority in {}: `ramtape ca` makes one", folder.display())]
    Absent {
        /// The folder it would be in.
        folder: PathBuf,
    },
    /// Its time is over.
    #[error("the certificate authority in {} expired on {on}: `ramtape ca` makes a new one", folder.display())]
    Expired {
        /// The folder it is in.
        folder: PathBuf,
        /// The last day of its life.
        on: String,
    },
    /// Others could read its key.
    #[error(
        "{} is open to other users (mode {mode:03o}): whoever read the key can pose as RAM; `ramtape ca --remove`, \
         then `ramtape ca`, makes a new one",
        path.display()
    )]
    Loose {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is somebody else's.
    #[error("{} belongs to another user: name a folder of your own with --ca-folder", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What stands there is not what ramtape wrote.
    #[error("{} is damaged ({reason}): `ramtape ca --renew` makes a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The user's own bundle cannot be used.
    #[error("{} cannot be added to the bundle: {reason}", path.display())]
    OwnBundle {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Its name constraints do not allow this host.
    #[error(
        "the certificate authority is not valid for {host}: it covers the hosts of the services that were recorded when it was made \
         (ram and sts by default), in the regions that were known then; add the service to services in ramtape.toml or the region \
         to ca_regions (RAMTAPE_CA_REGIONS), then `ramtape ca --renew`"
    )]
    Outside {
        /// The host.
        host: String,
    },
    /// The system or the library refused.
    #[error("a certificate cannot be made: {reason}")]
    Make {
        /// Why.
        reason: String,
    },
}

impl CaError {
    pub(super) fn make(error: impl ToString) -> Self {
        Self::Make { reason: error.to_string() }
    }
}
