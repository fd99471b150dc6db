//! `ramtape merge-file`: git's merge driver for the files of a cassette.

use crate::cassette::{merge_manifest_texts, merge_variable_texts};
use crate::cli::MergeFileArgs;
use crate::diff::{Piece, combine, write_both, write_clashing};
use crate::entry_file::{self, Unwritable};
use crate::model::{Entry, Take, counted};
use crate::ui::{CommandError, Console, Exit, output};
use std::path::Path;

pub(super) fn run(args: &MergeFileArgs, console: Console) -> Result<Exit, CommandError> {
    let (base, ours, theirs) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    let path = args.path.as_deref().unwrap_or(&args.ours).display();
    if let Some((text, clashes)) = merge_variable_texts(&base, &ours, &theirs) {
        output::replace_file(&args.ours, &text)?;
        if clashes == 0 {
            return Ok(Exit::Well);
        }
        let variables = counted(clashes as u64, "variable has different values", "variables have different values");
        console.problem(&format!("{path}: {variables} on the two sides: choose between the markers"));
        return Ok(Exit::Failed);
    }
    let merged = match merge_manifest_texts(&base, &ours, &theirs) {
        Some(manifest) => manifest.map(|text| (text, 0)).map_err(MergeFileError::Manifest),
        None => merge_entries(&base, &ours, &theirs),
    };
    let (text, conflict) = match merged {
        Ok((text, 0)) => (Some(text), None),
        Ok((text, clashes)) => {
            let takes = counted(clashes, "take was", "takes were");
            let advice = "choose between the markers";
            (Some(text), Some(format!("{path}: {takes} changed differently on both sides: {advice}")))
        }
        Err(reason) => {
            let (text, outcome) = match (str::from_utf8(&ours), str::from_utf8(&theirs)) {
                (Ok(ours), Ok(theirs)) => (Some(write_both(ours, theirs)), "the file now holds both sides in full"),
                // Markers cannot be put around what is no text without changing it.
                _ => (None, "one side is not UTF-8, so the file keeps our side"),
            };
            (text, Some(format!("{path} cannot be merged: {reason}; {outcome}")))
        }
    };
    if let Some(text) = text {
        output::replace_file(&args.ours, &text)?;
    }
    if let Some(conflict) = &conflict {
        console.problem(conflict);
    }
    Ok(if conflict.is_some() { Exit::Failed } else { Exit::Well })
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })
}

/// Why two versions of a file cannot be merged.
#[derive(Debug, thiserror::Error)]
enum MergeFileError {
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

/// The merged text and the number of takes that clash in it.
///
/// # Errors
/// Where there is no merged text.
fn merge_entries(base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<(String, u64), MergeFileError> {
    let ours = entry(ours, "our side")?;
    let theirs = entry(theirs, "their side")?;
    let base = if base.is_empty() { Vec::new() } else { entry(base, "the common base")?.takes };
    let head = |entry: &Entry| Entry { takes: Vec::new(), ..entry.clone() };
    if head(&ours) != head(&theirs) {
        return Err(MergeFileError::OtherRequest);
    }
    let pieces = combine(&base, &ours.takes, &theirs.takes);
    let clashes = pieces.iter().filter(|piece| matches!(piece, Piece::Clash { .. })).count();
    if clashes > 0 {
        let text = write_clashing(&ours, &pieces).map_err(MergeFileError::Unwritable)?;
        return Ok((text, clashes as u64));
    }
    let takes: Vec<Take> = pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Agreed(take) => Some(take),
            Piece::Clash { .. } => None,
        })
        .collect();
    if takes.is_empty() {
        return Err(MergeFileError::NothingLeft);
    }
    entry_file::write(&Entry { takes, ..ours }).map(|text| (text, 0)).map_err(MergeFileError::Unwritable)
}

fn entry(text: &[u8], side: &'static str) -> Result<Entry, MergeFileError> {
    entry_file::read(text).map_err(|flaw| MergeFileError::Unreadable {
        side,
        line: flaw.line(text),
        reason: flaw.reason,
    })
}
