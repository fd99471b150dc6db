//! Taking out what a run never used.

use crate::support::cassette::{
    FOLDER, Plain, RECORD, REPLAY, answer, bodies, head, open, page, record, text_path, whole,
};
use bytes::Bytes;
use ramtape::cassette::{CassetteError, EntryHead, TakeHead, Usage, UsedTakes};
use ramtape::maintenance::{EditError, PruneError, Pruning, Removal};
use ramtape::model::{Body, Hole, OperationName};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn take(cassette: &Plain, n: usize, session: &str, text: &str) {
    let take = TakeHead { session: Some(session.to_owned()), ..whole() };
    cassette.begin(&head(n), &take, vec![answer(text)], None).unwrap();
}

/// Three requests: the first with three takes.
fn recorded(root: &Path) {
    let recording = open(root, RECORD);
    for (session, text) in [("a", "1a"), ("b", "1b"), ("c", "1c")] {
        take(&recording, 1, session, text);
    }
    record(&recording, 2, "2");
    record(&recording, 3, "3");
    assert_eq!(recording.seal().unwrap().failed, []);
}

fn remove(cassette: &Plain, n: usize, takes: &[usize]) -> Result<(), CassetteError> {
    let removals = Removal {
        folder: FOLDER.to_owned(),
        fingerprint: head(n).fingerprint(),
        operation: String::new(),
        unused: takes.iter().copied().collect(),
        takes: 3,
    };
    cassette.remove(&[removals], &mut |_| ())
}

/// A run that used the given takes; it began after all that was recorded.
fn usage(used: &[(EntryHead, usize, &[usize])]) -> Usage {
    let entries: BTreeMap<_, _> = used
        .iter()
        .map(|(head, takes, used)| {
            let used = UsedTakes { takes: *takes, used: used.iter().copied().collect() };
            ((head.operation.folder(), head.fingerprint()), used)
        })
        .collect();
    Usage { by: "pytest".into(), began: SystemTime::now(), entries }
}

fn replayed(root: &Path, usage: &Usage) {
    assert!(open(root, REPLAY).keep_usage(usage).unwrap());
}

#[test]
fn unused_takes_are_removed_with_file_and_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    recorded(root);
    let other = EntryHead { operation: OperationName::Known("ListPrincipals".into()), ..head(4) };
    let recording = open(root, RECORD);
    recording.begin(&other, &whole(), vec![answer("4")], None).unwrap();
    recording.seal().unwrap();
    drop(recording);
    replayed(root, &usage(&[(head(1), 3, &[0, 2]), (head(2), 1, &[0])]));
    let kept = fs::read(text_path(root, 2)).unwrap();

    let pruning = Pruning::open(root).unwrap();
    assert_eq!(pruning.by(), "pytest");
    let removals = pruning.removals().unwrap();
    let seen: BTreeSet<_> =
        removals.iter().map(|s| (s.operation.as_str(), s.takes, s.unused.len(), s.is_whole())).collect();
    let listing = "GetResourceShares";
    assert_eq!(seen, [(listing, 3, 1, false), (listing, 1, 1, true), ("ListPrincipals", 1, 1, true)].into());
    pruning.remove(&removals, &mut |all| assert_eq!(all, 3)).unwrap();
    drop(pruning);

    let replay = open(root, REPLAY);
    assert_eq!(
        (bodies(&replay, 1), bodies(&replay, 2), bodies(&replay, 3)),
        (vec!["1a".into(), "1c".into()], vec!["2".into()], vec![])
    );
    assert!(!text_path(root, 3).exists() && !root.join("list-principals").exists() && root.join(FOLDER).exists());
    assert_eq!(fs::read(text_path(root, 2)).unwrap(), kept, "what stays whole is not written");
    drop(replay);
    assert!(matches!(Pruning::open(root), Err(PruneError::NoRun { .. })), "nobody prunes twice by one run");
}

#[test]
fn a_removed_take_is_removed_from_the_store_too() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path());
    let cassette = open(folder.path(), REPLAY);
    assert_eq!(bodies(&cassette, 1).len(), 3);
    remove(&cassette, 1, &[1, 2]).unwrap();
    assert_eq!(bodies(&cassette, 1), ["1a"]);
    remove(&cassette, 1, &[0]).unwrap();
    assert_eq!(bodies(&cassette, 1), [""; 0]);
    // What is not there cannot be removed again.
    remove(&cassette, 1, &[0]).unwrap();
}

#[test]
fn writes_that_used_takes_need_stay_and_links_skip_removed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let recording = open(root, RECORD);
    let write = |n: usize, id: &str, after: Option<&str>| {
        let take = TakeHead { id: Some(id.into()), after: after.map(str::to_owned), ..whole() };
        recording.begin(&head(n), &take, vec![answer("{}")], None).unwrap();
    };
    write(1, "get-resource-shares/a#1", None);
    write(2, "get-resource-shares/b#1", Some("get-resource-shares/a#1"));
    write(3, "get-resource-shares/c#1", Some("get-resource-shares/b#1"));
    write(5, "get-resource-shares/e#1", None);
    write(6, "get-resource-shares/f#1", None);
    let read = TakeHead { after: Some("get-resource-shares/b#1".into()), ..whole() };
    let asked = EntryHead { request: r#"{"name":{"$volatile":"get-resource-shares/e#1:/name"}}"#.into(), ..head(4) };
    let mut body = Body::literal(Bytes::from_static(b"[1,"));
    body.push_hole(Hole::Volatile("get-resource-shares/f#1:/name".into()));
    body.push_literal(Bytes::from_static(b"]"));
    recording.begin(&asked, &read, vec![page(body)], None).unwrap();
    recording.seal().unwrap();
    drop(recording);
    replayed(root, &usage(&[(asked.clone(), 1, &[0])]));
    let pruning = Pruning::open(root).unwrap();
    let removals = pruning.removals().unwrap();
    let gone: BTreeSet<_> = removals.iter().map(|entry| entry.fingerprint).collect();
    assert_eq!(gone, BTreeSet::from([1, 2, 3].map(|n| head(n).fingerprint())));
    pruning.remove(&removals, &mut |_| ()).unwrap();
    drop(pruning);
    let left = open(root, REPLAY).entry(FOLDER, &asked.fingerprint()).unwrap().unwrap();
    assert_eq!(left.takes[0].after, None, "linked to what came before the writes that went");
}

#[test]
fn nothing_is_removed_if_the_text_may_be_newer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    recorded(root);
    assert!(matches!(Pruning::open(root), Err(PruneError::NoRun { .. })));
    let one = [(head(1), 3, [0].as_slice())];
    let earlier = Usage { began: SystemTime::now() - Duration::from_secs(60), ..usage(&one) };
    replayed(root, &earlier);
    let refused = Pruning::open(root).unwrap().removals();
    assert!(matches!(&refused, Err(PruneError::Changed { by, .. }) if by == "pytest"), "{refused:?}");
    replayed(root, &usage(&[(head(1), 2, &[0])]));
    assert!(
        matches!(Pruning::open(root).unwrap().removals(), Err(PruneError::Changed { .. })),
        "another number of takes"
    );
}

#[test]
fn nothing_is_removed_from_a_cassette_in_use_or_with_pending_takes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    recorded(root);
    replayed(root, &usage(&[(head(1), 3, &[0])]));
    let other = open(root, REPLAY);
    assert!(matches!(Pruning::open(root), Err(PruneError::Edit(EditError::InUse { .. }))));
    drop(other);
    let recording = open(root, RECORD);
    record(&recording, 5, "5");
    assert!(remove(&recording, 5, &[0]).is_err());
    drop(recording);
    assert!(matches!(Pruning::open(root), Err(PruneError::Edit(EditError::Pending { entries: 1, .. }))));
    assert!(text_path(root, 3).exists());
}

#[test]
fn a_damaged_usage_file_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    recorded(root);
    replayed(root, &usage(&[(head(1), 3, &[0])]));
    let path = root.join(".store/used");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 4]).unwrap();
    assert!(matches!(Pruning::open(root), Err(PruneError::NoRun { .. })));
}
