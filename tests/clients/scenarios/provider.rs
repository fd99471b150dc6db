//! Terraform's provider over a cassette: its run and what it printed.

use std::path::Path;

use bytes::Bytes;
use ramtape::simulator::{Credential, Effect, Fault, SimulatorSettings};
use serde_json::Value;

use crate::support::clients::{Call, Finished, source};
use crate::support::principals::{BY_PROFILE, configure, profiles, under_run};
use crate::support::scene::{Endpoint, REGION, Tape, as_owner, assert_offline};

/// A scenario of `terraform.py` with what was printed while it was recorded.
pub(crate) struct Recorded {
    tape: Tape,
    pub(crate) printed: Finished,
    script: Call,
    actors: bool,
}

impl Recorded {
    /// Records `scenario` with a waiter that confirms every state twice, against an endpoint where what is in passing
    /// lasts several reads. The first two requests of the operation `late` get its answer for what is not there yet.
    pub(crate) fn new(python: &Path, scenario: &str, late: Option<(&str, &'static str)>) -> Self {
        let (owner, consumer) = (Credential::owner(), Credential::consumer());
        let mut endpoint = Endpoint::with(SimulatorSettings { settling_reads: 3, ..SimulatorSettings::default() });
        if let Some((operation, answer)) = late {
            let (status, content_type) = (200, Some("application/json".to_owned()));
            let empty = Effect::Raw { status, content_type, body: Bytes::from_static(answer.as_bytes()) };
            endpoint.running().inject(Fault::next(empty).times(2).on(operation));
        }
        let script = Call::new(python).args([source("python/scenarios/terraform.py")]).args([scenario]);
        let (tape, actors) = (Tape::new(), scenario == "accepter");
        let recording = script.clone().args(["--confirm", "3"]);
        let recording = if actors {
            // Without keys in the environment: those would beat the profiles'.
            configure(&tape, BY_PROFILE);
            let config = profiles(tape.folder(), "aws", &[("owner", &owner), ("consumer", &consumer)]);
            recording.env("AWS_CONFIG_FILE", config).region(REGION)
        } else {
            as_owner(recording)
        };
        let printed = under_run(&tape, "once", &["--upstream", &endpoint.url()], recording).finish().success();
        endpoint.stop();
        Self { tape, printed, script, actors }
    }

    /// Runs the scenario again as a colleague who has the cassette's text alone, with a waiter of this patience.
    pub(crate) fn replay(&self, run: &[&str], patience: &[&str]) -> Finished {
        let colleague = self.tape.text_alone();
        if self.actors {
            configure(&colleague, BY_PROFILE);
        }
        let replayed = under_run(&colleague, "none", run, self.script.clone().args(patience)).finish().success();
        assert_offline(&replayed.stderr);
        assert_eq!(answers(&replayed), answers(&self.printed), "{replayed}");
        replayed
    }
}

/// What all calls but a waiter's were answered.
pub(crate) fn answers(finished: &Finished) -> Vec<Value> {
    finished.lines().into_iter().filter(|line| line.get("answer").is_some()).collect()
}

/// What each waiter saw, in order.
pub(crate) fn seen(finished: &Finished) -> Vec<Vec<String>> {
    let states = |line: &Value| serde_json::from_value(line.get("seen")?.clone()).ok();
    finished.lines().iter().filter_map(states).collect()
}

/// What each waiter saw, each state once.
pub(crate) fn passed(finished: &Finished) -> Vec<Vec<String>> {
    let mut seen = seen(finished);
    seen.iter_mut().for_each(Vec::dedup);
    seen
}
