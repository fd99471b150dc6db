//! What is said on stderr.

use crate::cli::{LogFormat, OutputArgs};
use std::borrow::Cow;
use std::io::Write;

/// How loud, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    quiet: bool,
    verbose: bool,
    format: LogFormat,
}

impl Console {
    pub(crate) const fn new(args: OutputArgs) -> Self {
        Self { quiet: args.quiet, verbose: args.verbose > 0, format: args.log_format }
    }

    /// Whether details are wanted.
    pub(crate) const fn is_verbose(self) -> bool {
        self.verbose
    }

    /// Whether somebody may be looking: lines are no JSON, and `-q` was not given.
    pub(crate) fn is_for_people(self) -> bool {
        !self.quiet && self.format == LogFormat::Text
    }

    /// Says what is worth knowing; nothing under `-q`.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.print_message("info", text);
        }
    }

    /// Says `text`; where lines are JSON, `value` stands beside it under `name`. Nothing under `-q`.
    pub(crate) fn note_with(self, text: &str, name: &str, value: impl FnOnce() -> serde_json::Value) {
        match self.format {
            LogFormat::Text => self.note(text),
            LogFormat::Json if self.quiet => {}
            LogFormat::Json => {
                write_line(&serde_json::json!({ "level": "info", "message": text, name: value() }).to_string())
            }
        }
    }

    /// Says what went wrong.
    pub(crate) fn problem(self, text: &str) {
        self.print_message("error", text);
    }

    /// Says why the command ends without having done its work.
    pub(crate) fn failure(self, text: &str) {
        self.print_with_prefix("ramtape: error: ", "error", text);
    }

    fn print_message(self, level: &str, text: &str) {
        self.print_with_prefix("ramtape: ", level, text);
    }

    fn print_with_prefix(self, beginning: &str, level: &str, text: &str) {
        let line = match self.format {
            LogFormat::Text => format!("{beginning}{}", printable(text)),
            LogFormat::Json => serde_json::json!({ "level": level, "message": text }).to_string(),
        };
        write_line(&line);
    }
}

fn write_line(line: &str) {
    // Where stderr is closed nobody can be told.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// `text` without what would steer a terminal: parts of it come from clients.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(super::printable("a\x1b[2J\nb\u{9b}1m"), "a\\u{1b}[2J\nb\\u{9b}1m");
    }
}
