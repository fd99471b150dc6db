//! Where an object store is: its URL, read. Pure.

use std::fmt;
use std::path::PathBuf;

/// Where objects are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A bucket of S3, or of a store that speaks like it.
    S3 {
        /// The bucket.
        bucket: String,
        /// What keys begin with; may be empty.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// The bucket.
        bucket: String,
        /// What keys begin with; may be empty.
        prefix: String,
    },
    /// A container of Azure's blob storage.
    Azure {
        /// The storage account, where the URL names it.
        account: Option<String>,
        /// The container.
        container: String,
        /// What keys begin with; may be empty.
        prefix: String,
    },
    /// A folder.
    Folder(PathBuf),
}

/// Why a text says of no object store where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Nothing is known of such URLs.
    #[error(
        "no object store has such a URL: use s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or a folder"
    )]
    Scheme,
    /// It names no bucket.
    #[error("it names no bucket or container, as in s3://BUCKET/PREFIX")]
    NoBucket,
    /// There is something in it that does not belong there.
    #[error(
        "it may have no password, no query and no fragment: credentials come from where the store's own tools have them"
    )]
    Extra,
    /// The prefix is none.
    #[error("its prefix has an empty part, `.` or `..` in it")]
    Prefix,
}

/// The end of the host names of Azure's storage accounts.
const AZURE_HOST: &str = ".blob.core.windows.net";

impl Location {
    /// Reads a URL; what has no scheme is a folder.
    ///
    /// # Errors
    /// Where it names no object store.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() { Err(LocationError::NoBucket) } else { Ok(Self::Folder(text.into())) };
        };
        if scheme == "file" {
            return match rest.starts_with('/') {
                true => Ok(Self::Folder(rest.into())),
                false => Err(LocationError::Scheme),
            };
        }
        if rest.contains(['?', '#', '@']) {
            return Err(LocationError::Extra);
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let whole = |path: &str| match path.trim_end_matches('/') {
            path if path.split('/').any(|part| matches!(part, "." | "..")) || path.contains("//") => {
                Err(LocationError::Prefix)
            }
            path => Ok(path.to_owned()),
        };
        if host.is_empty() {
            return Err(LocationError::NoBucket);
        }
        let bucket = host.to_owned();
        match scheme {
            "s3" => Ok(Self::S3 { bucket, prefix: whole(path)? }),
            "gs" => Ok(Self::Gcs { bucket, prefix: whole(path)? }),
            "az" | "azure" => Ok(Self::Azure { account: None, container: bucket, prefix: whole(path)? }),
            "https" => {
                let account = host.strip_suffix(AZURE_HOST).ok_or(LocationError::Scheme)?;
                let (container, path) = path.split_once('/').unwrap_or((path, ""));
                if container.is_empty() {
                    return Err(LocationError::NoBucket);
                }
                let (account, container) = (Some(account.to_owned()), container.to_owned());
                Ok(Self::Azure { account, container, prefix: whole(path)? })
            }
            _ => Err(LocationError::Scheme),
        }
    }

    /// What keys begin with.
    pub(super) fn prefix(&self) -> &str {
        match self {
            Self::S3 { prefix, .. } | Self::Gcs { prefix, .. } | Self::Azure { prefix, .. } => prefix,
            Self::Folder(_) => "",
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, bucket, prefix) = match self {
            Self::S3 { bucket, prefix } => ("s3", bucket, prefix),
            Self::Gcs { bucket, prefix } => ("gs", bucket, prefix),
            Self::Azure { container, prefix, .. } => ("az", container, prefix),
            Self::Folder(path) => return write!(f, "{}", path.display()),
        };
        write!(f, "{scheme}://{bucket}{}{prefix}", if prefix.is_empty() { "" } else { "/" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_say_which_store() {
        for (text, shown) in [
            ("s3://bucket", "s3://bucket"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
            ("gs://bucket/x", "gs://bucket/x"),
            ("az://container/x", "az://container/x"),
            ("https://account.blob.core.windows.net/container/x", "az://container/x"),
            ("file:///srv/takes", "/srv/takes"),
            ("../takes", "../takes"),
        ] {
            assert_eq!(Location::parse(text).map(|location| location.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told() {
        for (text, expected) in [
            ("", LocationError::NoBucket),
            ("s3://", LocationError::NoBucket),
            ("s3:///prefix", LocationError::NoBucket),
            ("https://account.blob.core.windows.net", LocationError::NoBucket),
            ("https://bucket.s3.amazonaws.com/x", LocationError::Scheme),
            ("ftp://host/x", LocationError::Scheme),
            ("file://host/x", LocationError::Scheme),
            ("s3://key:secret@bucket/x", LocationError::Extra),
            ("https://account.blob.core.windows.net/c?sig=x", LocationError::Extra),
            ("s3://bucket/a/../b", LocationError::Prefix),
            ("s3://bucket/a//b", LocationError::Prefix),
        ] {
            assert_eq!(Location::parse(text), Err(expected), "{text}");
        }
    }
}
