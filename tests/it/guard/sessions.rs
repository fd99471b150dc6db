//! Tests that run side by side, each with a session of its own.

use super::{list, make_and_delete, recorder};
use crate::support::stage::Stage;
use ramtape::{Ramtape, RamtapeError};

const TESTS: [&str; 4] = ["first", "second", "third", "shares::fourth case [a/b]"];

/// All tests at once on one guard, each in its session; what each saw.
async fn at_once(tape: &Ramtape) -> Vec<Vec<String>> {
    let run = async |name: &str| {
        let test = tape.session(name);
        let seen = make_and_delete(&test.sdk_config(), "the same name").await;
        test.end().unwrap();
        seen
    };
    let [first, second, third, fourth] = TESTS.map(run);
    let (first, second, third, fourth) = tokio::join!(first, second, third, fourth);
    vec![first, second, third, fourth]
}

#[tokio::test]
async fn tests_share_a_guard_at_the_same_time() {
    let mut stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    let recorded = at_once(&tape).await;
    let summary = tape.stop().await.unwrap();
    assert_eq!(summary.sessions.len(), TESTS.len(), "{summary:?}");
    assert_eq!(summary.notices, [""; 0]);
    stage.stop_endpoint().await;

    let tape = Ramtape::replay(stage.cassette("tape")).start().await.unwrap();
    assert_eq!(at_once(&tape).await, recorded);
    // Each attempt of a test begins anew.
    assert_eq!(at_once(&tape).await, recorded);
    let summary = tape.stop().await.unwrap();
    assert_eq!((summary.missed, summary.upstream_connections), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_test_has_a_guard_of_its_own_on_one_cassette() {
    let mut stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    let recorded = at_once(&tape).await;
    tape.stop().await.unwrap();
    stage.stop_endpoint().await;

    let cassette = stage.cassette("tape");
    let tests = TESTS.map(|name| {
        let cassette = cassette.clone();
        tokio::spawn(async move {
            let tape = Ramtape::replay(cassette).start().await.unwrap();
            let test = tape.session(name);
            let seen = make_and_delete(&test.sdk_config(), "the same name").await;
            test.end().unwrap();
            tape.stop().await.unwrap();
            seen
        })
    });
    for (test, recorded) in tests.into_iter().zip(recorded) {
        assert_eq!(test.await.unwrap(), recorded);
    }
}

#[tokio::test]
async fn each_test_has_a_cassette_of_its_own() {
    let mut stage = Stage::new().await;
    let record = async |name: &str| {
        let tape = recorder(&stage, name).start().await.unwrap();
        let seen = make_and_delete(&tape.sdk_config(), name).await;
        tape.stop().await.unwrap();
        seen
    };
    let recorded = tokio::join!(record("a"), record("b"));
    stage.stop_endpoint().await;
    let replay = async |name: &str| {
        let tape = Ramtape::replay(stage.cassette(name)).start().await.unwrap();
        let seen = make_and_delete(&tape.sdk_config(), name).await;
        tape.stop().await.unwrap();
        seen
    };
    assert_eq!(tokio::join!(replay("a"), replay("b")), recorded);
}

#[tokio::test]
async fn a_miss_is_that_of_its_session() {
    let stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    list(&tape.session("well").sdk_config()).await;
    tape.stop().await.unwrap();

    let tape = Ramtape::replay(stage.cassette("tape")).start().await.unwrap();
    let (well, misses) = (tape.session("well"), tape.session("misses"));
    list(&well.sdk_config()).await;
    let asked = aws_sdk_ram::Client::new(&misses.sdk_config()).list_resource_types().send().await;
    assert!(asked.is_err());
    well.end().unwrap();
    let error = misses.end().unwrap_err();
    assert!(format!("{error:?}").starts_with("miss: ListResourceTypes "), "{error:?}");
    // The next attempt has missed nothing yet.
    tape.session("misses").end().unwrap();
    assert!(matches!(tape.stop().await, Err(RamtapeError::Problems(summary)) if summary.missed == 1));
}

#[tokio::test]
async fn recorded_variables_belong_to_their_session() {
    let stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    let (one, two) = (tape.session("one"), tape.session("two"));
    assert_eq!(one.variable("SUFFIX", "a1").await.unwrap(), "a1");
    assert_eq!(two.variable("SUFFIX", "b1").await.unwrap(), "b1");
    assert_eq!(one.variable("SUFFIX", "a2").await.unwrap(), "a1", "the first value of a run counts");
    assert_eq!(tape.variable("SUFFIX", "c1").await.unwrap(), "c1");
    for config in [one.sdk_config(), two.sdk_config(), tape.sdk_config()] {
        list(&config).await;
    }
    one.end().unwrap();
    two.end().unwrap();
    tape.stop().await.unwrap();

    let tape = Ramtape::replay(stage.cassette("tape")).start().await.unwrap();
    assert_eq!(tape.session("one").variable("SUFFIX", "x").await.unwrap(), "a1");
    assert_eq!(tape.session("two").variable("SUFFIX", "x").await.unwrap(), "b1");
    assert_eq!(tape.variable("SUFFIX", "x").await.unwrap(), "c1");
    let error = tape.session("one").variable("OTHER", "x").await.unwrap_err();
    assert!(error.to_string().contains("recorded without a value of OTHER for session one"), "{error}");
    let error = tape.variable("PATH", "x").await.unwrap_err();
    assert!(matches!(error, RamtapeError::Variable(_)), "{error}");
    tape.stop().await.unwrap();
}
