//! Random names, and names made from them, that stay the same from the recording on.

use std::fs;

use super::installed::terraform;
use super::setup::{Configuration, Project};

const SUFFIX: Configuration = Configuration::new("suffix");
const RANDOM: [&str; 2] = ["--variable", "TF_VAR_suffix=random"];

/// Terraform's commands, with the suffix in the file `suffix` once they are done.
fn script(parallelism: u8) -> String {
    format!("{} && printf %s \"$TF_VAR_suffix\" > suffix", SUFFIX.script(parallelism))
}

fn suffix(project: &Project<'_>) -> String {
    fs::read_to_string(project.folder().join("suffix")).unwrap()
}

#[test]
fn names_made_from_a_random_one_are_asked_for_again() {
    let Some(terraform) = terraform() else { return };
    let project = Project::new(terraform, SUFFIX);
    let mut endpoint = project.endpoint();
    let arguments = [&["--record-mode", "once"], RANDOM.as_slice()].concat();
    project.run(&arguments, &script(10), Some(&endpoint));
    let made = suffix(&project);
    assert_ne!(made, "");

    // Another recording of it has another one.
    let other = Project::new(terraform, SUFFIX);
    other.run(&arguments, &script(10), Some(&endpoint));
    assert_ne!(suffix(&other), made);
    endpoint.stop();

    for (parallelism, poll) in [(10, "recorded"), (1, "final")] {
        let colleague = project.colleague();
        colleague.replay(&[&["--poll", poll], RANDOM.as_slice()].concat(), &script(parallelism));
        assert_eq!(suffix(&colleague), made);
    }
}
