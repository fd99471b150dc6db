//! The runtime of one guard.

use std::io;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// A runtime with a thread of its own, which may be dropped inside of another runtime.
#[derive(Debug)]
pub(super) struct OwnRuntime {
    handle: Handle,
    /// `None` once it is dropped.
    runtime: Option<Runtime>,
}

impl OwnRuntime {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("ramtape").enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Has `task` run there. Whoever runs on another runtime, or on none, can await it.
    pub(super) fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn(task)
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // A runtime that is simply dropped waits for its threads, and no task may do that.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
