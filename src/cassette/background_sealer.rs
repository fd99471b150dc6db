//! The thread that writes ended chains as text while the recording goes on.

use super::pending_file::OpenChains;
use super::seal::{GROUP, SealReport};
use super::storage::Storage;
use crate::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::iter;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

/// The thread, started with the first order, ended and awaited when this is dropped.
pub(super) struct Sealer {
    storage: Arc<Storage>,
    running: OnceLock<Running>,
}

struct Running {
    orders: Sender<(String, Fingerprint)>,
    /// `None` where the machine has no thread to give: then everything is sealed at the end.
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    pub(super) const fn new(storage: Arc<Storage>) -> Self {
        Self { storage, running: OnceLock::new() }
    }

    fn start(&self) -> Running {
        let storage = Arc::clone(&self.storage);
        let (orders, received) = mpsc::channel::<(String, Fingerprint)>();
        let thread = thread::Builder::new().name("ramtape-seal".to_owned()).spawn(move || {
            while let Ok(first) = received.recv() {
                // What was ordered meanwhile goes with it.
                let group: BTreeSet<_> = iter::once(first).chain(received.try_iter().take(GROUP - 1)).collect();
                // What fails stays in the store; the closing seal tries again and reports.
                let names = group.into_iter().collect();
                storage.seal(names, OpenChains::MayContinue, &mut |_| (), &mut SealReport::default());
            }
        });
        Running { orders, thread: thread.ok() }
    }

    /// Has a fingerprint sealed, soon.
    pub(super) fn order(&self, folder: &str, fp: Fingerprint) {
        let running = self.running.get_or_init(|| self.start());
        let _ = running.orders.send((folder.to_owned(), fp));
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        if let Some(Running { orders, thread: Some(thread) }) = self.running.take() {
            drop(orders);
            let _ = thread.join();
        }
    }
}
