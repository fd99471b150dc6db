//! Starts a replaying proxy in this process, as a test does, and lists the shares that `cassettes/quickstart` holds:
//!
//! ```sh
//! cargo run --example replay
//! ```

mod client;

use client::list_shares;
use ramtape::app;
use ramtape::config::{Config, Environment, RawConfig, RecordMode, Settings};
use std::error::Error;
use std::path::Path;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let names = replay_shares(Path::new("cassettes/quickstart")).await?;
    println!("{}", names.join("\n"));
    Ok(())
}

/// The names of the shares in a cassette, as the AWS SDK for Rust gets them.
pub(crate) async fn replay_shares(cassette: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let written = RawConfig { cassette: Some(cassette.into()), ..RawConfig::default() };
    let settings = Settings::load(written, &Environment::current()?)?;
    let proxy = app::start(Config::from_settings(settings, RecordMode::None)?).await?;

    let names = list_shares(&proxy.base_url()).await?;

    // Nothing was asked for that is not in the cassette, and nobody was connected to.
    let summary = proxy.stop().await?;
    assert_eq!((summary.missed, summary.upstream_connections), (0, 0));
    Ok(names)
}
