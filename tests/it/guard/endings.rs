//! What is left of a guard that is stopped, dropped or unwound.

use super::{list, recorder};
use crate::support::stage::Stage;
use aws_sdk_ram::Client;
use aws_sdk_ram::error::ProvideErrorMetadata;
use aws_sdk_ram::types::ResourceOwner;
use ramtape::{Ramtape, RamtapeError};

#[tokio::test]
async fn a_miss_that_the_test_swallows_fails_the_stop() {
    let tape = Ramtape::replay("cassettes/quickstart").start().await.unwrap();
    let shares = Client::new(&tape.sdk_config()).get_resource_shares().resource_owner(ResourceOwner::OtherAccounts);
    let missed = shares.name("unheard of").send().await.unwrap_err();
    assert_eq!(missed.code(), Some("CassetteMissException"));

    let error = tape.stop().await.unwrap_err();
    let text = format!("{error:?}");
    for part in ["miss: GetResourceShares ", "\n  no recorded answer for", "unheard of", "\n  To record it: "] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let RamtapeError::Problems(summary) = error else { panic!("{error:?}") };
    assert_eq!((summary.missed, summary.replayed), (1, 0));
}

#[tokio::test]
async fn a_guard_that_is_dropped_has_written_what_it_recorded() {
    let mut stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    let recorded = list(&tape.sdk_config()).await;
    drop(tape);
    assert_eq!(stage.texts("tape").len(), 1);
    stage.stop_endpoint().await;

    let tape = Ramtape::replay(stage.cassette("tape")).start().await.unwrap();
    assert_eq!(list(&tape.sdk_config()).await, recorded);
    tape.stop().await.unwrap();
}
