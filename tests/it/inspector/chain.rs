//! The pages of a listing, as recorded and cut anew.

use super::{fingerprint, page};
use crate::pages::listing::{LISTING, Upstream, own};
use crate::support::stage::{Ramtape, Stage};
use ramtape::config::RecordMode;

/// The headings of the pages in one of the page's two chains.
fn heads(shown: &str, chain: &str) -> Vec<String> {
    let (_, section) = shown.split_once(&format!("id=\"{chain}\"")).unwrap();
    let section = section.split("</section>").next().unwrap();
    section.split("<h3>").skip(1).map(|head| head.split("</h3>").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_cut_as_clients_get_it() {
    let stage = Stage::new().await;
    Upstream::of(5, &[3]).record(&stage, "c", &own(Some(3)), 100).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let chain = format!("recorded/{}/takes/1", fingerprint(&stage, "get-resource-shares"));
    let shown = page(&replaying, &format!("{chain}?size=2")).await;
    assert_eq!(heads(&shown, "recorded"), ["Page 1: 3 items, 1 to 3", "Page 2: 2 items, 4 to 5"]);
    assert_eq!(heads(&shown, "cut"), ["Page 1: 2 items, 1 to 2", "Page 2: 2 items, 3 to 4", "Page 3: item 5"]);
    assert!(shown.contains("{&quot;$token&quot;: 1}") && shown.contains("recorded with pages of 3"), "{shown}");
    // Its tokens are those that a client gets.
    let served = replaying.pages(LISTING, &own(Some(2)), 100).await;
    for served in &served[..2] {
        assert!(shown.contains(&served.next_token().unwrap()), "{shown}");
    }
    assert_eq!(heads(&page(&replaying, &format!("{chain}?size=recorded")).await, "cut").len(), 2);
    let adversarial = page(&replaying, &format!("{chain}?size=adversarial")).await;
    let heads = heads(&adversarial, "cut");
    assert_eq!(heads[0], "Page 1: no items, and it goes on");
    assert_eq!(heads.last().unwrap(), &format!("Page {}: no items", heads.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_in_part_says_where_it_ends() {
    let stage = Stage::new().await;
    Upstream::of(9, &[3, 3]).record(&stage, "c", &own(Some(3)), 2).await;
    let replaying = stage.ramtape("c", RecordMode::None).await;
    let chain = format!("recorded/{}/takes/1", fingerprint(&stage, "get-resource-shares"));
    let shown = page(&replaying, &format!("{chain}?size=2")).await;
    assert_eq!((heads(&shown, "recorded").len(), heads(&shown, "cut").len()), (2, 0));
    for part in ["The recording ends here, after 2 pages", "in pages of 3. Who asks for this size misses."] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(heads(&page(&replaying, &format!("{chain}?size=3")).await, "cut").len(), 2);
    not_there(&replaying, &format!("{}/takes/2", chain.trim_end_matches("/takes/1"))).await;
    not_there(&replaying, &format!("{}/takes/0", chain.trim_end_matches("/takes/1"))).await;
    not_there(&replaying, &format!("{}/takes/x", chain.trim_end_matches("/takes/1"))).await;
    page(&replaying, &format!("{chain}?size=nonsense")).await;
}

async fn not_there(ramtape: &Ramtape, path: &str) {
    assert_eq!(ramtape.look(path).await.status, 404, "{path}");
}
