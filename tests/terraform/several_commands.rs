//! Terraform's commands each under its own `ramtape run`, over one cassette, with the state kept in between.

use crate::installed::{Terraform, terraform};
use crate::scene::Endpoint;
use crate::stage::{Configuration, Place};

const PARALLELISM: [u8; 2] = [4, 1];
/// Two commands ask the same of the same state: their answers differ where another one wrote in between.
const COMMANDS: [(&str, &str); 5] = [
    ("apply", "terraform apply -auto-approve"),
    ("plan", "terraform plan -detailed-exitcode"),
    ("update", "terraform apply -auto-approve -var stage=second"),
    ("plan-again", "terraform plan -detailed-exitcode -var stage=second"),
    ("destroy", "terraform destroy -auto-approve"),
];

/// What a command's session is called.
type Naming = fn(&'static str) -> &'static str;

/// Runs all commands at `parallelism`, each in the session that `named` gives.
fn commands(place: &Place<'_>, mode: &str, named: Naming, parallelism: u8, endpoint: Option<&Endpoint>) {
    for (command, script) in COMMANDS {
        let script = format!("{script} -parallelism={parallelism}");
        let arguments = ["--session", named(command), "--record-mode", mode];
        match endpoint {
            Some(endpoint) => {
                let recorded = place.run(&arguments, &script, Some(endpoint));
                assert_eq!(recorded.counted("replayed"), 0, "{command}: {recorded}");
            }
            None => drop(place.replay(&arguments[..2], &script)),
        }
    }
}

fn recorded<'a>(terraform: &'a Terraform, mode: &str, named: Naming) -> Place<'a> {
    let place = Place::new(terraform, Configuration::new("update"));
    let mut endpoint = place.endpoint();
    commands(&place, mode, named, 10, Some(&endpoint));
    endpoint.stop();
    place
}

#[test]
fn a_session_for_each_command() {
    let Some(terraform) = terraform() else { return };
    let place = recorded(terraform, "all", |command| command);
    for parallelism in PARALLELISM {
        commands(&place.colleague(), "none", |command| command, parallelism, None);
    }
}
