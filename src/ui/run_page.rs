//! The latest run over a cassette, as a page or a picture.

use super::error::CommandError;
use crate::cassette::{self, FolderKind};
use crate::engine::{Call, CallJournal};
use crate::inspector::{render_report, render_timeline};
use std::path::Path;

/// A run over one cassette, or over those that its sessions have.
#[derive(Debug)]
pub(crate) struct Run {
    /// What the cassette is called: the last part of its folder.
    name: String,
    journal: CallJournal,
}

impl Run {
    /// The run as a page by itself.
    pub(crate) fn html(&self) -> String {
        render_report(&self.name, &self.journal)
    }

    /// Its timeline as an SVG file.
    pub(crate) fn svg(&self) -> String {
        render_timeline(&self.journal)
    }
}

/// The latest run over the cassette in `root`, or over the cassettes below it, one a session.
///
/// # Errors
/// Where there is no cassette, or no run is known.
pub(crate) fn read_latest(root: &Path) -> Result<Run, CommandError> {
    let roots = match FolderKind::detect(root)? {
        FolderKind::Cassette => vec![root.to_owned()],
        FolderKind::Sessions(_) => cassette::below(root)?,
        FolderKind::Absent => return Err(CommandError::NoCassette { root: root.to_owned() }),
        FolderKind::Empty | FolderKind::Foreign => return Err(CommandError::NotACassette { root: root.to_owned() }),
    };
    let mut journals = Vec::new();
    for root in &roots {
        journals.extend(cassette::read_calls(root)?.and_then(|text| CallJournal::parse(&text)));
    }
    let journal = join(journals).ok_or_else(|| CommandError::NoRun { root: root.to_owned() })?;
    Ok(Run { name: root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned(), journal })
}

/// The journals of the latest run as one, without the histories of its sessions. Each cassette has numbered its own calls: those of
/// several are numbered anew.
fn join(mut journals: Vec<CallJournal>) -> Option<CallJournal> {
    let latest = journals.iter().map(|journal| journal.head.began).max()?;
    journals.retain(|journal| journal.head.began == latest);
    if journals.len() < 2 {
        return journals.pop();
    }
    let mut joined = CallJournal { head: journals.first()?.head.clone(), ..CallJournal::default() };
    joined.head.recorded = journals.iter().any(|journal| journal.head.recorded);
    let mut calls: Vec<Call> = journals.into_iter().flat_map(|journal| journal.calls).collect();
    calls.sort_by_key(|call| call.at);
    for (number, call) in (1..).zip(&mut calls) {
        call.number = number;
    }
    joined.calls = calls;
    Some(joined)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::engine::{CallOutcome, JournalHead};

    fn journal(began: u64, times: &[u64]) -> CallJournal {
        let call = |(number, at): (u64, &u64)| Call {
            number,
            at: *at,
            took: 1,
            session: None,
            operation: at.to_string(),
            is_write: false,
            request: None,
            status: 200,
            outcome: CallOutcome::Recorded,
        };
        let head = JournalHead { by: "pytest".to_owned(), began, recorded: false };
        CallJournal { head, calls: (1..).zip(times).map(call).collect(), ..CallJournal::default() }
    }

    #[test]
    fn cassettes_of_one_run_are_joined_in_the_order_of_time() {
        let joined = join(vec![journal(7, &[10, 30]), journal(3, &[5]), journal(7, &[20])]).unwrap();
        let calls: Vec<_> = joined.calls.iter().map(|call| (call.number, call.at)).collect();
        assert_eq!((joined.head.began, calls), (7, vec![(1, 10), (2, 20), (3, 30)]));
        let alone = journal(3, &[5, 6]);
        assert_eq!(join(vec![alone.clone()]), Some(alone));
        assert_eq!(join(Vec::new()), None);
    }
}
