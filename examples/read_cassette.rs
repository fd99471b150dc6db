//! Reads a cassette with the library, without a proxy: one line for each recorded request.
//!
//! ```sh
//! cargo run --example read_cassette
//! ```

use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::model::Entry;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", describe_cassette(Path::new("cassettes/quickstart"))?.join("\n"));
    Ok(())
}

/// What a cassette holds: fingerprint, operation, how many takes and pages, and the request.
pub(crate) fn describe_cassette(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let cassette: Cassette<Entry> =
        Cassette::open(root, Access::Replay, |_, entry| entry, &CassetteSettings::default())?.cassette;
    let mut lines = Vec::new();
    for (folder, fingerprint) in cassette.fingerprints()? {
        let Some(entry) = cassette.lookup(&folder, &fingerprint)? else { continue };
        let pages: usize = entry.takes.iter().map(|take| take.pages.len()).sum();
        lines.push(format!(
            "{fingerprint} {}: {} takes, {pages} pages of {}",
            entry.operation.as_str(),
            entry.takes.len(),
            entry.request
        ));
    }
    Ok(lines)
}
