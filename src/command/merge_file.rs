//! `ramtape merge-file`: git's merge driver for the files of a cassette, and for `cassettes.lock`.

use crate::cli::MergeFileArgs;
use crate::lock_file::merge_lock_texts;
use crate::maintenance::{MergedText, merge_texts};
use crate::model::counted;
use crate::ui::{CommandError, Console, Exit, output};
use std::path::Path;

pub(super) fn run(args: &MergeFileArgs, console: Console) -> Result<Exit, CommandError> {
    let (base, ours, theirs) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    let merged = match merge_lock_texts(&base, &ours, &theirs) {
        Some((text, 0)) => MergedText::Merged(text),
        Some((text, clashes)) => {
            let files = counted(clashes as u64, "file was", "files were");
            let reason = format!("{files} changed differently on both sides: `ramtape pull` merges them");
            MergedText::Conflict { text: Some(text), reason }
        }
        None => merge_texts(&base, &ours, &theirs),
    };
    match merged {
        MergedText::Merged(text) => {
            output::replace_file(&args.ours, &text)?;
            Ok(Exit::Well)
        }
        MergedText::Conflict { text, reason } => {
            text.map_or(Ok(()), |text| output::replace_file(&args.ours, &text))?;
            let path = args.path.as_deref().unwrap_or(&args.ours).display();
            console.problem(&format!("{path}: {reason}"));
            Ok(Exit::Failed)
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })
}
