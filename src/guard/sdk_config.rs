//! The configuration of AWS SDK clients.

use crate::config::{DUMMY_SECRET, NOBODYS_KEY_ID};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder as HttpClientBuilder;

/// The configuration of clients that ask ramtape at `url`.
pub(super) fn sdk_config(url: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new(NOBODYS_KEY_ID, DUMMY_SECRET, None, None, "ramtape");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // An SDK's own client loads the system's certificates first, which takes time and is of no use here.
        .http_client(HttpClientBuilder::new().build_http())
        .build()
}
