//! The writes that takes lead back to: whether they are there when what leads to them becomes text.

use crate::cassette::policy::BrokenEntry;
use crate::cassette::storage::{Storage, WriteLookups};
use crate::cassette::take_links::{after, bringing, values};
use crate::diff::RecordedTake;
use crate::model::{Entry, Take};
use parking_lot::MutexGuard;

impl Storage {
    /// Checks the links of the takes in `recorded`, which are about to be text as part of `entry`. Says whether one was
    /// recorded after a write that is not there: a replay takes that for the beginning of the session.
    ///
    /// # Errors
    /// Where one holds a value of a write that is not there: on replay nothing would ever be that value.
    pub(crate) fn prove_links(&self, entry: &Entry, recorded: &[RecordedTake]) -> Result<bool, BrokenEntry> {
        let mut dangling = false;
        for RecordedTake { take, .. } in recorded {
            if let Some(write) = values(&entry.request, take).into_iter().find(|write| !self.has_write(write)) {
                let pointer = place(entry, take);
                let reason = format!("it holds a value of the write {write}, which is not in the cassette");
                return Err(BrokenEntry { pointer, reason });
            }
            dangling |= after(take).is_some_and(|write| !self.has_write(write));
        }
        Ok(dangling)
    }

    /// Notes the writes among `takes`, so that nobody needs to look for them.
    pub(crate) fn note_writes(&self, takes: &[Take]) {
        let ids = takes.iter().filter_map(|take| take.id.clone());
        self.known_writes().extend(ids.map(|id| (id, true)));
    }

    fn known_writes(&self) -> MutexGuard<'_, WriteLookups> {
        self.writes.lock()
    }

    /// Whether the write `id` is there, in the text or in the store. A folder is read once for all its writes.
    fn has_write(&self, id: &str) -> bool {
        if let Some(known) = self.known_writes().get(id) {
            return *known;
        }
        if let Some((folder, fp)) = bringing(id) {
            return self.load(folder, &fp).is_ok_and(|loaded| loaded.entry.is_some());
        }
        let folder = id.split_once('/').map_or("", |(folder, _)| folder);
        // Where a file cannot be read it may be in there; that the file is damaged is told elsewhere.
        let mut unread = false;
        for (_, fp) in self.names().unwrap_or_default().iter().filter(|(name, _)| name == folder) {
            match self.load(folder, fp) {
                Ok(loaded) => self.note_writes(&loaded.entry.map(|entry| entry.takes).unwrap_or_default()),
                Err(_) => unread = true,
            }
        }
        *self.known_writes().entry(id.to_owned()).or_insert(unread)
    }
}

/// JSON pointer to a take, or to the request where it is not told apart.
fn place(entry: &Entry, take: &Take) -> String {
    let at = entry.takes.iter().position(|other| other == take);
    at.map_or_else(|| "/request".to_owned(), |at| format!("/takes/{at}"))
}
