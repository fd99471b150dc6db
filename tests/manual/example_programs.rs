//! The programs in `examples/` do what they say.

#[expect(dead_code, reason = "its main is for people")]
#[path = "../../examples/read_cassette.rs"]
mod read_cassette;
#[expect(dead_code, clippy::duplicate_mod, reason = "its main is for people; both have the client of the examples")]
#[path = "../../examples/record.rs"]
mod record;
#[expect(dead_code, clippy::duplicate_mod, reason = "its main is for people; both have the client of the examples")]
#[path = "../../examples/replay.rs"]
mod replay;

use crate::book::root;
use crate::support::binary::folder;
use std::path::PathBuf;
use tempfile::TempDir;

/// A copy of the committed cassette, which a replay may put a store into.
fn quickstart() -> (TempDir, PathBuf) {
    let folder = folder();
    let cassette = folder.path().join("quickstart");
    crate::json_output::copy(&root().join("cassettes/quickstart"), &cassette);
    (folder, cassette)
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_lists_what_the_cassette_holds() {
    let (_folder, cassette) = quickstart();
    assert_eq!(replay::replay_shares(&cassette).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn record_replays_what_it_recorded() {
    let folder = folder();
    let (recorded, replayed) = record::record_and_replay(&folder.path().join("cassette")).await.unwrap();
    assert_eq!((recorded.len(), &recorded), (10, &replayed));
}

#[test]
fn read_cassette_describes_every_request() {
    let (_folder, cassette) = quickstart();
    let lines = read_cassette::describe_cassette(&cassette).unwrap();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("ListResourceTypes: 1 takes")), "{lines:?}");
}
