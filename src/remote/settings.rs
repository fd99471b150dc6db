//! What has to be known of an object store before it is asked.

use super::Location;
use crate::aws::CredentialSource;
use crate::model::Secret;
use std::path::PathBuf;

/// Where an object store is, how it is reached, and as whom.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// Where it is.
    pub location: Location,
    /// A base URL in place of the store's public one.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path of S3's URLs, and not in the host; where nobody says, it does behind an `endpoint`.
    pub path_style: Option<bool>,
    /// The region of S3's bucket.
    pub region: String,
    /// Where the keys for S3 come from.
    pub credentials: CredentialSource,
    /// The storage account of Azure, where the URL does not name it.
    pub account: Option<String>,
    /// What the environment says to the tools of Google's and Azure's stores, by the names of the variables.
    pub variables: Vec<(String, Secret)>,
    /// More trusted roots, a PEM file.
    pub ca_bundle: Option<PathBuf>,
    /// How many objects are moved at once.
    pub connections: usize,
}
