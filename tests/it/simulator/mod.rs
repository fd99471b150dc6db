//! The simulated RAM endpoint over real sockets.

mod client;
mod faults;
mod listings;
mod model;
mod paging;
mod sharing;
mod signatures;
mod writes;

use ramtape::simulator::{Credential, RunningSimulator, Simulator, SimulatorSettings};

use client::Client;

const REGION: &str = "us-east-1";

/// An endpoint with a fixed seed, its owner and its consumer.
async fn started(settings: SimulatorSettings) -> (RunningSimulator, Client, Client) {
    let simulator = Simulator::start(SimulatorSettings { seed: Some(7), ..settings }).await.unwrap();
    let owner = Client::new(simulator.addr, Credential::owner());
    let consumer = Client::new(simulator.addr, Credential::consumer());
    (simulator, owner, consumer)
}

fn empty() -> SimulatorSettings {
    SimulatorSettings { seeded: false, ..SimulatorSettings::default() }
}
