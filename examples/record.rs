//! Records from the simulated RAM endpoint into a cassette, stops the endpoint, and replays:
//!
//! ```sh
//! cargo run --example record
//! ```

mod client;

use client::list_shares;
use ramtape::app;
use ramtape::aws::{CredentialSource, Keys};
use ramtape::config::{Config, Environment, RawConfig, RecordMode, Settings};
use ramtape::model::Secret;
use ramtape::simulator::{self, Credential, Simulator};
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
    let endpoint = Simulator::start(simulator::SimulatorSettings::default()).await?;
    let upstream = endpoint.base_url();

    let proxy = start(cassette, &upstream, RecordMode::Once).await?;
    let recorded = list_shares(&proxy.base_url()).await?;
    // The cassette's text is complete when the proxy has stopped.
    proxy.stop().await?;
    endpoint.stop().await;

    let proxy = start(cassette, &upstream, RecordMode::None).await?;
    let replayed = list_shares(&proxy.base_url()).await?;
    proxy.stop().await?;
    Ok((recorded, replayed))
}

/// A proxy that signs with the keys that the simulated endpoint knows.
async fn start(cassette: &Path, upstream: &str, mode: RecordMode) -> Result<app::RunningServer, Box<dyn Error>> {
    let written =
        RawConfig { cassette: Some(cassette.into()), upstream: Some(upstream.to_owned()), ..RawConfig::default() };
    let settings = Settings::load(written, &Environment::current()?)?;
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let keys = Keys { access_key_id, secret: Secret::new(secret), session_token: None, expiry: None };
    Ok(app::start_as(Config::from_settings(settings, mode)?, CredentialSource::Fixed(keys)).await?)
}
