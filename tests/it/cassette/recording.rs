//! Recording into a cassette and reading it back.

use crate::support::cassette::{
    ALL, FOLDER, Plain, RECORD, REPLAY, answer, bodies, head, listed, open, partial, record, text_path, try_open, whole,
};
use ramtape::cassette::{Cassette, CassetteError, CassetteSettings, Notice, StoreError, TakeHead, UpstreamToken};
use ramtape::model::Secret;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_was_recorded_is_replayed_from_text_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("cassettes/demo");
    let recording = open(&root, RECORD);
    assert!(recording.is_empty().unwrap());
    let fp = record(&recording, 1, r#"{"resourceShares":[{"creationTime":1.632342984382E9}]}"#);
    assert_eq!(bodies(&recording, 1).len(), 1);
    assert!(!recording.is_empty().unwrap());
    let report = recording.seal().unwrap();
    assert_eq!(report.sealed, [(FOLDER.to_owned(), fp)]);
    assert_eq!((report.partial, report.failed), (Vec::new(), Vec::new()));
    drop(recording);
    let expected = r#"{
  "operation": "GetResourceShares",
  "region": "us-east-1",
  "actor": "default",
  "request": {
    "name": "share-1",
    "resourceOwner": "SELF"
  },
  "takes": [
    {
      "pages": [
        {
          "status": 200,
          "headers": {
            "content-type": "application/json"
          },
          "body": {
            "resourceShares": [
              {
                "creationTime": 1.632342984382E9
              }
            ]
          }
        }
      ]
    }
  ]
}
"#;
    assert_eq!(fs::read_to_string(text_path(&root, 1)).unwrap(), expected);
    fs::remove_dir_all(root.join(".store")).unwrap();
    let replay = open(&root, REPLAY);
    assert_eq!(bodies(&replay, 1), [r#"{"resourceShares":[{"creationTime":1.632342984382E9}]}"#]);
    assert_eq!(bodies(&replay, 2), [""; 0]);
    assert_eq!(replay.fingerprints().unwrap(), [(FOLDER.to_owned(), fp)]);
}

#[test]
fn a_new_cassette_has_git_attributes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitignore"), "mine\n").unwrap();
    drop(open(folder.path(), RECORD));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read(".gitignore"), "mine\n");
    assert_eq!(
        read(".gitattributes"),
        "*.json text eol=lf linguist-generated\n/*/*.json merge=ramtape\n/cassette.json merge=ramtape\n/variables.json merge=ramtape\n"
    );
    assert_eq!(read(".store/.gitignore"), "*\n");
    assert!(read("cassette.json").starts_with("{\n  \"ramtape\": \"2.0\",\n  \"service\": \"ram\","));
    let mode = fs::metadata(folder.path().join(".store")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_chain_grows_page_by_page_and_is_sealed_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    let fp = head(1).fingerprint();
    let take = recording.begin(&head(1), &partial(), vec![listed(0)], None).unwrap();
    recording.append(take, listed(1), false, None).unwrap();
    assert_eq!(bodies(&recording, 1).len(), 1);
    recording.append(take, answer("{\"items\":[2]}"), true, None).unwrap();
    assert!(matches!(
        recording.append(take, listed(3), false, None),
        Err(CassetteError::Store(StoreError::NoSuchTake))
    ));
    recording.seal_soon(FOLDER, &fp);
    drop(recording);
    let text = fs::read_to_string(text_path(folder.path(), 1)).unwrap();
    assert!(text.contains("\"nextToken\": {\"$token\": 1}"), "{text}");
    assert!(!text.contains("complete"));
    let replay = open(folder.path(), REPLAY);
    let chain = ["{\"items\":[0],\"nextToken\":Token(1)}|{\"items\":[1],\"nextToken\":Token(2)}|{\"items\":[2]}"];
    assert_eq!(bodies(&replay, 1), chain);
}

#[test]
fn an_unfinished_chain_is_sealed_at_the_end_as_partial() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    let fp = recording.begin(&head(1), &partial(), vec![listed(0)], None).unwrap().fingerprint();
    recording.seal_soon(FOLDER, &fp);
    drop(recording);
    assert!(!text_path(folder.path(), 1).exists());
    let replay = try_open(folder.path(), REPLAY).unwrap();
    assert_eq!(replay.notices, [Notice::Pending { root: folder.path().to_owned(), entries: 1 }]);
    assert_eq!(bodies(&replay.cassette, 1).len(), 1);
    assert!(!replay.cassette.is_empty().unwrap());
    assert_eq!(replay.cassette.fingerprints().unwrap(), [(FOLDER.to_owned(), fp)]);
    drop(replay);
    let again = try_open(folder.path(), RECORD).unwrap();
    assert_eq!(again.notices, [Notice::Sealed { entries: 1 }]);
    assert_eq!(again.sealed.partial, [(FOLDER.to_owned(), fp)]);
    assert!(fs::read_to_string(text_path(folder.path(), 1)).unwrap().contains("\"complete\": false"));
}

#[test]
fn sealing_reports_its_progress() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    for n in 1..=3 {
        record(&recording, n, "{}");
    }
    drop(recording);
    let mut told = Vec::new();
    let (settings, mut hear) = (CassetteSettings::default(), |all| told.push(all));
    let opened = Cassette::open_telling(folder.path(), RECORD, |_, entry| entry, &settings, &mut hear).unwrap();
    assert_eq!(opened.sealed.sealed.len(), 3);
    record(&opened.cassette, 4, "{}");
    assert_eq!(opened.cassette.pending(), 1);
    opened.cassette.seal_telling(&mut hear).unwrap();
    assert_eq!((opened.cassette.pending(), told.as_slice()), (0, [3, 3, 3, 1].as_slice()));
}

#[test]
fn takes_keep_their_links_and_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    let linked = TakeHead {
        session: Some("test_listing".into()),
        after: Some("create-resource-share/d2uf5w6ohq3zjxne#1".into()),
        id: Some("x#2".into()),
        max_results: Some(50),
        complete: true,
    };
    recording.begin(&head(1), &linked, vec![answer("1")], None).unwrap();
    for text in ["2", "2", "3", "2"] {
        record(&recording, 1, text);
    }
    assert_eq!(bodies(&recording, 1), ["2", "3", "2", "1"], "those without a session come first");
    recording.seal().unwrap();
    drop(recording);
    let replay = open(folder.path(), REPLAY);
    assert_eq!(bodies(&replay, 1), ["2", "3", "2", "1"]);
    let entry = replay.entry(FOLDER, &head(1).fingerprint()).unwrap().unwrap();
    let last = &entry.takes[3];
    let links = TakeHead {
        session: last.session.clone(),
        after: last.after.clone(),
        id: last.id.clone(),
        max_results: last.max_results,
        complete: last.complete,
    };
    assert_eq!(links, linked);
}

#[test]
fn in_mode_all_earlier_takes_are_replaced_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    record(&recording, 1, "old");
    record(&recording, 2, "other");
    recording.seal().unwrap();
    drop(recording);
    let before = fs::read(text_path(folder.path(), 1)).unwrap();
    let recording = open(folder.path(), ALL);
    let fp = record(&recording, 1, "new");
    recording.seal_soon(FOLDER, &fp);
    assert_eq!(fs::read(text_path(folder.path(), 1)).unwrap(), before);
    drop(recording);
    let replay = try_open(folder.path(), REPLAY).unwrap();
    assert_eq!(bodies(&replay.cassette, 1), ["new"]);
    drop(replay);
    let recording = try_open(folder.path(), RECORD).unwrap();
    assert_eq!(recording.notices, [Notice::Sealed { entries: 1 }]);
    assert_eq!(bodies(&recording.cassette, 1), ["new"]);
    assert_eq!(bodies(&recording.cassette, 2), ["other"]);
}

#[test]
fn upstream_tokens_survive_and_stay_out_of_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    let token = UpstreamToken { key: vec![1, 2, 3], token: Secret::new("upstream-token") };
    recording.begin(&head(1), &partial(), vec![listed(0)], Some(&token)).unwrap();
    recording.seal().unwrap();
    drop(recording);
    assert!(!fs::read_to_string(text_path(folder.path(), 1)).unwrap().contains("upstream-token"));
    let recording = open(folder.path(), RECORD);
    assert_eq!(recording.upstream_token(&[1, 2, 3]), Some(Secret::new("upstream-token")));
    assert_eq!(recording.upstream_token(&[1, 2]), None);
}

#[test]
fn a_replay_records_nothing_and_creates_no_cassette() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("absent");
    let replay = open(&root, REPLAY);
    assert!(replay.is_empty().unwrap());
    assert!(matches!(
        replay.begin(&head(1), &whole(), vec![answer("1")], None),
        Err(CassetteError::Store(StoreError::NotRecording))
    ));
    assert!(replay.seal().is_err());
    assert_eq!(bodies(&replay, 1), [""; 0]);
    assert!(!root.exists());
}

#[test]
fn the_same_takes_in_any_order_make_equal_files() {
    let texts = |order: &[usize]| {
        let folder = tempfile::tempdir().unwrap();
        let recording = open(folder.path(), RECORD);
        for n in order {
            record(&recording, *n, &format!("{{\"n\": {n}}}"));
        }
        recording.seal().unwrap();
        (1..=4).map(|n| fs::read_to_string(text_path(folder.path(), n)).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&[1, 2, 3, 4]), texts(&[3, 1, 4, 2]));
}

#[test]
fn recording_from_several_threads_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let recording = open(folder.path(), RECORD);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let recording = &recording;
            scope.spawn(move || {
                for n in 0..10 {
                    let fp = record(recording, n, &format!("\"{thread}\""));
                    recording.seal_soon(FOLDER, &fp);
                    assert!(bodies_of(recording, n).contains(&format!("\"{thread}\"")));
                }
            });
        }
    });
    recording.seal().unwrap();
    drop(recording);
    let replay = open(folder.path(), REPLAY);
    for n in 0..10 {
        let mut bodies = bodies(&replay, n);
        bodies.sort();
        bodies.dedup();
        assert_eq!(bodies.len(), 8, "{n}");
    }
}

/// Like [`bodies`], while others record the same.
fn bodies_of(recording: &Plain, n: usize) -> Vec<String> {
    let entry = recording.lookup(FOLDER, &head(n).fingerprint()).unwrap().unwrap();
    let body = |take: &ramtape::model::Take| {
        let bytes = take.pages[0].body.render(|_| Err::<std::borrow::Cow<'_, [u8]>, _>(())).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    entry.takes.iter().map(body).collect()
}

#[test]
fn a_cassette_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Plain>();
}

#[test]
fn a_new_folder_is_made_with_its_first_page_where_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let settings = CassetteSettings { made_at_first_page: true, ..CassetteSettings::default() };
    let open_new = |root: &std::path::Path| Cassette::open(root, RECORD, |_, _| (), &settings);
    let root = folder.path().join("parent/new");
    let recording = open_new(&root).unwrap().cassette;
    assert!(recording.is_empty().unwrap() && recording.fingerprints().unwrap().is_empty());
    assert!(!folder.path().join("parent").exists());
    recording.begin(&head(1), &whole(), vec![answer("1")], None).unwrap();
    assert!(root.join("cassette.json").exists() && !recording.is_empty().unwrap());
    assert_eq!(recording.seal().unwrap().sealed.len(), 1);
    drop(recording);

    // Nobody would learn of it before there is an answer to lose.
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = open_new(&folder.path().join("file/c")).err().unwrap();
    assert!(matches!(&refused, CassetteError::Write { path, .. } if path.ends_with("file/c")), "{refused:?}");
}
