//! What a cassette holds, as it would look on the wire: the requests that get each of its takes, and their answers.

mod names;
mod order;
mod take_exchanges;

use crate::engine::prepared_entry::PreparedEntry;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Exchange};
use crate::service::Service;
use take_exchanges::TakeExchanges;

/// The exchanges of `entries`, so that each take comes after those of its own file before it, after the write that it was
/// recorded after, and after the writes whose values it has; each as often as it was recorded in a row. Volatile values and tokens are placeholders, always the same.
#[must_use]
pub fn build_exchanges(service: &Service, entries: Vec<(Fingerprint, Entry)>) -> Vec<Exchange> {
    let wanted = names::collect_names(&entries);
    let order = order::order_takes(&entries);
    let prepared: Vec<PreparedEntry> = entries.into_iter().map(|(fp, entry)| PreparedEntry::new(fp, entry)).collect();
    let mut exchanges = Vec::new();
    for (at, take) in order {
        let Some(prepared) = prepared.get(at) else { continue };
        let times = prepared.entry.takes.get(take).map_or(1, |take| take.times);
        let once = TakeExchanges { service, prepared, wanted: &wanted }.build(take);
        exchanges.extend((0..times).flat_map(|_| once.clone()));
    }
    exchanges
}
