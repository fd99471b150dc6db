//! The Rust code on the manual's page about embedding. Its lines stand in the manual; what is added here is a client.

use crate::book::{marked, root};
use crate::support::binary::folder;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_ram::types::ResourceOwner;
use aws_smithy_http_client::Builder;
use ramtape::app;
use ramtape::config::{Config, Environment, RawConfig, RecordMode, Settings};
use std::error::Error;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_replays_a_cassette() {
    crate::examples::assert_stands_in(&marked("embedding"), include_str!("embedding.rs"));
    let folder = folder();
    let cassette = folder.path().join("quickstart");
    crate::json_output::copy(&root().join("cassettes/quickstart"), &cassette);
    assert_eq!(replay(&cassette).await.unwrap().len(), 10);
}

async fn replay(cassette: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let written = RawConfig { cassette: Some(cassette.into()), ..RawConfig::default() };
    let settings = Settings::load(written, &Environment::current()?)?;
    let proxy = app::start(Config::from_settings(settings, RecordMode::None)?).await?;

    let names = list_shares(&proxy.base_url()).await?;

    let summary = proxy.stop().await?;
    assert_eq!(summary.missed, 0);
    Ok(names)
}

/// The names of all shares, asked for at `url`.
async fn list_shares(url: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let credentials = Credentials::new("dummy", "dummy", None, None, "tests");
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(Builder::new().build_http());
    let config = config.endpoint_url(url).region(Region::new("us-east-1")).credentials_provider(credentials);
    let ram = aws_sdk_ram::Client::new(&config.load().await);
    let mut pages = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.resource_shares().iter().filter_map(|share| share.name().map(str::to_owned)));
    }
    Ok(names)
}
