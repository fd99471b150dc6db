//! The npm packages: the launcher, and suites of Vitest and of Node.js' test runner that record against the simulated endpoint
//! and replay without it.

mod launcher;
mod node_runner;
mod processes;
mod program;
mod vitest;

use crate::support::clients::Call;
use crate::support::npm::{Project, output};
use crate::support::scene::{Endpoint, as_owner};
use std::fs;
use std::path::Path;

/// A project with the files of `suites`, but for what is not for it.
fn project() -> Option<Project> {
    let project = Project::new()?;
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/npm/suites");
    for file in fs::read_dir(suites).unwrap().map(|file| file.unwrap()) {
        fs::copy(file.path(), project.path().join(file.file_name())).unwrap();
    }
    Some(project)
}

/// The same, with what `command` asks recorded; the endpoint is gone.
fn recorded(command: &[&str]) -> Option<Project> {
    let (project, endpoint) = (project()?, Endpoint::start());
    recording(&project, command, &endpoint).finish().success();
    Some(project)
}

/// A command that may record what `endpoint` answers.
fn recording(project: &Project, command: &[&str], endpoint: &Endpoint) -> Call {
    as_owner(call(project, command)).env("RAMTAPE_UPSTREAM", endpoint.url())
}

fn call(project: &Project, command: &[&str]) -> Call {
    let (program, arguments) = command.split_first().unwrap();
    project.call(program, arguments.iter().copied())
}

/// What a command that fails prints.
fn failure(call: Call) -> String {
    let failed = call.finish();
    assert_eq!(failed.code, Some(1), "{failed}");
    output(&failed)
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}
