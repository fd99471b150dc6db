//! Terraform's commands each under its own `ramtape run`, over one cassette, with the state kept in between.

use super::installed::terraform;
use super::setup::{Configuration, Project, Report};
use crate::support::scene::Endpoint;

/// Each with its session's name: several ask the same, and are answered otherwise after what was written in between.
const COMMANDS: [(&str, &str); 5] = [
    ("apply", "apply -auto-approve"),
    ("plan", "plan -detailed-exitcode"),
    ("update", "apply -auto-approve -var stage=second"),
    ("plan-again", "plan -detailed-exitcode -var stage=second"),
    ("destroy", "destroy -auto-approve"),
];

/// Who says the session's name.
#[derive(Clone, Copy)]
enum Named {
    ByFlag,
    ByTheSdk,
}

/// Runs a command after the other.
fn commands(project: &Project<'_>, named: Named, parallelism: u8, endpoint: Option<&Endpoint>) {
    for (name, command) in COMMANDS {
        let script = format!("terraform {command} -parallelism={parallelism}");
        let (flags, script) = match named {
            Named::ByFlag => (vec!["--session", name], script),
            Named::ByTheSdk => (Vec::new(), format!("AWS_SDK_UA_APP_ID={name} {script}")),
        };
        let report: Report = match endpoint {
            None => project.replay(&flags, &script),
            Some(_) => project.run(&[&["--record-mode", "all"], flags.as_slice()].concat(), &script, endpoint),
        };
        assert_eq!(report.counted("recorded") > 0, endpoint.is_some(), "{name}: {report}");
        assert_eq!(report.values["sessions"][0]["name"], name, "{report}");
    }
}

#[test]
fn a_session_for_each_command() {
    let Some(terraform) = terraform() else { return };
    let project = Project::new(terraform, Configuration::new("update"));
    let mut endpoint = project.endpoint();
    commands(&project, Named::ByFlag, 10, Some(&endpoint));
    endpoint.stop();
    commands(&project.colleague(), Named::ByFlag, 4, None);
    commands(&project.colleague(), Named::ByTheSdk, 1, None);
}
