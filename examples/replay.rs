//! Replays `cassettes/quickstart` in this process, as a test does, and lists the shares in it:
//!
//! ```sh
//! cargo run --example replay
//! ```

mod client;

use client::list_shares;
use ramtape::Ramtape;
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
    let tape = Ramtape::replay(cassette).start().await?;
    let names = list_shares(&tape.sdk_config()).await?;
    // Fails if anything was asked for that is not in the cassette.
    tape.stop().await?;
    Ok(names)
}
