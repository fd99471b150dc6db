//! `Ramtape`, the guard of tests in Rust, with the AWS SDK as its client.

mod endings;
mod runtimes;
mod sessions;
mod settings;
mod shared;

use crate::support::stage::Stage;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_ram::Client;
use aws_sdk_ram::types::ResourceOwner;
use ramtape::simulator::Credential;
use ramtape::{Ramtape, RamtapeBuilder};

/// A guard that records everything into the cassette called `name`.
fn recorder(stage: &Stage, name: &str) -> RamtapeBuilder {
    at_endpoint(stage, Ramtape::record(stage.cassette(name)))
}

/// `builder`, recording from the endpoint of `stage`.
fn at_endpoint(stage: &Stage, builder: RamtapeBuilder) -> RamtapeBuilder {
    let owner = Credential::owner();
    let credentials = Credentials::new(owner.access_key_id, owner.secret, None, None, "tests");
    builder.upstream(stage.url()).credentials(credentials)
}

/// The names of the account's own shares.
async fn list(config: &SdkConfig) -> Vec<String> {
    let shares = Client::new(config).get_resource_shares().resource_owner(ResourceOwner::SelfValue);
    let pages: Result<Vec<_>, _> = shares.into_paginator().send().collect().await;
    let shares = pages.unwrap().into_iter().flat_map(|page| page.resource_shares.unwrap_or_default());
    shares.map(|share| share.name.unwrap()).collect()
}

/// Makes a share, waits until it is active, and deletes it; gives all that was answered.
async fn make_and_delete(config: &SdkConfig, name: &str) -> Vec<String> {
    let ram = Client::new(config);
    let made = ram.create_resource_share().name(name).send().await.unwrap().resource_share.unwrap();
    let arn = made.resource_share_arn.clone().unwrap();
    let mut seen = vec![format!("{made:?}")];
    while !seen.last().unwrap().contains("status: Some(Active)") {
        let asked = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).name(name).send();
        seen.push(format!("{:?}", asked.await.unwrap().resource_shares()));
    }
    let deleted = ram.delete_resource_share().resource_share_arn(arn).send().await.unwrap();
    seen.push(format!("{:?}", deleted.return_value));
    seen
}
