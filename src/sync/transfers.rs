//! Many objects moved at once.

use super::SyncError;
use std::collections::VecDeque;
use std::future::Future;
use tokio::task::JoinSet;

/// Runs `jobs`, at most `limit` at once, and hands what each gives to `done`, in the order in which they end. At the first failure the
/// rest is left.
pub(super) async fn run_all<T, F>(
    jobs: impl IntoIterator<Item = F>,
    limit: usize,
    mut done: impl FnMut(T) -> Result<(), SyncError>,
) -> Result<(), SyncError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, SyncError>> + Send + 'static,
{
    let mut waiting: VecDeque<F> = jobs.into_iter().collect();
    let mut running = JoinSet::new();
    loop {
        while running.len() < limit.max(1)
            && let Some(job) = waiting.pop_front()
        {
            running.spawn(job);
        }
        match running.join_next().await {
            Some(Ok(ended)) => done(ended?)?,
            Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            None => return Ok(()),
        }
    }
}
