//! How a guard starts, and why it does not.

use super::{at_endpoint, list, recorder};
use crate::support::alone::test_path;
use crate::support::stage::Stage;
use aws_sdk_ram::Client;
use aws_sdk_ram::error::ProvideErrorMetadata;
use aws_sdk_ram::types::ResourceOwner;
use ramtape::config::{PagesSetting, RecordMode};
use ramtape::{Ramtape, RamtapeError};
use std::env;
use std::process::Command;

#[tokio::test]
async fn once_records_and_then_replays() {
    let mut stage = Stage::new().await;
    let once = || at_endpoint(&stage, Ramtape::cassette(stage.cassette("tape")).record_mode(RecordMode::Once));
    let tape = once().start().await.unwrap();
    let recorded = list(&tape.sdk_config()).await;
    assert_eq!(tape.stop().await.unwrap().recorded, 1);
    let again = once();
    stage.stop_endpoint().await;

    let tape = again.start().await.unwrap();
    assert_eq!(list(&tape.sdk_config()).await, recorded);
    let summary = tape.stop().await.unwrap();
    assert_eq!((summary.replayed, summary.recorded, summary.upstream_connections), (1, 0, 0));
}

#[tokio::test]
async fn the_region_of_clients_is_that_of_the_recording() {
    let tape = Ramtape::replay("cassettes/quickstart").start().await.unwrap();
    assert_eq!(tape.sdk_config().region().map(AsRef::as_ref), Some("us-east-1"));
    let elsewhere = tape.sdk_config().into_builder().region(aws_config::Region::new("eu-west-1")).build();
    let shares = Client::new(&elsewhere).get_resource_shares().resource_owner(ResourceOwner::SelfValue);
    assert_eq!(shares.send().await.unwrap_err().code(), Some("CassetteMissException"));
    assert!(tape.stop().await.is_err());
}

#[tokio::test]
async fn there_must_be_a_cassette_to_replay() {
    let stage = Stage::new().await;
    let error = Ramtape::replay(stage.cassette("typo")).start().await.unwrap_err();
    assert!(matches!(error, RamtapeError::NoCassette { .. }));
    let text = error.to_string();
    assert!(text.starts_with("there is no cassette in /") && text.contains("/typo: record one first"), "{text}");
    assert_eq!(format!("{error:?}"), text, "a test that fails with it prints the message");
}

#[tokio::test]
async fn one_guard_at_a_time_records_into_a_cassette() {
    let stage = Stage::new().await;
    let first = recorder(&stage, "tape").start().await.unwrap();
    list(&first.sdk_config()).await;
    assert!(!format!("{first:?}").contains("~"), "the key is a secret");
    let error = recorder(&stage, "tape").start().await.unwrap_err();
    assert!(matches!(error, RamtapeError::Start(_)));
    let text = format!("{error:?}");
    assert!(text.contains("/tape is in use by another ramtape"), "{text}");
    first.stop().await.unwrap();
    recorder(&stage, "tape").start().await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let error = Ramtape::cassette("cassettes/quickstart").upstream("ftp://x").start().await.unwrap_err();
    assert!(matches!(error, RamtapeError::Config(_)));
    assert!(error.to_string().contains("ftp://x"), "{error}");
    let error = Ramtape::cassette("cassettes/quickstart").services([""; 0]).start().await.unwrap_err();
    assert!(error.to_string().contains("name at least one service"), "{error}");
    // As every error library wants it.
    let _: Box<dyn std::error::Error + Send + Sync> = error.into();
}

#[tokio::test]
async fn settings_count() {
    let stage = Stage::new().await;
    let tape = recorder(&stage, "tape").read_only().start().await.unwrap();
    let recorded = list(&tape.sdk_config()).await;
    let refused = Client::new(&tape.sdk_config()).create_resource_share().name("new").send().await.unwrap_err();
    assert!(refused.message().unwrap().contains("read-only"), "{refused:?}");
    tape.stop().await.unwrap();

    let tape = Ramtape::replay(stage.cassette("tape")).pages(PagesSetting::Adversarial).start().await.unwrap();
    assert_eq!(list(&tape.sdk_config()).await, recorded);
    let summary = tape.stop().await.unwrap();
    assert!(summary.replayed > 1, "a listing in small pages: {summary:?}");
}

/// Runs a test of this module in a process of its own, with these variables.
fn run_with(variables: &[(&str, &str)], test: &str) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &test_path(module_path!(), test)]).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn what_the_code_names_counts_whatever_the_environment_says() {
    let nowhere = "http://127.0.0.1:9";
    let variables = [
        ("CI", "true"),
        ("RAMTAPE_RECORD_MODE", "all"),
        ("RAMTAPE_LISTEN", "127.0.0.1:1"),
        ("RAMTAPE_UPSTREAM", nowhere),
        ("RAMTAPE_PROFILE", "nosuch"),
        ("AWS_PROFILE", "nosuch"),
        ("AWS_ENDPOINT_URL", nowhere),
        ("AWS_REGION", "eu-west-1"),
        ("HTTP_PROXY", nowhere),
        ("http_proxy", nowhere),
        ("ALL_PROXY", nowhere),
    ];
    run_with(&variables, "once_records_and_then_replays");
}

#[tokio::test]
async fn where_ci_is_set_nothing_is_recorded() {
    if env::var_os("CI").is_none() {
        return run_with(&[("CI", "true")], "where_ci_is_set_nothing_is_recorded");
    }
    let stage = Stage::new().await;
    let error = at_endpoint(&stage, Ramtape::cassette(stage.cassette("new"))).start().await.unwrap_err();
    assert!(
        error.to_string().ends_with("/new: nothing is recorded where CI is set: record it elsewhere, and commit it")
    );
    let tape = Ramtape::cassette("cassettes/quickstart").start().await.unwrap();
    assert_eq!(tape.sdk_config().region().map(AsRef::as_ref), Some("us-east-1"));
    tape.stop().await.unwrap();
}
