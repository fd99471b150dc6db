//! A question to the person at the terminal.

use crate::ui::CommandError;
use std::io::{self, BufRead, IsTerminal, Write};

/// Asks `question`, of which yes or no is the answer; `why` says what is unusual about it. Where nobody can be asked that is an
/// error.
pub(in crate::command) fn confirm(question: &str, why: &str) -> Result<bool, CommandError> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !(stdin.is_terminal() && stderr.is_terminal()) {
        let why = if why.is_empty() { "Nobody is there to answer" } else { why };
        return Err(CommandError::Usage(format!("{question} {why}: add --yes to confirm")));
    }
    let asked = write!(stderr, "ramtape: {question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = asked.and_then(|()| stdin.lock().read_line(&mut answer));
    // Who cannot be asked has not agreed.
    Ok(read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
