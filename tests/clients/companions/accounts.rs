//! Accounts that come from STS: recorded and replayed with `ramtape run` alone.

use super::{SECRET, record, text_of};
use crate::support::clients::{Call, Moto, python, source};
use crate::support::scene::Tape;

fn suite(python: &std::path::Path, more: &[&str]) -> Call {
    let file = source("python/accounts_suite/test_sharing.py");
    Call::new(python).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).args(more).args([file])
}

#[test]
fn a_suite_of_several_accounts_needs_no_actors() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    let moto = Moto::start(&python);
    let recorded = record(&tape, &moto, &[], suite(&python, &[])).success();
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    drop(moto);

    let text = text_of(tape.path());
    let actors = ["role-owner", "role-consumer", "role-nested", "role-shared", "role-web"];
    for actor in actors {
        assert!(text.contains(&format!("\"actor\": \"{actor}\"")), "{actor}");
    }
    assert!(text.contains("\"actor\": \"role-owner-"), "two roles of one name are told apart");
    // Moto's own keys begin so too, and so do its tokens.
    for secret in [SECRET, "FQoGZXIvYXdz", "planted.web.identity-token", "RoleSessionName"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let scanned = Call::new(env!("CARGO_BIN_EXE_ramtape")).args(["scan".into(), tape.path().as_os_str().to_owned()]);
    scanned.finish().success();

    let clone = tape.text_alone();
    clone.replay(suite(&python, &[]));
    // In another order, and only some of it.
    clone.replay(suite(&python, &["-k", "web or threads or nested"]));
}

#[test]
fn what_is_missing_is_recorded_with_credentials_that_are_asked_for_anew() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    let moto = Moto::start(&python);
    record(&tape, &moto, &[], suite(&python, &["-k", "each_role"])).success();
    let before = tape.files();
    let call = suite(&python, &["-k", "each_role or its_owners"]).credentials("AKIAPLANTEDKEYOFTEST", SECRET);
    let continued = call.region("us-east-1").under(tape.run("new_episodes", &["--upstream", &moto.url])).finish();
    let continued = continued.success();
    assert!(continued.stderr.contains(", 0 missed"), "{continued}");
    assert!(tape.files().len() > before.len() && before.iter().all(|file| tape.files().contains(file)));
    drop(moto);
    tape.replay(suite(&python, &["-k", "each_role or its_owners"]));

    // Where nothing is missing, nobody needs real credentials.
    let call = suite(&python, &["-k", "each_role"]).credentials("AKIAPLANTEDKEYOFTEST", SECRET).region("us-east-1");
    let offline = call.under(tape.run("new_episodes", &["--upstream", "http://127.0.0.1:9"])).finish().success();
    assert!(offline.stderr.contains(" 0 recorded, 0 missed"), "{offline}");
}
