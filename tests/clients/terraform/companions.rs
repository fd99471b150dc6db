//! Terraform as it is: with every check of its provider, and resources of EC2 and IAM beside those of RAM.

use super::installed::terraform;
use super::setup::{Configuration, Project};
use crate::support::clients::{Moto, python};

const COMPANIONS: Configuration = Configuration::new("companions");
const SERVICES: &str = "ram,sts,iam,ec2";

#[test]
fn no_check_is_skipped_and_subnets_and_a_role_are_shared() {
    let (Some(terraform), Some(python)) = (terraform(), python()) else { return };
    // The account of the owner, whose shares are RAM's: its role is no stranger there.
    let moto = Moto::of_account(&python, "111122223333");
    let project = Project::new(terraform, COMPANIONS);
    let endpoint = project.endpoint();
    let elsewhere = ["sts", "iam", "ec2"].map(|service| format!("{service}={}", moto.url));
    let upstreams: Vec<&str> = elsewhere.iter().flat_map(|url| ["--upstream", url]).collect();
    let recorded = project.run(
        &[&["--record-mode", "all", "--service", SERVICES], upstreams.as_slice()].concat(),
        &COMPANIONS.script(10),
        Some(&endpoint),
    );
    assert!(recorded.ended.to_string().contains("role/reader"), "{recorded}");
    drop((endpoint, moto));

    // The cassette names the services that it has answers of.
    for (parallelism, poll) in [(10, "recorded"), (1, "recorded"), (4, "final")] {
        let replayed = project.colleague().replay(&["--poll", poll], &COMPANIONS.script(parallelism));
        assert!(replayed.ended.to_string().contains("role/reader"), "{replayed}");
    }
}
