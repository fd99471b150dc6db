//! Two branches that both record, merged by git itself.

use super::repository::{Repository, outside};
use crate::support::binary::run;

#[tokio::test]
async fn branches_that_record_the_same_write_and_extend_one_listing_merge_and_replay() {
    let repository = Repository::new().await.with_driver();
    let a = repository.branch("a", Some("test_a"), "made").await;
    let b = repository.branch("b", Some("test_b"), "made").await;
    assert_ne!(a, b, "upstream made another share");
    let merged = repository.try_git(&["merge", "-q", "--no-edit", "a"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    for _ in 0..2 {
        // Not assert_eq: listings are no message.
        assert!(repository.replay(Some("test_b"), "made").await == b);
        assert!(repository.replay(Some("test_a"), "made").await == a);
    }
}

#[tokio::test]
async fn unnamed_sessions_that_make_different_writes_after_the_same_one_merge_and_replay() {
    let repository = Repository::new().await.with_driver();
    let a = repository.branch("a", None, "share-of-a").await;
    let b = repository.branch("b", None, "share-of-b").await;
    repository.git(&["merge", "-q", "--no-edit", "a"]);
    assert!(repository.replay(None, "share-of-a").await == a);
    assert!(repository.replay(None, "share-of-b").await == b);
}

#[tokio::test]
async fn git_merges_the_same_way_round_and_back() {
    let repository = Repository::new().await.with_driver();
    repository.branch("a", Some("test_a"), "made").await;
    repository.branch("b", Some("test_b"), "made").await;
    repository.git(&["checkout", "-q", "-b", "ab", "a"]);
    repository.git(&["merge", "-q", "--no-edit", "b"]);
    repository.git(&["checkout", "-q", "b"]);
    repository.git(&["merge", "-q", "--no-edit", "ab"]);
    repository.git(&["checkout", "-q", "a"]);
    repository.git(&["merge", "-q", "--no-edit", "b"]);
    assert_eq!(repository.git(&["diff", "a", "b"]), "");
}

#[tokio::test]
async fn without_the_driver_additions_to_one_file_conflict_and_other_requests_do_not() {
    let repository = Repository::new().await;
    repository.branch("a", Some("test_a"), "made").await;
    repository.branch("b", Some("test_b"), "made").await;
    assert_eq!(repository.try_git(&["merge", "-q", "--no-edit", "a"]).code, Some(1));
    repository.git(&["merge", "--abort"]);

    let recorded = [("c", "ListPrincipals"), ("d", "ListResources")];
    for (branch, operation) in recorded {
        repository.git(&["checkout", "-q", "-b", branch, "main"]);
        let ramtape = repository.stage.ramtape("tape", ramtape::config::RecordMode::NewEpisodes).await;
        ramtape.post(operation, serde_json::json!({ "resourceOwner": "SELF" })).await;
        ramtape.stop().await;
        repository.commit(branch);
    }
    repository.git(&["merge", "-q", "--no-edit", "c"]);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let listed = run(repository.stage.folder(), &["ls", "--cassette", "tape"]);
    for (_, operation) in recorded {
        assert!(listed.stdout.contains(operation), "{listed:?}");
    }
}

#[tokio::test]
async fn one_write_with_two_answers_is_a_conflict() {
    let repository = Repository::new().await.with_driver();
    let a = repository.branch("a", None, "made").await;
    let b = repository.branch("b", None, "made").await;
    let merged = repository.try_git(&["merge", "-q", "--no-edit", "a"]);
    assert_eq!(merged.code, Some(1), "{merged:?}");
    let unmerged = repository.git(&["diff", "--name-only", "--diff-filter=U"]);
    let path = unmerged.trim();
    assert!(path.starts_with("tape/create-resource-share/") && path.ends_with(".json"), "{unmerged}");
    assert!(merged.stderr.contains(path), "{merged:?}");
    let text = std::fs::read_to_string(repository.stage.folder().join(path)).unwrap();
    let (before, rest) = text.split_once("<<<<<<< ours\n").unwrap();
    let (ours, rest) = rest.split_once("=======\n").unwrap();
    let (theirs, after) = rest.split_once(">>>>>>> theirs\n").unwrap();
    let listed = run(repository.stage.folder(), &["ls", "--cassette", "tape"]);
    assert!(listed.code == Some(5) && listed.stderr.contains("an unresolved merge conflict"), "{listed:?}");
    // Whichever side a person takes, it is one that replays. The listings of both stand after the write.
    for (side, made) in [(theirs, &a[0]), (ours, &b[0])] {
        std::fs::write(repository.stage.folder().join(path), format!("{before}{side}{after}")).unwrap();
        assert_eq!(&repository.replay(None, "made").await[0], made);
    }
}

#[tokio::test]
async fn the_doctor_says_where_git_is_not_set_up() {
    let repository = Repository::new().await;
    let (verdict, advice) = repository.doctor().unwrap();
    assert_eq!((verdict.as_str(), advice.contains("merge.ramtape.driver")), ("warn", true), "{advice}");
    // The advice is a command that can be typed.
    assert_eq!(repository.shell(&advice).code, Some(0));
    assert_eq!(repository.doctor().unwrap().0, "ok");
    std::fs::write(repository.stage.folder().join("tape/.gitattributes"), "*.json text eol=lf\n").unwrap();
    let (verdict, advice) = repository.doctor().unwrap();
    assert_eq!((verdict.as_str(), advice.contains("merge=ramtape")), ("warn", true), "{advice}");
    let outside = outside();
    let done = run(outside.path(), &["doctor", "--json"]);
    assert!(!done.stdout.contains("\"git\""), "{done:?}");
}
