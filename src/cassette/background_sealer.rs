//! The thread that writes ended chains as text while the recording goes on.

use super::pending_file::OpenChains;
use super::seal::{GROUP, SealReport};
use super::storage::Storage;
use crate::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

/// The thread, ended and awaited when this is dropped.
pub(super) struct Sealer {
    orders: Option<Sender<(String, Fingerprint)>>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    /// Starts the thread. Without one (the machine has none to give) everything is sealed at the end.
    pub(super) fn start(storage: Arc<Storage>) -> Self {
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
        Self { orders: Some(orders), thread: thread.ok() }
    }

    /// Has a fingerprint sealed, soon.
    pub(super) fn order(&self, folder: &str, fp: Fingerprint) {
        if let Some(orders) = &self.orders {
            let _ = orders.send((folder.to_owned(), fp));
        }
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
