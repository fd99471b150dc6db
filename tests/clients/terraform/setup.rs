//! The set-up of a run of Terraform: an endpoint and a cassette while it records, the cassette's text alone on replay.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::Value;

use super::bounded::{self, Ended};
use super::installed::Terraform;
use crate::support::binary::ramtape;
use crate::support::principals::{configure, profiles};
use crate::support::scene::{Endpoint, REGION, Tape};

/// No run takes half of it, even on two cores that are busy with much else.
const RUN_LIMIT: Duration = Duration::from_secs(180);
/// The owner is known by its profile, the consumer by its key.
const ACTORS: &str = "[actors.owner]\nprofile = \"owner\"\n\
                      [actors.consumer]\nprofile = \"consumer\"\nkey_ids = [\"AKIAI44QH8DHBEXAMPLE\"]\n";
/// How many Terraforms run at once, each with its provider's 700 MB, however many cores there are.
const AT_ONCE: usize = 4;

/// A configuration below `tests/fixtures/terraform`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Configuration {
    pub(crate) name: &'static str,
    /// The variable that is set for the second half, after which all is up to date again.
    pub(crate) update: Option<&'static str>,
    pub(crate) two_accounts: bool,
    /// How many reads see something in passing while it is recorded. A waiter's second look comes after 0.2 s, each later
    /// one after twice as long.
    pub(crate) settling_reads: u32,
}

impl Configuration {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, update: None, two_accounts: false, settling_reads: 1 }
    }

    /// Terraform's commands, one after the other, as a shell takes them.
    pub(crate) fn script(&self, parallelism: u8) -> String {
        let up_to_date = |variable: Option<&str>| {
            let variable = variable.map(|it| format!(" -var {it}")).unwrap_or_default();
            vec![
                format!("terraform apply -auto-approve -parallelism={parallelism}{variable}"),
                format!("terraform plan -detailed-exitcode -parallelism={parallelism}{variable}"),
            ]
        };
        let mut commands = up_to_date(None);
        if self.update.is_some() {
            commands.extend(up_to_date(self.update));
        }
        commands.push(format!("terraform destroy -auto-approve -parallelism={parallelism}"));
        commands.join(" && ")
    }
}

/// A cassette of what Terraform asked, where it was recorded, and what Terraform works on there.
pub(crate) struct Project<'a> {
    terraform: &'a Terraform,
    configuration: Configuration,
    tape: Tape,
}

impl<'a> Project<'a> {
    /// An empty one.
    pub(crate) fn new(terraform: &'a Terraform, configuration: Configuration) -> Self {
        Self::with(terraform, configuration, Tape::new())
    }

    fn with(terraform: &'a Terraform, configuration: Configuration, tape: Tape) -> Self {
        if configuration.two_accounts {
            configure(&tape, ACTORS);
        }
        let project = Self { terraform, configuration, tape };
        terraform.set_up(&project.folder(), configuration.name);
        project
    }

    /// What it is recorded from.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::with(SimulatorSettings {
            settling_reads: self.configuration.settling_reads,
            ..SimulatorSettings::default()
        })
    }

    /// The cassette's text elsewhere, where Terraform has no state.
    pub(crate) fn colleague(&self) -> Self {
        Self::with(self.terraform, self.configuration, self.tape.text_alone())
    }

    /// Where Terraform runs, below ramtape.toml.
    pub(crate) fn folder(&self) -> PathBuf {
        self.tape.folder().join("terraform")
    }

    /// Runs `script` under `ramtape run` with these arguments, against `endpoint` with credentials for it, or without both.
    /// It must end well, and ramtape must have answered all.
    pub(crate) fn run(&self, arguments: &[&str], script: &str, endpoint: Option<&Endpoint>) -> Report {
        let report = self.tape.folder().join("report.json");
        let mut command = ramtape(&self.folder());
        command.args(["run", "--cassette"]).arg(self.tape.path()).args(arguments);
        command.args(["--report", "json"]).arg(&report);
        if let Some(endpoint) = endpoint {
            command.args(["--upstream", &endpoint.url()]);
            command.envs(credentials(self.tape.folder(), self.configuration.two_accounts));
        }
        command.args(["--", "sh", "-c", script]);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).envs(self.terraform.environment());
        let _turn = Turn::take();
        let ended = bounded::run(&mut command, RUN_LIMIT);
        assert_eq!(ended.code, Some(0), "{arguments:?} {script}: {ended}");
        let values = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
        let report = Report { ended, values };
        assert_eq!(report.counted("missed"), 0, "{report}");
        assert_eq!(report.values["notRecorded"], serde_json::json!([]), "{report}");
        report
    }

    /// As [`Project::run`], from the cassette alone.
    pub(crate) fn replay(&self, arguments: &[&str], script: &str) -> Report {
        let report = self.run(&[&["--record-mode", "none"], arguments].concat(), script, None);
        assert_eq!((report.counted("recorded"), report.counted("upstreamConnections")), (0, 0), "{report}");
        assert_ne!(report.counted("replayed"), 0, "{report}");
        report
    }
}

/// What a run printed, and ramtape's own report on it.
pub(crate) struct Report {
    pub(crate) ended: Ended,
    pub(crate) values: Value,
}

impl Report {
    pub(crate) fn counted(&self, what: &str) -> u64 {
        self.values[what].as_u64().unwrap()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}\n{}", self.values, self.ended)
    }
}

fn credentials(folder: &Path, two_accounts: bool) -> Vec<(&'static str, String)> {
    let (owner, consumer) = (Credential::owner(), Credential::consumer());
    let region = ("AWS_REGION", REGION.to_owned());
    if two_accounts {
        let config = profiles(folder, "aws", &[("owner", &owner), ("consumer", &consumer)]);
        return vec![("AWS_CONFIG_FILE", config), region];
    }
    vec![("AWS_ACCESS_KEY_ID", owner.access_key_id), ("AWS_SECRET_ACCESS_KEY", owner.secret), region]
}

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// Leave to run a Terraform, until it is dropped.
struct Turn;

impl Turn {
    fn take() -> Self {
        // They wait as much as they work: one more than there are cores.
        let places = thread::available_parallelism().map_or(2, |cores| cores.get() + 1).min(AT_ONCE);
        let mut running = ENDED.wait_while(RUNNING.lock().unwrap(), |running| *running >= places).unwrap();
        *running += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap() -= 1;
        ENDED.notify_one();
    }
}
