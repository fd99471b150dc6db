//! What the tests look at: a cassette with a little of everything.

use crate::support::binary::{Finished, run};
use crate::support::stage::{Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use serde_json::{Value, json};

pub(crate) const LISTING: &str = "GetResourceShares";

/// Records, in the cassette `c`: by session `a` a listing, a share created and the listing again; by callers without a
/// name an error, a listing read to its end in pages of 5, and one of which only the first page is read.
pub(crate) async fn recorded() -> Stage {
    let stage = Stage::new().await;
    let ramtape = stage.ramtape("c", RecordMode::Once).await;
    play(&ramtape).await;
    ramtape.stop().await;
    stage
}

pub(crate) async fn play(ramtape: &Ramtape) {
    let own = json!({ "resourceOwner": "SELF" }).to_string();
    let create = json!({ "name": "x", "clientToken": "t-1" }).to_string();
    for (operation, body) in [(LISTING, &own), ("CreateResourceShare", &create), (LISTING, &own)] {
        assert_eq!(ramtape.ask(operation, body.clone(), Asking::session("a")).await.status, 200);
    }
    let asleep = json!({ "resourceOwner": "SELF", "resourceShareStatus": "ASLEEP" });
    assert_eq!(ramtape.post(LISTING, asleep).await.status, 400);
    let others = json!({ "resourceOwner": "OTHER-ACCOUNTS", "maxResults": 1 });
    assert!(ramtape.pages(LISTING, &others, 100).await.len() > 1);
    assert_eq!(ramtape.pages("ListPermissions", &json!({ "maxResults": 2 }), 1).await.len(), 1);
}

/// Runs the binary over the cassette `c`.
pub(crate) fn over(stage: &Stage, arguments: &[&str]) -> Finished {
    run(stage.folder(), &[arguments, &["--cassette", "c"]].concat())
}

/// What was printed, an object a line.
pub(crate) fn json_lines(finished: &Finished) -> Vec<Value> {
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
