//! boto3: every listing, recorded and replayed.

use ramtape::simulator::PageSizes;

use crate::clients::{boto3, python};
use crate::scene::{Endpoint, Tape, as_nobody, stop_offline};
use crate::steps::{Known, batch, by_step, every_listing, parsed};

#[test]
fn every_listing_replays_byte_for_byte_in_any_order_from_a_clone() {
    let Some(python) = python() else { return };
    let (mut endpoint, tape) = (Endpoint::start(), Tape::new());
    let known = Known::of(&endpoint, boto3(&python));
    for (operation, _) in known.listings() {
        // Short pages, and an empty one in the middle.
        endpoint.running().set_page_sizes(PageSizes::of(&operation, &[1, 0, 1]));
    }
    let mut steps = every_listing(&known);
    let recorded = by_step(&tape.record(&endpoint.url(), batch(boto3(&python), &steps)));
    endpoint.stop();
    let pages = recorded.values().map(|lines| parsed(lines, "page").len());
    assert_eq!(recorded.len(), 28);
    assert!(pages.clone().all(|pages| pages >= 3), "{:?}", pages.collect::<Vec<_>>());

    let replayed = tape.replay(batch(boto3(&python), &steps));
    assert_eq!(by_step(&replayed), recorded);

    let clone = tape.git_clone();
    let server = clone.replay_server();
    steps.reverse();
    let elsewhere = as_nobody(batch(boto3(&python), &steps), &server.url).finish().success();
    assert_eq!(by_step(&elsewhere), recorded);
    stop_offline(server);
}
