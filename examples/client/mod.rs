//! The client of the examples: the AWS SDK for Rust.

use aws_config::SdkConfig;
use aws_sdk_ram::types::ResourceOwner;
use std::error::Error;

/// The names of all shares of the account itself.
pub(crate) async fn list_shares(config: &SdkConfig) -> Result<Vec<String>, Box<dyn Error>> {
    let ram = aws_sdk_ram::Client::new(config);
    let mut pages = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.resource_shares().iter().filter_map(|share| share.name().map(str::to_owned)));
    }
    Ok(names)
}
