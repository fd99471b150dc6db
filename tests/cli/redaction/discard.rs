//! What must not become text can be thrown away, and keeps nothing else back then.

use crate::support::binary::{Finished, folder, run};
use crate::support::pending::{asked, plant, recording};
use crate::support::secrets::SECRETS;
use ramtape::cassette::TakeHead;
use std::path::Path;

const LISTING: &str = "{\"resourceShares\":[]}";
const WRITE: &str = "create-resource-share/d2uf5w6ohq3zjxne#1";

/// Leaves a session's answer to one request pending.
fn left(folder: &Path, session: &str) {
    let take = TakeHead { session: Some(session.to_owned()), ..TakeHead::default() };
    plant(&recording(&folder.join("c")), &asked("GetResourceShares", "{}"), take, 200, LISTING);
}

fn over(folder: &Path, arguments: &[&str]) -> Finished {
    run(folder, &[arguments, &["--cassette", "c"]].concat())
}

#[test]
fn a_refused_take_is_discarded_and_the_others_are_sealed() {
    let folder = folder();
    // Found by its name, a session is not redacted.
    let secret = SECRETS[0].1;
    left(folder.path(), secret);
    left(folder.path(), "clean");
    let refused = over(folder.path(), &["seal"]);
    assert!(refused.code == Some(4) && refused.stderr.contains("`ramtape rm --refused --cassette c`"), "{refused:?}");
    let sealed_first = over(folder.path(), &["rm", "Get*"]);
    assert!(
        sealed_first.code == Some(1) && sealed_first.stderr.contains("`ramtape rm --refused --cassette c`"),
        "{sealed_first:?}"
    );

    let named = ["rm", "--pending", "--session", "AKIA*"];
    let dry = over(folder.path(), &[&named[..], &["--dry-run"]].concat());
    assert!(dry.code == Some(0) && dry.stderr.contains("1 pending take would be removed"), "{dry:?}");
    let line = over(folder.path(), &[&named[..], &["--json"]].concat());
    let line: serde_json::Value = serde_json::from_str(&line.stdout).unwrap();
    assert_eq!((&line["removed"], &line["takes"], &line["pending"]), (&[1].into(), &2.into(), &true.into()));
    assert_eq!(over(folder.path(), &named).code, Some(1), "it is gone");

    let listed = over(folder.path(), &["ls", "--json"]);
    assert!(listed.code == Some(0) && !listed.stderr.contains("LOST"), "{listed:?}");
    assert_eq!(over(folder.path(), &["seal"]).code, Some(0));
    let text = committed_text(folder.path());
    assert!(text.contains("\"clean\"") && !text.contains(secret), "{text}");
    assert_eq!(over(folder.path(), &["rm", "--pending"]).code, Some(1), "nothing is pending");
    assert_eq!(committed_text(folder.path()), text);
}

fn committed_text(folder: &Path) -> String {
    let mut files = std::fs::read_dir(folder.join("c/get-resource-shares")).unwrap();
    std::fs::read_to_string(files.next().unwrap().unwrap().path()).unwrap()
}

#[test]
fn discard_removes_only_takes_that_must_not_be_sealed() {
    let folder = folder();
    let secret = SECRETS[0].1;
    for session in [secret, "clean", "cleaner"] {
        left(folder.path(), session);
    }
    let cassette = recording(&folder.path().join("c"));
    let write = TakeHead { session: Some("clean".to_owned()), id: Some(WRITE.to_owned()), ..TakeHead::default() };
    plant(&cassette, &asked("CreateResourceShare", "{}"), write, 200, "{}");
    drop(cassette);
    let narrowed = over(folder.path(), &["rm", "--refused", "--session", "clean"]);
    assert!(narrowed.code == Some(1) && narrowed.stderr.contains("is refused: `ramtape seal"), "{narrowed:?}");
    let thrown = over(folder.path(), &["rm", "--refused"]);
    assert!(thrown.code == Some(0) && thrown.stderr.contains("1 pending take removed"), "{thrown:?}");
    assert!(thrown.stderr.contains("`ramtape seal --cassette c` writes the others"), "{thrown:?}");
    let nothing = over(folder.path(), &["rm", "--refused"]);
    assert!(nothing.code == Some(1) && nothing.stderr.contains("is refused: `ramtape seal"), "{nothing:?}");
    assert_eq!(over(folder.path(), &["seal"]).code, Some(0));
    let text = committed_text(folder.path());
    assert!(text.contains("\"clean\"") && text.contains("\"cleaner\"") && !text.contains(secret), "{text}");
    assert!(over(folder.path(), &["ls"]).stdout.contains("CreateResourceShare"));
}

#[test]
fn a_request_that_would_never_be_found_is_refused_with_all_its_takes() {
    let folder = folder();
    let cassette = recording(&folder.path().join("c"));
    let read = asked(
        "GetResourceShares",
        &format!("{{\"resourceShareArns\":[{{\"$volatile\":\"{WRITE}:/resourceShare/resourceShareArn\"}}]}}"),
    );
    plant(&cassette, &read, TakeHead::default(), 200, LISTING);
    plant(&cassette, &asked("ListPrincipals", "{}"), TakeHead::default(), 200, "{}");
    drop(cassette);
    let refused = over(folder.path(), &["seal"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    let thrown = over(folder.path(), &["rm", "--refused"]);
    assert!(thrown.code == Some(0) && thrown.stderr.contains("1 pending take removed"), "{thrown:?}");
    assert_eq!(over(folder.path(), &["seal"]).code, Some(0));
    assert_eq!(over(folder.path(), &["ls", "--json"]).stdout.lines().count(), 1);
}

#[test]
fn discard_keeps_sealed_takes_and_writes_that_others_link_to() {
    let folder = folder();
    left(folder.path(), "one");
    assert_eq!(over(folder.path(), &["seal"]).code, Some(0));
    let cassette = recording(&folder.path().join("c"));
    let (write, read) = (asked("CreateResourceShare", "{}"), asked("GetResourceShares", "{}"));
    plant(&cassette, &write, TakeHead { id: Some(WRITE.to_owned()), ..TakeHead::default() }, 200, "{}");
    plant(&cassette, &read, TakeHead { after: Some(WRITE.to_owned()), ..TakeHead::default() }, 200, LISTING);
    drop(cassette);
    let linked = over(folder.path(), &["rm", "--pending", "Create*"]);
    assert!(linked.code == Some(1) && linked.stderr.contains(WRITE), "{linked:?}");
    let both = over(folder.path(), &["rm", "--pending"]);
    assert!(both.code == Some(0) && both.stderr.contains("2 pending takes removed"), "{both:?}");
    assert!(committed_text(folder.path()).contains("\"one\""));
    let listed = over(folder.path(), &["ls"]);
    assert!(
        listed.stdout.contains("GetResourceShares") && !listed.stdout.contains("CreateResourceShare"),
        "{listed:?}"
    );
}

#[test]
fn refused_takes_are_not_exported() {
    let folder = folder();
    let secret = SECRETS[0].1;
    left(folder.path(), secret);
    plant(
        &recording(&folder.path().join("c")),
        &asked("ListPrincipals", "{}"),
        TakeHead::default(),
        200,
        "{\"principals\":[]}",
    );
    let exported = over(folder.path(), &["export", "--har", "o.har"]);
    assert_eq!(exported.code, Some(4), "{exported:?}");
    assert!(
        exported.stderr.contains("/takes/0/session") && exported.stderr.contains("1 request with a secret is left out")
    );
    let har = std::fs::read_to_string(folder.path().join("o.har")).unwrap();
    assert!(har.contains("listprincipals") && !har.contains("getresourceshares") && !har.contains(secret), "{har}");
}
