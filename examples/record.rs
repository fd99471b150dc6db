//! Records from the simulated RAM endpoint into a cassette, stops the endpoint, and replays:
//!
//! ```sh
//! cargo run --example record
//! ```

mod client;

use aws_credential_types::Credentials;
use client::list_shares;
use ramtape::Ramtape;
use ramtape::simulator::{Credential, Simulator, SimulatorSettings};
use std::error::Error;
use std::path::Path;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (recorded, replayed) = record_and_replay(&folder.path().join("cassette")).await?;
    println!("recorded {} shares, replayed {}", recorded.len(), replayed.len());
    Ok(())
}

/// The names of the shares as they were recorded into a new cassette, and as they were replayed from it.
pub(crate) async fn record_and_replay(cassette: &Path) -> Result<(Vec<String>, Vec<String>), Box<dyn Error>> {
    let endpoint = Simulator::start(SimulatorSettings::default()).await?;
    // ramtape signs with the keys that the endpoint knows.
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let keys = Credentials::new(access_key_id, secret, None, None, "simulator");

    let tape = Ramtape::record(cassette).upstream(endpoint.base_url()).credentials(keys).start().await?;
    let recorded = list_shares(&tape.sdk_config()).await?;
    // The cassette's text is complete when the guard has stopped.
    tape.stop().await?;
    endpoint.stop().await;

    let tape = Ramtape::replay(cassette).start().await?;
    let replayed = list_shares(&tape.sdk_config()).await?;
    tape.stop().await?;
    Ok((recorded, replayed))
}
