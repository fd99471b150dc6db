//! The client of the examples: the AWS SDK for Rust, which needs to be told where ramtape is.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_ram::types::ResourceOwner;
use aws_smithy_http_client::Builder;
use std::error::Error;

/// The names of all shares that `url` answers with. ramtape signs anew what it sends to AWS, so any credentials will do.
pub(crate) async fn list_shares(url: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("dummy", "dummy", None, None, "examples"))
        .http_client(Builder::new().build_http());
    let ram = aws_sdk_ram::Client::new(&config.load().await);
    let mut pages = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.resource_shares().iter().filter_map(|share| share.name().map(str::to_owned)));
    }
    Ok(names)
}
