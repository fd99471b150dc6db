//! sled: what lookups are answered from faster than from text and journal, and what may be thrown away at any time.
//!
//! sled has shown damage by an error, by an iterator that errs for ever, by a panic, by not answering, and not at all. So
//! every value has a checksum that binds it to its key; it is opened under a deadline; it is written by a thread of its own
//! that nobody waits for; and at the first doubt its folder is set aside, and text and journal answer alone.

use super::disk_space::DiskSpace;
use super::guarded::{guard, unguard};
use parking_lot::{Mutex, RwLock};
use sled::{Config, Db, Tree};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How many bytes may wait to be written. What comes beyond is left to text and journal.
const LARGEST_QUEUE: usize = 32 << 20;

/// An index that has grown larger on the disk than so many times its cache, as those of earlier versions did, is made anew.
const LARGEST_FOLDER: u64 = 16;

/// How long written values may be in memory only.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// What a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    /// A page of a pending take.
    Page,
    /// An entry's file, read.
    Entry,
    /// Upstream's token for a page.
    Token,
    /// How long upstream took.
    Time,
}

/// The open sled.
#[derive(Clone)]
struct Trees {
    db: Db,
    pages: Tree,
    entries: Tree,
    tokens: Tree,
    times: Tree,
}

impl Trees {
    const fn tree(&self, kind: RecordKind) -> &Tree {
        match kind {
            RecordKind::Page => &self.pages,
            RecordKind::Entry => &self.entries,
            RecordKind::Token => &self.tokens,
            RecordKind::Time => &self.times,
        }
    }
}

/// What the thread that writes is to do.
enum Job {
    Put(RecordKind, Vec<u8>, Vec<u8>),
    Remove(RecordKind, Vec<u8>),
    Clear(RecordKind),
    /// Removes the values that are no longer good.
    Retain(RecordKind, fn(&[u8]) -> bool),
}

/// Why sled is not used as it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Doubt {
    /// It says so itself.
    #[error("it does not open")]
    Sled(#[from] sled::Error),
    /// It does not answer in time.
    #[error("it does not answer")]
    Deadline,
    /// It panicked.
    #[error("it panicked")]
    Panicked,
}

/// The index of one cassette, or what is left of it.
pub(super) struct SledIndex {
    shared: Arc<IndexState>,
    jobs: Option<Sender<Job>>,
    /// Closed when the thread that writes has ended.
    ended: Option<Mutex<Receiver<()>>>,
    deadline: Duration,
}

struct IndexState {
    path: PathBuf,
    /// `None` once there was a doubt.
    trees: RwLock<Option<Trees>>,
    /// How many bytes wait to be written.
    queued: AtomicUsize,
    /// How many bytes of entries' files there is room for.
    room: AtomicU64,
}

impl SledIndex {
    /// Opens the index at `path`. One that is damaged is set aside, and another one made; where that does not open either,
    /// there is none. Gives why and where the damaged one is.
    ///
    /// It copies no more of the text than `cache`, in bytes: sled takes memory for each value that it holds, whether it is asked for or
    /// not, and about three times as much as the value has. What comes beyond is read from the text, which is hardly slower.
    pub(super) fn open(path: &Path, cache: u64, deadline: Duration) -> (Self, Option<(String, PathBuf)>) {
        if folder_size(path) > LARGEST_FOLDER * cache {
            // Where it stays, it is used as it is.
            let _ = fs::remove_dir_all(path);
        }
        let (trees, damaged) = match open_trees(path, cache, deadline) {
            Ok(trees) => (Some(trees), None),
            Err(doubt) => {
                let aside = set_aside(path);
                (open_trees(path, cache, deadline).ok(), Some((doubt.to_string(), aside)))
            }
        };
        let held = trees.as_ref().and_then(|trees| trees.db.size_on_disk().ok()).unwrap_or_default();
        let room = cache.saturating_sub(held);
        let shared = IndexState {
            path: path.to_owned(),
            trees: RwLock::new(trees),
            queued: AtomicUsize::new(0),
            room: AtomicU64::new(room),
        };
        let shared = Arc::new(shared);
        let (jobs, received) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let writing = Arc::clone(&shared);
        let spawned = thread::Builder::new().name("ramtape-index".to_owned()).spawn(move || {
            write_jobs(&writing, &received);
            // The last to hold sled closes it.
            let trees = writing.trees.write().take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(trees)));
            drop(end);
        });
        let (jobs, ended) = if spawned.is_ok() { (Some(jobs), Some(Mutex::new(ended))) } else { (None, None) };
        (Self { shared, jobs, ended, deadline }, damaged)
    }

    /// The value of `key`, if there is one and its checksum holds.
    pub(super) fn get(&self, kind: RecordKind, key: &[u8]) -> Option<Vec<u8>> {
        let guarded = self.shared.ask(|trees| trees.tree(kind).get(key))??;
        unguard(key, &guarded).map(<[u8]>::to_vec)
    }

    /// Has a value written, soon, where the disk has room.
    pub(super) fn put(&self, kind: RecordKind, key: &[u8], value: &[u8]) {
        let size = key.len() + value.len();
        if kind == RecordKind::Entry && !self.shared.take_room(size as u64) {
            return;
        }
        if self.shared.queued.fetch_add(size, Ordering::Relaxed) + size > LARGEST_QUEUE {
            self.shared.queued.fetch_sub(size, Ordering::Relaxed);
            return;
        }
        self.order(Job::Put(kind, key.to_vec(), guard(key, value)));
    }

    /// Has a value removed, soon.
    pub(super) fn remove(&self, kind: RecordKind, key: Vec<u8>) {
        self.order(Job::Remove(kind, key));
    }

    /// Has all values of a kind removed, soon.
    pub(super) fn clear(&self, kind: RecordKind) {
        self.order(Job::Clear(kind));
    }

    /// Has the values of a kind removed, soon, of which `is_good` does not say yes, and those that do not hold.
    pub(super) fn retain(&self, kind: RecordKind, is_good: fn(&[u8]) -> bool) {
        self.order(Job::Retain(kind, is_good));
    }

    fn order(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for SledIndex {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(ended) = self.ended.take() {
            // Closing sled writes what it has not written yet, and may hang. Then the thread is left behind.
            let _ = ended.lock().recv_timeout(self.deadline);
        }
    }
}

impl IndexState {
    /// Takes room for an entry; false where there is not enough. A replaced entry's room is had again at the next start.
    fn take_room(&self, size: u64) -> bool {
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(size)).is_ok()
    }

    /// Asks sled; `None` where there is none, or where it fails, which ends its use.
    fn ask<T>(&self, ask: impl FnOnce(&Trees) -> sled::Result<T>) -> Option<T> {
        // Not under the lock: sled may hang.
        let trees = self.trees.read().clone()?;
        let asked = catch_unwind(AssertUnwindSafe(|| ask(&trees))).map_err(|_| Doubt::Panicked);
        match asked.and_then(|answer| Ok(answer?)) {
            Ok(answer) => Some(answer),
            Err(doubt) => {
                self.give_up(&doubt);
                None
            }
        }
    }

    /// Uses sled no more. Its folder goes out of the way, so that the next start makes another one.
    fn give_up(&self, doubt: &Doubt) {
        if let Some(trees) = self.trees.write().take() {
            // Closing what failed may hang or panic.
            std::mem::forget(trees);
            let aside = set_aside(&self.path);
            tracing::warn!(%doubt, aside = %aside.display(), "the cassette's index failed; text and journal are used");
        }
    }
}

/// Does the jobs as they come, until nobody can order any more.
fn write_jobs(shared: &IndexState, jobs: &Receiver<Job>) {
    let mut space = DiskSpace::new(shared.path.with_file_name("reserve"));
    let mut unflushed: Option<Instant> = None;
    loop {
        let due = unflushed.map_or(FLUSH_EVERY, |since| FLUSH_EVERY.saturating_sub(since.elapsed()));
        match jobs.recv_timeout(due) {
            Ok(job) => {
                write_job(shared, &mut space, job);
                unflushed.get_or_insert_with(Instant::now);
            }
            Err(RecvTimeoutError::Timeout) => {
                if unflushed.take().is_some() && space.reserve(0).is_ok() {
                    shared.ask(|trees| trees.db.flush().map(drop));
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn write_job(shared: &IndexState, space: &mut DiskSpace, job: Job) {
    match job {
        Job::Put(kind, key, guarded) => {
            shared.queued.fetch_sub(key.len() + guarded.len() - super::guarded::CHECKSUM, Ordering::Relaxed);
            if space.reserve(key.len() + guarded.len()).is_ok() {
                shared.ask(|trees| trees.tree(kind).insert(key, guarded).map(drop));
            }
        }
        // What goes is a write too.
        Job::Remove(kind, key) if space.reserve(key.len()).is_ok() => {
            shared.ask(|trees| trees.tree(kind).remove(key).map(drop));
        }
        Job::Clear(kind) if space.reserve(0).is_ok() => {
            shared.ask(|trees| trees.tree(kind).clear());
        }
        Job::Retain(kind, is_good) if space.reserve(0).is_ok() => {
            shared.ask(|trees| {
                let tree = trees.tree(kind);
                let mut stale = Vec::new();
                // An iterator that errs may err for ever: the first error ends it.
                for item in tree.iter() {
                    let (key, guarded) = item?;
                    let is_stale = !unguard(&key, &guarded).is_some_and(is_good);
                    stale.extend(is_stale.then_some(key));
                }
                stale.into_iter().try_for_each(|key| tree.remove(key).map(drop))
            });
        }
        // On a full disk it stays.
        Job::Remove(..) | Job::Clear(_) | Job::Retain(..) => {}
    }
}

fn open_trees(path: &Path, cache: u64, deadline: Duration) -> Result<Trees, Doubt> {
    let path = path.to_owned();
    within(deadline, move || -> Result<Trees, Doubt> {
        let db = open_db(&path, cache)?;
        let (pages, entries) = (db.open_tree("pages")?, db.open_tree("entries")?);
        let (tokens, times) = (db.open_tree("tokens")?, db.open_tree("times")?);
        Ok(Trees { db, pages, entries, tokens, times })
    })?
}

/// Opens sled. Its own lock can outlive a store just closed for a moment (in a process being started, or in one of its
/// threads), so that is waited for; ramtape's lock has shown already that no other process uses the store.
fn open_db(path: &Path, cache: u64) -> Result<Db, Doubt> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let start = Instant::now();
    loop {
        match Config::new().path(path).cache_capacity(cache).flush_every_ms(None).open() {
            // sled tells this by its message only.
            Err(sled::Error::Io(error))
                if start.elapsed() < PATIENCE && error.to_string().contains("could not acquire lock") =>
            {
                thread::sleep(Duration::from_millis(2));
            }
            opened => return Ok(opened?),
        }
    }
}

/// Runs `work` on a thread of its own, for no longer than the deadline. A thread that hangs is left behind.
fn within<T: Send + 'static>(deadline: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Doubt> {
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name("ramtape-index-open".to_owned()).spawn(move || {
        let _ = sender.send(work());
    });
    // The closure, and the sender in it, is gone where there is no thread.
    drop(spawned);
    receiver.recv_timeout(deadline).map_err(|error| match error {
        RecvTimeoutError::Timeout => Doubt::Deadline,
        RecvTimeoutError::Disconnected => Doubt::Panicked,
    })
}

/// How many bytes the files in the folder at `path` have.
fn folder_size(path: &Path) -> u64 {
    let files = fs::read_dir(path).into_iter().flatten().flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// Moves the folder at `path` to `sled.damaged`, in place of an earlier one.
fn set_aside(path: &Path) -> PathBuf {
    let aside = path.with_file_name("sled.damaged");
    let _ = fs::remove_dir_all(&aside);
    let _ = fs::rename(path, &aside);
    aside
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn open(folder: &Path) -> SledIndex {
        let (index, damaged) = SledIndex::open(&folder.join("sled"), 1 << 20, Duration::from_secs(10));
        assert_eq!(damaged, None);
        index
    }

    #[test]
    fn no_more_of_the_text_is_copied_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sled");
        let (index, _) = SledIndex::open(&path, 10_000, Duration::from_secs(10));
        for key in 0..20_u8 {
            index.put(RecordKind::Entry, &[key], &[0; 1000]);
            index.put(RecordKind::Page, &[key], &[0; 1000]);
        }
        drop(index);
        let (index, _) = SledIndex::open(&path, 10_000, Duration::from_secs(10));
        let held = |kind| (0..20_u8).filter(|key| index.get(kind, &[*key]).is_some()).count();
        assert!((1..10).contains(&held(RecordKind::Entry)), "{}", held(RecordKind::Entry));
        assert_eq!(held(RecordKind::Page), 20, "what is pending is no copy of text");
        drop(index);
        // As if an earlier version had filled it.
        fs::write(path.join("more"), vec![0; 16 * 10_001]).unwrap();
        let (index, damaged) = SledIndex::open(&path, 10_000, Duration::from_secs(10));
        assert_eq!((index.get(RecordKind::Entry, &[0]), damaged), (None, None));
    }

    #[test]
    fn what_is_put_is_found_after_it_was_closed() {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        for (key, value) in [(b"a", b"1"), (b"b", b"2"), (b"c", b"3"), (b"d", b"4")] {
            index.put(RecordKind::Page, key, value);
        }
        index.remove(RecordKind::Page, b"b".to_vec());
        index.retain(RecordKind::Page, |value| value != b"3");
        index.put(RecordKind::Entry, b"a", b"5");
        drop(index);
        let index = open(folder.path());
        let found = [b"a", b"b", b"c", b"d"].map(|key| index.get(RecordKind::Page, key));
        assert_eq!(found, [Some(b"1".to_vec()), None, None, Some(b"4".to_vec())]);
        index.clear(RecordKind::Page);
        drop(index);
        let index = open(folder.path());
        assert_eq!(
            (index.get(RecordKind::Page, b"a"), index.get(RecordKind::Entry, b"a")),
            (None, Some(b"5".to_vec()))
        );
    }

    #[test]
    fn a_value_that_does_not_hold_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        let trees = index.shared.trees.read().clone().unwrap();
        let mut guarded = guard(b"key", b"value");
        trees.pages.insert(b"other", guarded.as_slice()).unwrap();
        assert_eq!(index.get(RecordKind::Page, b"other"), None, "a value under another key");
        *guarded.last_mut().unwrap() ^= 1;
        trees.pages.insert(b"key", guarded).unwrap();
        assert_eq!(index.get(RecordKind::Page, b"key"), None, "a flipped bit");
    }

    #[test]
    fn a_failure_sets_it_aside_and_ends_its_use() {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        #[expect(clippy::panic, reason = "what is tested")]
        let failed = index.shared.ask(|_| -> sled::Result<()> { panic!("as sled does") });
        assert_eq!(failed, None);
        index.put(RecordKind::Page, b"key", b"value");
        assert_eq!(index.get(RecordKind::Page, b"key"), None);
        drop(index);
        assert!(folder.path().join("sled.damaged").is_dir() && !folder.path().join("sled").exists());
        drop(open(folder.path()));
    }

    #[test]
    fn without_room_on_the_disk_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        // Nobody can write a file where a folder is.
        fs::create_dir(folder.path().join("reserve")).unwrap();
        let index = open(folder.path());
        index.put(RecordKind::Page, b"key", b"value");
        drop(index);
        let index = open(folder.path());
        assert_eq!(index.get(RecordKind::Page, b"key"), None);
        assert_eq!(index.shared.queued.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_hangs_or_panics_is_a_doubt() {
        let hangs = || loop {
            thread::park();
        };
        assert!(matches!(within(Duration::from_millis(20), hangs), Err::<(), _>(Doubt::Deadline)));
        #[expect(clippy::panic, reason = "what is tested")]
        let panics = || -> () { panic!("as sled does") };
        assert!(matches!(within(Duration::from_secs(10), panics), Err(Doubt::Panicked)));
        assert!(matches!(within(Duration::from_secs(10), || 7), Ok(7)));
    }
}
