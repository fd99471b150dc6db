//! Values that differ from run to run, in pages that were cut anew.

use super::listing::{LISTING, items, own};
use crate::support::stage::{Ramtape, Stage};
use ramtape::config::{PagesSetting, RawConfig, RecordMode};
use serde_json::{Value, json};

fn with(pages: PagesSetting) -> impl FnOnce(&mut RawConfig) {
    move |raw| {
        raw.operations = toml::from_str("[CreateResourceShare]\nvolatile = ['name']").unwrap();
        raw.pages = Some(pages);
    }
}

/// Creates a share and lists all in pages of `size`; gives the items' bytes.
async fn create_and_list(ramtape: &Ramtape, name: &str, size: usize) -> Vec<String> {
    let created = ramtape.post("CreateResourceShare", json!({ "name": name })).await;
    assert_eq!(created.status, 200);
    let pages = ramtape.pages(LISTING, &own(Some(size)), 200).await;
    assert!(pages.iter().all(|page| page.status == 200), "{pages:?}");
    pages.iter().flat_map(items).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_value_is_in_its_item_however_the_page_is_cut() {
    let mut stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::Once, with(PagesSetting::Requested)).await;
    let recorded = create_and_list(&recording, "share-recorded", 4).await;
    recording.stop().await;
    stage.stop_endpoint().await;
    let expected: Vec<String> = recorded.iter().map(|item| item.replace("share-recorded", "share-live")).collect();
    assert_ne!(expected, recorded);
    for (pages, size) in [
        (PagesSetting::Requested, 4),
        (PagesSetting::Requested, 3),
        (PagesSetting::Requested, 500),
        (PagesSetting::Adversarial, 3),
    ] {
        let replaying = stage.ramtape_with("c", RecordMode::None, with(pages)).await;
        assert_eq!(create_and_list(&replaying, "share-live", size).await, expected, "{pages:?} {size}");
        let names: Vec<Value> = expected.iter().map(|item| serde_json::from_str(item).unwrap()).collect();
        assert_eq!(names.iter().filter(|item| item["name"] == "share-live").count(), 1);
    }
}
