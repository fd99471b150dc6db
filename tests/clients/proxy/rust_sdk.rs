//! The SDK for Rust over TLS, in this process.

use crate::support::scene::REGION;
use aws_credential_types::Credentials;
use aws_sdk_ram::config::{BehaviorVersion, Region, SharedCredentialsProvider, SharedHttpClient};
use aws_sdk_ram::types::ResourceOwner;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig};
use ramtape::simulator::Credential;

/// An HTTP client that trusts `certificate` alone, and goes through `proxy` if there is one.
pub(crate) fn over_tls(certificate: &str, proxy: Option<&str>) -> SharedHttpClient {
    let trust = TrustStore::empty().with_pem_certificate(certificate);
    let tls = TlsContext::builder().with_trust_store(trust).build().unwrap();
    let proxy = proxy.map(|url| ProxyConfig::all(url).unwrap());
    Builder::new().build_with_connector_fn(move |_, _| {
        let mut connector =
            Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone());
        connector.set_proxy_config(proxy.clone());
        connector.build()
    })
}

/// The names of the owner's shares, page by page.
pub(crate) fn shares(http: &SharedHttpClient, endpoint: &str) -> Vec<Vec<String>> {
    pages(http, Some(endpoint))
}

/// The names of the owner's shares, page by page, from `endpoint` or from the region's own.
pub(crate) fn pages(http: &SharedHttpClient, endpoint: Option<&str>) -> Vec<Vec<String>> {
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let mut config = aws_sdk_ram::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            access_key_id,
            secret,
            None,
            None,
            "test",
        )));
    config.set_endpoint_url(endpoint.map(str::to_owned));
    let client = aws_sdk_ram::Client::from_conf(config.build());
    let pages =
        client.get_resource_shares().resource_owner(ResourceOwner::SelfValue).into_paginator().page_size(2).send();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pages: Result<Vec<_>, _> = runtime.block_on(pages.collect());
    let names = |page: aws_sdk_ram::operation::get_resource_shares::GetResourceSharesOutput| {
        page.resource_shares().iter().filter_map(|share| share.name().map(str::to_owned)).collect()
    };
    pages.unwrap().into_iter().map(names).collect()
}
