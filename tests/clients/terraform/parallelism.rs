//! One session for all of Terraform's commands: recorded at one parallelism, replayed at others, however it polls.

use std::env;
use std::thread;

use super::installed::terraform;
use super::setup::{Configuration, Project};

const FOUR_SHARES: Configuration = Configuration { settling_reads: 2, ..Configuration::new("four_shares") };
const LARGE: Configuration = Configuration::new("large");
const UPDATE: Configuration = Configuration { update: Some("stage=second"), ..Configuration::new("update") };
const TWO_ACCOUNTS: Configuration = Configuration { two_accounts: true, ..Configuration::new("two_accounts") };

/// Parallelism and `--poll`. Any three in a row have all of both.
const WAYS: [(u8, &str); 6] =
    [(10, "recorded"), (4, "final"), (1, "recorded"), (10, "final"), (4, "recorded"), (1, "final")];

/// How often each recording is replayed.
fn rounds() -> usize {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    match set("RAMTAPE_TERRAFORM_ROUNDS") {
        Some(rounds) => rounds.parse().unwrap_or_else(|error| panic!("RAMTAPE_TERRAFORM_ROUNDS: {error}")),
        None if set("CI").is_some() => 3,
        None => 1,
    }
}

/// Records at `parallelism` and replays in turn, beginning with the way of number `first`.
fn recorded_and_replayed(configuration: Configuration, parallelism: u8, first: usize) {
    let Some(terraform) = terraform() else { return };
    let project = Project::new(terraform, configuration);
    let mut endpoint = project.endpoint();
    let recorded = project.run(&["--record-mode", "once"], &configuration.script(parallelism), Some(&endpoint));
    assert_ne!(recorded.counted("recorded"), 0, "{recorded}");
    endpoint.stop();
    println!("recorded at {parallelism} in {:.1} s", recorded.ended.took.as_secs_f64());

    let replay = |round: usize| {
        let (parallelism, poll) = WAYS[(first + round) % WAYS.len()];
        let replayed = project.colleague().replay(&["--poll", poll], &configuration.script(parallelism));
        println!("replayed at {parallelism}, {poll}, in {:.1} s", replayed.ended.took.as_secs_f64());
    };
    let replay = &replay;
    thread::scope(|scope| {
        for round in 0..rounds() {
            scope.spawn(move || replay(round));
        }
    });
}

#[test]
fn four_shares_recorded_side_by_side() {
    recorded_and_replayed(FOUR_SHARES, 10, 0);
}

#[test]
fn four_shares_recorded_one_after_the_other() {
    recorded_and_replayed(FOUR_SHARES, 1, 1);
}

#[test]
fn principals_and_resources_of_many_shares_recorded_side_by_side() {
    recorded_and_replayed(LARGE, 10, 2);
}

#[test]
fn principals_and_resources_of_many_shares_recorded_one_after_the_other() {
    recorded_and_replayed(LARGE, 1, 3);
}

#[test]
fn an_update_in_place_recorded_side_by_side() {
    recorded_and_replayed(UPDATE, 10, 4);
}

#[test]
fn an_update_in_place_recorded_one_after_the_other() {
    recorded_and_replayed(UPDATE, 1, 5);
}

#[test]
fn two_accounts_recorded_side_by_side() {
    recorded_and_replayed(TWO_ACCOUNTS, 10, 6);
}

#[test]
fn two_accounts_recorded_one_after_the_other() {
    recorded_and_replayed(TWO_ACCOUNTS, 1, 7);
}
