//! What is left of a guard that is stopped, dropped or unwound.

use super::{at_endpoint, list, make_and_delete, recorder};
use crate::support::alone::test_path;
use crate::support::stage::Stage;
use aws_sdk_ram::Client;
use aws_sdk_ram::error::ProvideErrorMetadata;
use aws_sdk_ram::types::ResourceOwner;
use ramtape::config::RecordMode;
use ramtape::{Ramtape, RamtapeError};
use std::env;
use std::process::Command;
use std::sync::Arc;

/// Set where this process is to run the test that fails.
const FAILING: &str = "RAMTAPE_TEST_FAILING";

#[tokio::test]
async fn a_miss_that_the_test_swallows_fails_the_stop() {
    let tape = Ramtape::replay("cassettes/quickstart").start().await.unwrap();
    let shares = Client::new(&tape.sdk_config()).get_resource_shares().resource_owner(ResourceOwner::OtherAccounts);
    let missed = shares.name("unheard of").send().await.unwrap_err();
    assert_eq!(missed.code(), Some("CassetteMissException"));

    let error = tape.stop().await.unwrap_err();
    let text = format!("{error:?}");
    for part in [
        "miss: GetResourceShares ",
        "\n  no recorded answer for",
        "unheard of",
        "\n  To record it: RAMTAPE_RECORD_MODE=new_episodes cargo test",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let RamtapeError::Problems(summary) = error else { panic!("{error:?}") };
    assert_eq!((summary.missed, summary.replayed), (1, 0));
}

#[tokio::test]
async fn a_guard_that_is_dropped_has_written_what_it_recorded() {
    let mut stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    let recorded = list(&tape.sdk_config()).await;
    drop(tape);
    assert_eq!(stage.texts("tape").len(), 1);
    stage.stop_endpoint().await;

    let tape = Ramtape::replay(stage.cassette("tape")).start().await.unwrap();
    assert_eq!(list(&tape.sdk_config()).await, recorded);
    tape.stop().await.unwrap();
}

#[tokio::test]
async fn a_test_that_panics_records_nothing() {
    let stage = Stage::new().await;
    let once = at_endpoint(&stage, Ramtape::cassette(stage.cassette("tape")).record_mode(RecordMode::Once));
    let first = once.clone();
    let failing = async move {
        let tape = first.start().await.unwrap();
        make_and_delete(&tape.sdk_config(), "made").await;
        // One page of several: the listing is not at its end.
        let shares = Client::new(&tape.sdk_config()).get_resource_shares().resource_owner(ResourceOwner::SelfValue);
        assert!(shares.max_results(1).send().await.unwrap().next_token().is_some());
        panic!("the test fails");
    };
    assert!(tokio::spawn(failing).await.unwrap_err().is_panic());
    assert_eq!(stage.texts("tape"), []);

    // The next run records anew, and keeps all of it.
    let tape = once.start().await.unwrap();
    list(&tape.sdk_config()).await;
    assert_eq!(tape.stop().await.unwrap().recorded, 1);
    assert_eq!(stage.texts("tape").len(), 1);
}

#[tokio::test]
async fn a_test_that_panics_leaves_an_earlier_recording_as_it_was() {
    let stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    make_and_delete(&tape.sdk_config(), "made").await;
    tape.variable("SUFFIX", "first").await.unwrap();
    tape.stop().await.unwrap();
    let texts = stage.texts("tape");

    let again = recorder(&stage, "tape");
    let failing = async move {
        let tape = again.start().await.unwrap();
        tape.variable("SUFFIX", "second").await.unwrap();
        make_and_delete(&tape.sdk_config(), "made").await;
        panic!("the test fails");
    };
    assert!(tokio::spawn(failing).await.unwrap_err().is_panic());
    assert_eq!(stage.texts("tape"), texts);
    let tape = Ramtape::replay(stage.cassette("tape")).start().await.unwrap();
    assert_eq!(tape.variable("SUFFIX", "third").await.unwrap(), "first");
    tape.stop().await.unwrap();
}

#[tokio::test]
async fn a_session_that_panics_records_nothing_and_the_others_do() {
    let stage = Stage::new().await;
    let tape = Arc::new(recorder(&stage, "tape").start().await.unwrap());
    let well = tape.session("well");
    let shared = Arc::clone(&tape);
    let failing = async move {
        let fails = shared.session("fails");
        list(&fails.sdk_config()).await;
        panic!("the test fails");
    };
    list(&well.sdk_config()).await;
    assert!(tokio::spawn(failing).await.unwrap_err().is_panic());
    assert_eq!(stage.texts("tape"), [], "a session is still open");
    well.end().unwrap();
    let written = || stage.texts("tape").into_iter().map(|(_, text)| text).collect::<String>();
    assert!(written().contains("\"well\"") && !written().contains("\"fails\""), "{}", written());

    // A second attempt that does well is recorded.
    let again = tape.session("fails");
    list(&again.sdk_config()).await;
    again.end().unwrap();
    assert!(written().contains("\"well\"") && written().contains("\"fails\""), "{}", written());
    Arc::into_inner(tape).unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn what_sessions_record_of_a_guard_in_a_static_is_text_when_they_have_ended() {
    for mode in [RecordMode::Once, RecordMode::All] {
        let mut stage = Stage::new().await;
        let builder = at_endpoint(&stage, Ramtape::cassette(stage.cassette("tape")).record_mode(mode));
        let tape: &'static Ramtape = Box::leak(Box::new(builder.start().await.unwrap()));
        let mut recorded = Vec::new();
        for name in ["first", "second"] {
            let test = tape.session(name);
            recorded.push(make_and_delete(&test.sdk_config(), "made").await);
            test.end().unwrap();
        }
        stage.stop_endpoint().await;

        // What another machine has: the text alone.
        let clone = stage.folder().join("clone");
        for (path, text) in stage.texts("tape") {
            std::fs::create_dir_all(clone.join(&path).parent().unwrap()).unwrap();
            std::fs::write(clone.join(path), text).unwrap();
        }
        std::fs::copy(stage.cassette("tape").join("cassette.json"), clone.join("cassette.json")).unwrap();
        let replay = Ramtape::replay(clone).start().await.unwrap();
        for (name, recorded) in ["first", "second"].into_iter().zip(recorded) {
            let test = replay.session(name);
            assert_eq!(make_and_delete(&test.sdk_config(), "made").await, recorded, "{mode:?}");
            test.end().unwrap();
        }
        replay.stop().await.unwrap();
    }
}

#[tokio::test]
async fn what_could_not_be_recorded_fails_the_end() {
    let stage = Stage::new().await;
    let tape = recorder(&stage, "tape").start().await.unwrap();
    let test = tape.session("test");
    list(&test.sdk_config()).await;
    std::fs::remove_dir_all(stage.cassette("tape")).unwrap();
    for error in [test.end().unwrap_err(), tape.stop().await.unwrap_err()] {
        let text = format!("{error:?}");
        assert!(text.starts_with("answered but not recorded: ") && text.contains("record again"), "{text}");
    }
}

/// This test is two processes: the test itself, and, started by it, the one that fails.
#[tokio::test]
async fn a_test_that_panics_shows_what_missed() {
    if env::var_os(FAILING).is_some() {
        let tape = Ramtape::replay("cassettes/quickstart").start().await.unwrap();
        let test = tape.session("fails");
        assert!(Client::new(&test.sdk_config()).list_principals().send().await.is_ok(), "as asked");
        return;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &test_path(module_path!(), "a_test_that_panics_shows_what_missed")]);
    let output = command.env(FAILING, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["as asked", "ramtape: replaying cassettes/quickstart (none)", "ramtape: miss: ListPrincipals "] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.contains("(the code names a record mode, which comes first: begin with Ramtape::cassette"), "{text}");
}
