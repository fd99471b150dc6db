//! The operations as a map.

use super::{page, record_a_run};
use crate::support::stage::Stage;
use ramtape::config::RecordMode;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_and_what_is_not_is_told_of_each_operation() {
    let stage = Stage::new().await;
    record_a_run(&stage).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let map = page(&replaying, "coverage").await;
    assert!(map.contains("3 of 36 operations are recorded"), "{map}");
    assert_eq!(map.matches("<li class=\"absent\">").count(), 33);
    assert_eq!(map.matches(", not recorded</p>").count(), 33);
    let shares = map.split("<li>").find(|cell| cell.contains(">GetResourceShares</a>")).unwrap();
    for part in ["recorded?operation=GetResourceShares", "read, 3 takes of 2 requests", "Listings ", "modelled errors"]
    {
        assert!(shares.contains(part), "{part} in {shares}");
    }
    let permissions = map.split("<li>").find(|cell| cell.contains(">ListPermissions</a>")).unwrap();
    assert!(permissions.contains("Listings in part only"), "{permissions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_cassette_has_an_empty_map() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    let map = page(&recording, "coverage").await;
    assert!(map.contains("Nothing is recorded in this cassette yet.") && map.contains("0 of 36"), "{map}");
}
