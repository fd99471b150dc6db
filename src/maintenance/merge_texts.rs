//! Two versions of a file of a cassette, merged as git's merge driver does it.

use crate::cassette::{merge_manifest_texts, merge_variable_texts};
use crate::diff::{Piece, combine, write_both, write_clashing};
use crate::entry_file::{self, Unwritable};
use crate::model::{Entry, Take, counted};

/// What two versions of a file became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergedText {
    /// One text that holds what both sides changed.
    Merged(String),
    /// Both sides changed the same: the text has markers around it, and somebody has to choose.
    Conflict {
        /// The text with the markers; `None` where one side is no text, and none can be put around it.
        text: Option<String>,
        /// What conflicts and what became of it, for people.
        reason: String,
    },
}

/// Why two versions of an entry cannot be merged.
#[derive(Debug, thiserror::Error)]
enum MergeFlaw {
    #[error("{0}")]
    Manifest(&'static str),
    #[error("{side}, line {line}: {reason}")]
    Unreadable { side: &'static str, line: usize, reason: String },
    #[error("the two sides are for different requests")]
    OtherRequest,
    #[error("nothing would be left: each side removed what the other kept")]
    NothingLeft,
    #[error("{0}")]
    Unwritable(Unwritable),
}

/// What `ours` and `theirs`, two versions of one file of a cassette, become; `base` is what both began with, and empty where
/// both made the file.
#[must_use]
pub fn merge_texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> MergedText {
    if let Some((text, clashes)) = merge_variable_texts(base, ours, theirs) {
        let variables = counted(clashes as u64, "variable has different values", "variables have different values");
        return of_clashes(text, clashes, format!("{variables} on the two sides"));
    }
    let merged = match merge_manifest_texts(base, ours, theirs) {
        Some(manifest) => manifest.map(|text| (text, 0)).map_err(MergeFlaw::Manifest),
        None => merge_entries(base, ours, theirs),
    };
    match merged {
        Ok((text, clashes)) => {
            let takes = counted(clashes as u64, "take was", "takes were");
            of_clashes(text, clashes, format!("{takes} changed differently on both sides"))
        }
        Err(flaw) => {
            let (text, outcome) = match (str::from_utf8(ours), str::from_utf8(theirs)) {
                (Ok(ours), Ok(theirs)) => (Some(write_both(ours, theirs)), "the file now holds both sides in full"),
                // Markers cannot be put around what is no text without changing it.
                _ => (None, "one side is not UTF-8, so the file keeps our side"),
            };
            MergedText::Conflict { text, reason: format!("cannot be merged: {flaw}; {outcome}") }
        }
    }
}

fn of_clashes(text: String, clashes: usize, what: String) -> MergedText {
    match clashes {
        0 => MergedText::Merged(text),
        _ => MergedText::Conflict { text: Some(text), reason: format!("{what}: choose between the markers") },
    }
}

/// The merged text and the number of takes that clash in it.
///
/// # Errors
/// Where there is no merged text.
fn merge_entries(base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<(String, usize), MergeFlaw> {
    let ours = read(ours, "our side")?;
    let theirs = read(theirs, "their side")?;
    let base = if base.is_empty() { Vec::new() } else { read(base, "the common base")?.takes };
    let head = |entry: &Entry| Entry { takes: Vec::new(), ..entry.clone() };
    if head(&ours) != head(&theirs) {
        return Err(MergeFlaw::OtherRequest);
    }
    let pieces = combine(&base, &ours.takes, &theirs.takes);
    let clashes = pieces.iter().filter(|piece| matches!(piece, Piece::Clash { .. })).count();
    if clashes > 0 {
        let text = write_clashing(&ours, &pieces).map_err(MergeFlaw::Unwritable)?;
        return Ok((text, clashes));
    }
    let takes: Vec<Take> = pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Agreed(take) => Some(take),
            Piece::Clash { .. } => None,
        })
        .collect();
    if takes.is_empty() {
        return Err(MergeFlaw::NothingLeft);
    }
    entry_file::write(&Entry { takes, ..ours }).map(|text| (text, 0)).map_err(MergeFlaw::Unwritable)
}

fn read(text: &[u8], side: &'static str) -> Result<Entry, MergeFlaw> {
    entry_file::read(text).map_err(|flaw| MergeFlaw::Unreadable { side, line: flaw.line(text), reason: flaw.reason })
}
