//! The manual's Rust client. Its lines stand in the manual; what is added here is an HTTP client, as this crate builds the
//! AWS SDK without its own.

use aws_config::BehaviorVersion;
use aws_sdk_ram::types::ResourceOwner;
use aws_smithy_http_client::Builder;
use std::error::Error;

/// Lists the shares as the manual does, and gives what that would print.
pub(crate) async fn list() -> Result<Vec<String>, Box<dyn Error>> {
    let mut printed = Vec::new();
    macro_rules! println {
        ($($part:tt)*) => { printed.push(format!($($part)*)) };
    }

    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(Builder::new().build_http()).load().await;
    let ram = aws_sdk_ram::Client::new(&config);
    let asked = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue);
    let mut pages = asked.into_paginator().page_size(5).send();
    while let Some(page) = pages.next().await {
        for share in page?.resource_shares() {
            println!("{}", share.name().unwrap_or_default());
        }
    }
    Ok(printed)
}
