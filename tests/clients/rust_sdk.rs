//! The SDK for Rust, in this process: a client of servers, as `ramtape run` has no process to start.

use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_sdk_ram::Client;
use aws_sdk_ram::config::{BehaviorVersion, Region};
use aws_sdk_ram::error::ProvideErrorMetadata;
use aws_sdk_ram::operation::get_resource_shares::GetResourceSharesOutput;
use aws_sdk_ram::types::ResourceOwner;
use ramtape::simulator::Credential;
use tokio::runtime::Runtime;

use crate::support::scene::{Endpoint, REGION, Tape, recording, stop_offline};

/// A client of `url`, with these keys.
pub(crate) struct RustSdk {
    pub(crate) client: Client,
    runtime: Runtime,
}

impl RustSdk {
    pub(crate) fn new(url: &str, keys: &Credential) -> Self {
        let config = aws_sdk_ram::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(url)
            .region(Region::new(REGION))
            .credentials_provider(Keys(keys.clone()))
            .build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client: Client::from_conf(config), runtime }
    }

    pub(crate) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// The account's own shares of this name, or all, page by page, without what differs between equal answers.
    pub(crate) fn own_shares(&self, name: Option<&str>, page_size: Option<i32>) -> Vec<GetResourceSharesOutput> {
        let request = self
            .client
            .get_resource_shares()
            .resource_owner(ResourceOwner::SelfValue)
            .set_name(name.map(str::to_owned))
            .set_max_results(page_size);
        let pages = request.into_paginator().send();
        let pages: Result<Vec<_>, _> = self.wait(pages.collect());
        let without_id = |page: GetResourceSharesOutput| {
            GetResourceSharesOutput::builder()
                .set_resource_shares(page.resource_shares)
                .set_next_token(page.next_token)
                .build()
        };
        pages.unwrap().into_iter().map(without_id).collect()
    }
}

#[derive(Debug)]
struct Keys(Credential);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let Credential { access_key_id, secret, session_token, .. } = self.0.clone();
        let keys = aws_credential_types::Credentials::new(access_key_id, secret, session_token, None, "test");
        future::ProvideCredentials::ready(Ok::<_, CredentialsError>(keys))
    }
}

/// A key that no endpoint knows.
pub(crate) fn nobody() -> Credential {
    Credential { access_key_id: "AKIDNOBODY0000000000".to_owned(), secret: "nothing".to_owned(), ..Credential::owner() }
}

#[test]
fn a_paginator_replays_what_it_recorded() {
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let server = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    let recorded = RustSdk::new(&server.url, &Credential::owner()).own_shares(None, Some(3));
    let stopped = server.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    endpoint.stop();
    assert_eq!(recorded.len(), 4);

    let clone = tape.git_clone();
    let server = clone.replay_server();
    assert_eq!(RustSdk::new(&server.url, &nobody()).own_shares(None, Some(3)), recorded);
    stop_offline(server);
}

#[test]
fn a_miss_fails_at_once_and_says_what_to_do() {
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let server = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    RustSdk::new(&server.url, &Credential::owner()).own_shares(None, None);
    server.stop();

    let server = tape.replay_server();
    let sdk = RustSdk::new(&server.url, &nobody());
    let asked = sdk.client.get_resource_shares().resource_owner(ResourceOwner::OtherAccounts).send();
    let error = sdk.wait(asked).unwrap_err();
    assert_eq!(error.code(), Some("CassetteMissException"));
    crate::misses::assert_helpful(error.message().unwrap(), &tape);
    let stopped = server.stop();
    assert_eq!(stopped.code, Some(3), "{stopped:?}");
    assert!(stopped.stderr.contains("0 replayed, 0 recorded, 1 missed; 0 upstream connections"), "{stopped:?}");
}
