//! The tests of the manual's page about Rust, whose lines stand there. What is added here: an HTTP client where this crate builds
//! the AWS SDK without its own, and a simulated endpoint to record from.

use crate::book::marked;
use crate::examples::assert_stands_in;
use crate::support::binary::folder;
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_ram::types::ResourceOwner;
use aws_smithy_http_client::Builder;
use ramtape::Ramtape;
use ramtape::simulator::{Credential, Simulator, SimulatorSettings};
use std::error::Error;
use tokio::sync::OnceCell;

#[tokio::test]
async fn lists_shares() -> Result<(), Box<dyn Error>> {
    let tape = Ramtape::cassette("cassettes/quickstart").start().await?;

    let ram = aws_sdk_ram::Client::new(&tape.sdk_config());
    let shares = ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).send().await?;
    assert_eq!(shares.resource_shares().len(), 5);

    tape.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_client_has_a_configuration_of_its_own() -> Result<(), Box<dyn Error>> {
    let tape = Ramtape::replay("cassettes/quickstart").start().await?;
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().build_http())
        .endpoint_url(tape.url())
        .region("us-east-1")
        .credentials_provider(Credentials::new("dummy", "dummy", None, None, "tests"))
        .load()
        .await;
    let ram = aws_sdk_ram::Client::new(&config);
    ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).send().await?;
    assert_eq!(tape.stop().await?.replayed, 1);
    Ok(())
}

async fn tape() -> &'static Ramtape {
    static TAPE: OnceCell<Ramtape> = OnceCell::const_new();
    let start = async || Ramtape::cassette("cassettes/quickstart").start().await.unwrap();
    TAPE.get_or_init(start).await
}

#[tokio::test]
async fn lists_own_shares() -> Result<(), Box<dyn Error>> {
    let test = tape().await.session("lists_own_shares");
    let ram = aws_sdk_ram::Client::new(&test.sdk_config());
    ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue).send().await?;
    test.end()?;
    Ok(())
}

#[tokio::test]
async fn a_random_name_stays_the_same() -> Result<(), Box<dyn Error>> {
    fn random_name() -> String {
        format!("share-{:?}", std::time::SystemTime::now()).replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    }
    let (folder, endpoint) = (folder(), Simulator::start(SimulatorSettings::default()).await?);
    let cassette = folder.path().join("cassette");
    let owner = Credential::owner();
    let keys = Credentials::new(owner.access_key_id, owner.secret, None, None, "tests");
    let recorder = Ramtape::record(&cassette).upstream(endpoint.base_url()).credentials(keys);
    let mut names = Vec::new();
    for start in [recorder, Ramtape::replay(&cassette)] {
        let tape = start.start().await?;
        let ram = aws_sdk_ram::Client::new(&tape.sdk_config());
        let name = tape.variable("SHARE", &random_name()).await?;
        ram.create_resource_share().name(&name).send().await?;
        tape.stop().await?;
        names.push(name);
    }
    assert_eq!(names[0], names[1]);
    Ok(())
}

#[test]
fn the_page_shows_these_tests() {
    let source = include_str!("rust_guard.rs");
    for block in ["rust guard", "rust config", "rust session", "rust variable"] {
        let block = marked(block).replace("cassettes/lists_shares", "cassettes/quickstart");
        assert_stands_in(&block.replace("cassettes/shares", "cassettes/quickstart"), source);
    }
}
