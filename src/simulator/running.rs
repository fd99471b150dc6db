//! The handle to a running endpoint, with which a test inspects and changes it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::faults::Fault;
use super::paging::{PageChange, PageSizes};
use super::received::Received;
use super::shared::EndpointState;
use super::world::World;

/// A running simulated endpoint. Dropped, it stops soon; [`RunningSimulator::stop`] waits for it.
#[derive(Debug)]
pub struct RunningSimulator {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<EndpointState>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl RunningSimulator {
    pub(super) fn new(
        addr: SocketAddr,
        shared: Arc<EndpointState>,
        stop: oneshot::Sender<()>,
        task: JoinHandle<()>,
    ) -> Self {
        Self { addr, shared, stop, task }
    }

    /// As for `AWS_ENDPOINT_URL_RAM`: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Closes the port and drops all connections; on return both are done.
    pub async fn stop(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // It can fail by a panic only, which has already been printed.
        let _ = task.await;
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.journal.lock().connections
    }

    /// How many requests were received, those refused or disturbed included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.journal.lock().requests()
    }

    /// How many of them were for this operation.
    #[must_use]
    pub fn requests_of(&self, operation: &str) -> u64 {
        self.shared.journal.lock().requests_of(operation)
    }

    /// The latest 10,000 requests, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.journal.lock().latest()
    }

    /// Lets something happen to the next requests, after what was injected before.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.lock().inject(fault);
    }

    /// Takes back what was injected and has not happened yet.
    pub fn clear_faults(&self) {
        self.shared.faults.lock().clear();
    }

    /// Moves on the clock by which tokens and invitations expire.
    pub fn advance(&self, by: Duration) {
        self.shared.state.lock().advance(by);
    }

    /// From now on this key is answered with `ExpiredTokenException`.
    pub fn end_session(&self, access_key_id: &str) {
        self.shared.ended_sessions.lock().push(access_key_id.to_owned());
    }

    /// Sets the sizes of an operation's first pages; the latest setting for a listing holds.
    pub fn set_page_sizes(&self, sizes: PageSizes) {
        self.shared.state.lock().set_page_sizes(sizes);
    }

    /// Changes the data once, just before page `page` (the first is 0) of a listing of `operation` is made.
    pub fn change_before_page(&self, operation: &str, page: usize, change: impl FnOnce(&mut World) + Send + 'static) {
        let change = PageChange { operation: operation.to_owned(), page, apply: Box::new(change) };
        self.shared.state.lock().on_page(change);
    }

    /// Changes the data of a region now. None where the endpoint does not answer for it.
    pub fn change<T>(&self, region: &str, change: impl FnOnce(&mut World) -> T) -> Option<T> {
        self.shared.state.lock().world(region).map(change)
    }
}
