//! An entry that two sides say differently, as text for a person to decide.

use super::three_way::Piece;
use crate::entry_file::{Unwritable, write};
use crate::model::{Entry, Take};

/// How the text begins what our side says; what theirs says follows [`BETWEEN`] and ends with [`THEIRS`].
const OURS: &str = "<<<<<<< ours\n";
const BETWEEN: &str = "=======\n";
const THEIRS: &str = ">>>>>>> theirs\n";

/// What surrounds the takes.
const BEFORE: &str = "\n  \"takes\": [\n";
const AFTER: &str = "\n  ]\n}\n";

/// The text of `entry` with `pieces` for its takes, markers around those that clash.
///
/// # Errors
/// Where a take's text would not read back.
pub fn write_clashing(entry: &Entry, pieces: &[Piece]) -> Result<String, Unwritable> {
    let mut text = String::new();
    let last = pieces.len().saturating_sub(1);
    for (at, piece) in pieces.iter().enumerate() {
        let end = if at == last { "\n" } else { ",\n" };
        let side = |take: &Option<Take>| match take {
            Some(take) => Ok(format!("{}{end}", take_text(entry, take)?.1)),
            None => Ok(String::new()),
        };
        match piece {
            Piece::Agreed(take) => {
                let (head, take) = take_text(entry, take)?;
                if text.is_empty() {
                    text.push_str(&head);
                }
                text.push_str(&take);
                text.push_str(end);
            }
            Piece::Clash { ours, theirs } => {
                if let (true, Some(take)) = (text.is_empty(), ours.as_ref().or(theirs.as_ref())) {
                    text.push_str(&take_text(entry, take)?.0);
                }
                text.push_str(&[OURS, &side(ours)?, BETWEEN, &side(theirs)?, THEIRS].concat());
            }
        }
    }
    // The last line has its end already.
    text.push_str(AFTER.trim_start_matches('\n'));
    Ok(text)
}

/// Two texts that cannot be combined, one after the other.
#[must_use]
pub fn write_both(ours: &str, theirs: &str) -> String {
    let line_end = |text: &str| if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    [OURS, ours, line_end(ours), BETWEEN, theirs, line_end(theirs), THEIRS].concat()
}

/// The entry's text up to its takes, and one take's.
fn take_text(entry: &Entry, take: &Take) -> Result<(String, String), Unwritable> {
    let text = write(&Entry { takes: vec![take.clone()], ..entry.clone() })?;
    let (head, rest) = text.split_once(BEFORE).ok_or(Unwritable)?;
    let take = rest.strip_suffix(AFTER).ok_or(Unwritable)?;
    Ok((format!("{head}{BEFORE}"), take.to_owned()))
}
