//! What a cassette holds, kept in memory between two views: a file is read again only when it has changed.

use crate::cassette::{Cassette, CassetteError, EntryOrigin};
use crate::coverage::TakeFacts;
use crate::engine::PreparedEntry;
use crate::entry_file::spelled;
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, OperationName};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many characters are kept of a request.
const REQUEST_START: usize = 160;

/// How many bytes of text a cassette's index keeps to search in. What is beyond is read again for each search.
const MOST_TEXT: usize = 64 << 20;

/// Of how many cassettes an index is kept.
const MOST_CASSETTES: usize = 8;

/// Threads that read files at the same time, at most.
const MOST_THREADS: usize = 8;

/// Folder and fingerprint of a recorded request.
pub(super) type RequestKey = (String, Fingerprint);

/// A recorded request in short; an error where its file cannot be read, `None` where it has just gone.
pub(super) type Summarised = Result<Option<Arc<RequestSummary>>, CassetteError>;

/// A recorded request in short.
#[derive(Debug)]
pub(super) struct RequestSummary {
    pub(super) operation: OperationName,
    pub(super) region: String,
    pub(super) actor: String,
    /// The beginning of its canonical parameters.
    pub(super) request: String,
    pub(super) takes: Vec<TakeSummary>,
    folder: String,
    origin: EntryOrigin,
    /// What a search looks in, in lower case; `None` where there is too much of it to keep.
    text: Option<Box<str>>,
}

/// A take in short.
#[derive(Debug)]
pub(super) struct TakeSummary {
    pub(super) session: Option<String>,
    /// The id of the write that it is.
    pub(super) id: Option<String>,
    pub(super) facts: TakeFacts,
}

/// The indexes of the cassettes that were looked at.
#[derive(Debug, Default)]
pub(super) struct Indexes(Mutex<HashMap<PathBuf, Arc<CassetteIndex>>>);

/// What is known of one cassette.
#[derive(Debug, Default)]
pub(super) struct CassetteIndex {
    requests: Mutex<HashMap<Fingerprint, Arc<RequestSummary>>>,
    /// Bytes of text that are kept.
    kept: AtomicUsize,
}

impl Indexes {
    /// The index of the cassette in `root`.
    pub(super) fn get_or_create(&self, root: &Path) -> Arc<CassetteIndex> {
        let mut indexes = self.0.lock();
        if indexes.len() >= MOST_CASSETTES && !indexes.contains_key(root) {
            indexes.clear();
        }
        Arc::clone(indexes.entry(root.to_owned()).or_default())
    }
}

impl CassetteIndex {
    /// The request under `key`, in short.
    pub(super) fn request(&self, cassette: &Cassette<PreparedEntry>, key: &RequestKey) -> Summarised {
        let (folder, fingerprint) = key;
        let known = self.requests.lock().get(fingerprint).cloned();
        if let Some(known) = known
            && known.folder == *folder
            && cassette.is_current(&known.origin)?
        {
            return Ok(Some(known));
        }
        let Some((entry, origin)) = cassette.entry_and_origin(folder, fingerprint)? else {
            self.keep(fingerprint, None);
            return Ok(None);
        };
        let text = search_text(&entry);
        let is_kept = self.kept.load(Ordering::Relaxed) + text.len() <= MOST_TEXT;
        let summary = Arc::new(RequestSummary::new(entry, folder, origin, is_kept.then(|| text.into())));
        self.keep(fingerprint, Some(&summary));
        Ok(Some(summary))
    }

    /// As [`Self::request`], of many, in their order.
    pub(super) fn requests(&self, cassette: &Cassette<PreparedEntry>, keys: &[RequestKey]) -> Vec<Summarised> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let share = keys.len().div_ceil(threads).max(1);
        thread::scope(|scope| {
            let read = |keys: &[RequestKey]| keys.iter().map(|key| self.request(cassette, key)).collect::<Vec<_>>();
            let readers: Vec<_> = keys.chunks(share).map(|keys| scope.spawn(move || read(keys))).collect();
            let found = readers.into_iter().map(|reader| reader.join());
            found.flat_map(|found| found.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }

    /// Forgets what is not among `keys`, which are all that the cassette has.
    pub(super) fn forget_others(&self, keys: &[RequestKey]) {
        let mut requests = self.requests.lock();
        if requests.len() > keys.len() {
            let there: BTreeSet<&Fingerprint> = keys.iter().map(|(_, fingerprint)| fingerprint).collect();
            requests.retain(|fingerprint, _| there.contains(fingerprint));
            let kept = requests.values().map(|request| request.text_size()).sum();
            self.kept.store(kept, Ordering::Relaxed);
        }
    }

    /// Where the write called `id` is recorded: its request, and its take's place there.
    pub(super) fn find_write(
        &self,
        cassette: &Cassette<PreparedEntry>,
        keys: &[RequestKey],
        id: &str,
    ) -> Option<(Fingerprint, usize)> {
        // Its id begins with its operation's folder.
        let (folder, _) = id.split_once('/')?;
        let keys: Vec<RequestKey> = keys.iter().filter(|(other, _)| other == folder).cloned().collect();
        keys.iter().zip(self.requests(cassette, &keys)).find_map(|((_, fingerprint), request)| {
            let request = request.ok().flatten()?;
            let at = request.takes.iter().position(|take| take.id.as_deref() == Some(id))?;
            Some((*fingerprint, at))
        })
    }

    fn keep(&self, fingerprint: &Fingerprint, summary: Option<&Arc<RequestSummary>>) {
        let mut requests = self.requests.lock();
        let before = match summary {
            Some(summary) => requests.insert(*fingerprint, Arc::clone(summary)),
            None => requests.remove(fingerprint),
        };
        let size = |summary: Option<&Arc<RequestSummary>>| summary.map_or(0, |summary| summary.text_size());
        // Under the lock, so that the sum is that of what is kept.
        let kept = self.kept.load(Ordering::Relaxed) + size(summary);
        self.kept.store(kept.saturating_sub(size(before.as_ref())), Ordering::Relaxed);
    }
}

impl RequestSummary {
    fn new(entry: Entry, folder: &str, origin: EntryOrigin, text: Option<Box<str>>) -> Self {
        let takes = entry.takes.iter().map(|take| TakeSummary {
            session: take.session.clone(),
            id: take.id.clone(),
            facts: TakeFacts::from(take),
        });
        Self {
            takes: takes.collect(),
            request: shorten(&entry.request, REQUEST_START),
            operation: entry.operation,
            region: entry.region,
            actor: entry.actor,
            folder: folder.to_owned(),
            origin,
            text,
        }
    }

    /// Whether `needle`, in lower case, stands in what was asked or answered, or in a session's name.
    pub(super) fn contains(&self, cassette: &Cassette<PreparedEntry>, needle: &str) -> bool {
        if let Some(text) = &self.text {
            return text.contains(needle);
        }
        let entry = cassette.entry(&self.folder, self.origin.fingerprint()).ok().flatten();
        entry.is_some_and(|entry| search_text(&entry).contains(needle))
    }

    fn text_size(&self) -> usize {
        self.text.as_ref().map_or(0, |text| text.len())
    }
}

/// What a search looks in, in lower case, a line for each part.
fn search_text(entry: &Entry) -> String {
    let mut text = format!("{}\n{}\n{}\n{}\n", entry.operation.as_str(), entry.region, entry.actor, entry.request);
    let sessions: BTreeSet<&str> = entry.takes.iter().filter_map(|take| take.session.as_deref()).collect();
    for session in sessions {
        text.extend([session, "\n"]);
    }
    for page in entry.takes.iter().flat_map(|take| &take.pages) {
        text.extend([&String::from_utf8_lossy(&spelled(&page.body)), "\n"]);
    }
    text.to_lowercase()
}

/// The beginning of `text`, of `most` characters, and a mark where there is more.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Page, Take};

    #[test]
    fn a_search_looks_in_all_that_was_asked_and_answered() {
        let page = Page { status: 200, headers: Vec::new(), body: Body::literal("{\"Name\":\"Ünique\"}".into()) };
        let take = Take {
            session: Some("Test-A".into()),
            after: None,
            id: None,
            max_results: None,
            complete: true,
            times: 1,
            pages: vec![page],
        };
        let entry = Entry {
            operation: OperationName::Known("GetX".into()),
            region: "eu-west-1".into(),
            actor: "Owner".into(),
            request: "{\"a\":1}".into(),
            takes: vec![take],
        };
        let text = search_text(&entry);
        for part in ["getx", "eu-west-1", "owner", "{\"a\":1}", "test-a", "ünique"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn what_is_shortened_says_so() {
        assert_eq!((shorten("abc", 3), shorten("äbcd", 3)), ("abc".to_owned(), "äbc…".to_owned()));
    }
}
