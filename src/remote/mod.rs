//! The object store that recorded files are kept in: S3, Google Cloud Storage, Azure, or a folder.
//!
//! An object is a file's content, stored under the digest of its bytes and never changed: it is right or it is refused. The stores are
//! spoken to by the `object_store` crate, over the HTTP client that ramtape has already.

mod credentials;
mod error;
mod http_client;
mod location;
mod settings;
mod stores;

pub use error::RemoteError;
pub use location::{Location, LocationError};
pub use settings::RemoteSettings;

use crate::model::Digest;
use bytes::Bytes;
use error::classify;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::sync::Arc;
use std::time::SystemTime;

/// How often an object is asked for again whose transfer broke off.
const ATTEMPTS: usize = 3;
/// Below the prefix, what objects' keys begin with: it says what they are named by.
const KIND: &str = "sha256";

/// An object store, below a prefix.
#[derive(Debug)]
pub struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    url: String,
    connections: usize,
}

/// An object that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// The digest that it is stored under.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// When it was stored last.
    pub modified: SystemTime,
}

impl Remote {
    /// The store that `settings` name. Nothing is asked; reads the system's trusted roots: not for an async thread.
    ///
    /// # Errors
    /// Where the settings make no store.
    pub fn open(settings: &RemoteSettings) -> Result<Self, RemoteError> {
        let url = settings.location.to_string();
        let store = stores::open(settings).map_err(|reason| RemoteError::Setup { url: url.clone(), reason })?;
        let prefix = Path::from(settings.location.prefix());
        Ok(Self { store, prefix, url, connections: settings.connections })
    }

    /// Where it is, for people: no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many objects are moved at once.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// Stores `bytes`, whose digest is `digest`. An object that is there is written again, with what it has.
    ///
    /// # Errors
    /// Where the store cannot be reached or does not take it.
    pub async fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), RemoteError> {
        let stored = self.store.put(&self.key(digest), bytes.into()).await;
        stored.map(|_| ()).map_err(|error| classify(&self.url, &error))
    }

    /// The content whose digest is `digest`, of `size` bytes: what comes otherwise is refused.
    ///
    /// # Errors
    /// Where the object is not there or is another one, or the store cannot be reached.
    pub async fn get(&self, digest: Digest, size: u64) -> Result<Bytes, RemoteError> {
        let mut attempt = 1;
        loop {
            match self.try_get(digest, size).await {
                // What broke off may come through the next time.
                Err(RemoteError::Failed { .. }) if attempt < ATTEMPTS => attempt += 1,
                ended => return ended,
            }
        }
    }

    async fn try_get(&self, digest: Digest, size: u64) -> Result<Bytes, RemoteError> {
        let (url, key) = (|| self.url.clone(), self.key(digest));
        let found = self.store.get(&key).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } if !error::lacks_bucket(&error) => {
                RemoteError::Missing { url: url(), digest }
            }
            error => classify(&self.url, &error),
        })?;
        // Before it is read: a store that is not what it seems fills no memory.
        if found.meta.size != size {
            return Err(RemoteError::OtherSize { url: url(), digest, expected: size, found: found.meta.size });
        }
        let bytes = found.bytes().await.map_err(|error| classify(&self.url, &error))?;
        if bytes.len() as u64 != size {
            let reason = format!("an object of {size} bytes broke off after {}", bytes.len());
            return Err(RemoteError::Failed { url: url(), reason });
        }
        if Digest::compute(&bytes) == digest { Ok(bytes) } else { Err(RemoteError::Changed { url: url(), digest }) }
    }

    /// Everything that is stored below the prefix. What is no object of ramtape's is left out.
    ///
    /// # Errors
    /// Where the store cannot be reached or does not tell.
    pub async fn list(&self) -> Result<Vec<StoredObject>, RemoteError> {
        let of_ours = |meta: object_store::ObjectMeta| {
            let digest = meta.location.filename()?.parse().ok()?;
            (self.key(digest) == meta.location).then(|| StoredObject {
                digest,
                size: meta.size,
                modified: meta.last_modified.into(),
            })
        };
        let listed = self.store.list(Some(&self.prefix.clone().join(KIND)));
        let listed: Result<Vec<_>, _> = listed.try_collect().await;
        match listed {
            Ok(listed) => Ok(listed.into_iter().filter_map(of_ours).collect()),
            Err(error) => Err(classify(&self.url, &error)),
        }
    }

    /// Removes objects; one that is not there is no error.
    ///
    /// # Errors
    /// Where the store cannot be reached or does not do it. Some may be gone then.
    pub async fn delete(&self, digests: &[Digest]) -> Result<(), RemoteError> {
        let keys: Vec<_> = digests.iter().map(|digest| Ok(self.key(*digest))).collect();
        let mut removed = self.store.delete_stream(stream::iter(keys).boxed());
        while let Some(outcome) = removed.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(classify(&self.url, &error)),
            }
        }
        Ok(())
    }

    fn key(&self, digest: Digest) -> Path {
        let name = digest.to_string();
        let folder = name.get(..2).unwrap_or_default().to_owned();
        self.prefix.clone().join(KIND).join(folder).join(name)
    }
}
