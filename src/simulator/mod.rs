//! A simulated RAM endpoint, for `ramtape demo` and for tests: a real HTTP server on a loopback port.
//!
//! It owns everything between an accepted connection and an answer's bytes: signatures are verified with the keys
//! it knows, all operations are answered from memory, and what a network or a service can do wrong is done on
//! demand. Nothing else in the crate may rely on it.
//!
//! A request's way: `server` (socket, log) → `faults` → `authenticate` → `routes` → `dispatch` (parameters,
//! idempotency, paging) → `operations` on a `world` → `reply`.

mod answer;
mod authenticate;
mod dispatch;
mod error;
mod expiry;
mod faults;
mod generator;
mod idempotency;
mod operations;
mod paging;
mod parameters;
mod received;
mod reply;
mod routes;
mod running;
mod server;
mod settings;
mod shared;
mod wire;
mod world;

use std::io;

pub use self::faults::{Effect, Fault};
pub use self::paging::PageSizes;
pub use self::received::Received;
pub use self::running::RunningSimulator;
pub use self::settings::{Credential, SimulatorSettings};
pub use self::world::World;

/// Starts simulated endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Simulator;

impl Simulator {
    /// Binds a free port on 127.0.0.1 and serves it until the returned [`RunningSimulator`] is stopped or dropped.
    ///
    /// # Errors
    /// No port could be bound, or the system gave no random seed where none is set.
    pub async fn start(settings: SimulatorSettings) -> io::Result<RunningSimulator> {
        server::start(settings).await
    }
}
