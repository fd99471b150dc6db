//! `startRamtape`, in a program that no runner runs.

use super::{call, project, recording};
use crate::support::scene::Endpoint;

#[test]
fn a_program_begins_and_ends_sessions_itself() {
    let Some(project) = project() else { return };
    let endpoint = Endpoint::start();
    let program = ["node", "program.mjs"];
    let recorded = recording(&project, &program, &endpoint).finish().success();
    assert!(recorded.stderr.contains("0 replayed, 4 recorded, 0 missed"), "{recorded}");
    drop(endpoint);
    let replayed = call(&project, &program).finish().success();

    let lines =
        |stdout: &[u8]| String::from_utf8(stdout.to_vec()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let (recorded, replayed) = (lines(&recorded.stdout), lines(&replayed.stdout));
    assert_eq!((recorded.len(), &recorded[..2]), (3, &replayed[..2]));
    // The environment is what it was.
    assert_eq!(replayed[2], "afterwards undefined undefined");
    assert_eq!(project.sessions("cassettes/program").into_iter().collect::<Vec<_>>(), ["one", "two"]);
}
