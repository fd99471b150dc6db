//! The requests whose takes differ.

use super::side::{ReviewError, Side};
use crate::diff::{Paging, TakeChange, changes};
use crate::fingerprint::Fingerprint;
use crate::model::{Entry, Take};
use crate::service::Service;
use std::collections::BTreeSet;

/// A request whose takes differ. One of the entries is there.
#[derive(Debug)]
pub struct RequestDiff {
    /// Its operation's folder.
    pub folder: String,
    /// What identifies it.
    pub fingerprint: Fingerprint,
    /// What was recorded.
    pub before: Option<Entry>,
    /// What is recorded.
    pub after: Option<Entry>,
    /// What became of its takes.
    pub changes: Vec<TakeChange>,
}

/// What became of a request as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is no longer there.
    Gone,
    /// Its takes are others.
    Changed,
}

impl RequestDiff {
    /// What became of it as a whole.
    #[must_use]
    pub const fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Gone,
            _ => ChangeKind::Changed,
        }
    }

    /// What was asked.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Added, Self::Gone, Self::Changed];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

/// What to do with files that are the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameFiles {
    /// They are read all the same: one that is damaged is told.
    Read,
    /// They are passed over: thousands are compared at once.
    Skip,
}

/// Gives `found` each request whose takes differ, by operation. `step` is told the number of all requests before each.
///
/// # Errors
/// Where either side cannot be read.
pub fn find_differences(
    before: &Side<'_>,
    after: &Side<'_>,
    (service, same_files): (&Service, SameFiles),
    step: &mut dyn FnMut(usize),
    found: &mut dyn FnMut(RequestDiff),
) -> Result<(), ReviewError> {
    let names: BTreeSet<(String, Fingerprint)> = before.names()?.into_iter().chain(after.names()?).collect();
    let all = names.len();
    for (folder, fingerprint) in names {
        step(all);
        if same_files == SameFiles::Skip && before.has_same_file(after, &folder, &fingerprint) {
            continue;
        }
        let (old, new) = (before.entry(&folder, &fingerprint)?, after.entry(&folder, &fingerprint)?);
        if old == new {
            continue;
        }
        let changes = changes(old.as_ref(), new.as_ref(), old.as_ref().and_then(|entry| paging(entry, service)));
        if !changes.is_empty() {
            found(RequestDiff { folder, fingerprint, before: old, after: new, changes });
        }
    }
    Ok(())
}

fn paging<'a>(entry: &Entry, service: &'a Service) -> Option<Paging<'a>> {
    let items = service.operation_named(entry.operation.as_str())?.page_items.as_deref()?;
    Some(Paging { items, token: &service.paging.token })
}

/// What tells a take from others, each part by itself.
#[must_use]
pub fn describe_take(take: &Take) -> Vec<String> {
    let status = take.pages.last().map(|page| match page.error_kind() {
        Some(kind) => format!("{} {kind}", page.status),
        None => page.status.to_string(),
    });
    let parts = [
        take.session.as_ref().map(|session| format!("session {session}")),
        take.after.as_ref().map(|write| format!("after {write}")),
        status,
        (take.pages.len() != 1).then(|| format!("{} pages", take.pages.len())),
        (!take.complete).then(|| "in part".to_owned()),
    ];
    parts.into_iter().flatten().collect()
}
