//! What was answered and did not become text, for the summary.

use crate::cassette::{Lost, SealReport};
use crate::engine::Summary;
use crate::model::{counted, shell_path};
use std::path::PathBuf;

/// Adds to `summary` what `reports` of sealed cassettes tell of answers that did not become text: the client has its answer and
/// the store has the take, so nothing is lost, but the text does not hold it.
pub(super) fn add_problems(summary: &mut Summary, reports: Vec<(PathBuf, SealReport)>) {
    for (root, report) in reports {
        summary.secrets += report.secrets as u64;
        summary.broken += report.broken as u64;
        let dangling = report.dangling.into_iter();
        summary.dangling.extend(dangling.map(|(folder, fingerprint)| format!("{folder}/{fingerprint}")));
        for Lost { answers, reason } in report.lost {
            summary.recorded = summary.recorded.saturating_sub(answers);
            summary.not_recorded.push(format!("{}: {reason}", counted(answers, "answer", "answers")));
        }
        let of = format!("--cassette {}", shell_path(&root));
        summary.not_recorded.extend(report.failed.into_iter().map(|(folder, fingerprint, reason)| {
            format!(
                "{folder}/{fingerprint} is only in the store, as it could not be written as text: {reason}. \
                 `ramtape rm --refused {of}` discards what must not become text, and `ramtape seal {of}` tries again"
            )
        }));
    }
}
