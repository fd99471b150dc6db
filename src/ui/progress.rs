//! How far a longer work is: a line on the terminal, from its second second on.

use super::console::Console;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Work that is done sooner shows nothing.
const QUIET: Duration = Duration::from_secs(1);

/// How often the line changes at most.
const STEP: Duration = Duration::from_millis(100);

/// A counted work. Nothing of it is left on the screen when it is dropped.
pub(crate) struct Progress {
    line: Line,
    began: Instant,
    /// Whether there is a terminal to show it on.
    visible: bool,
}

impl Progress {
    /// Begins to count to `total`; `what` is what is done, as in `reading`.
    pub(crate) fn new(console: Console, what: &'static str, total: usize) -> Self {
        let visible = console.is_for_people() && stderr().is_terminal();
        Self { line: Line { what, total, ..Line::default() }, began: Instant::now(), visible }
    }

    /// Counts one more, about to be done.
    pub(crate) fn step(&mut self) {
        if !self.visible {
            return;
        }
        if let Some(text) = self.line.step(self.began.elapsed()) {
            show(&text);
        }
    }

    /// Says something in between, on lines of its own.
    pub(crate) fn aside(&mut self, say: impl FnOnce()) {
        self.clear();
        say();
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.line.shown).is_some() {
            show("\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A work that begins, and of which it is known how much it is, when it is first told of.
pub(crate) fn progress_of(console: Console, what: &'static str) -> impl FnMut(usize) + Send + 'static {
    let mut progress: Option<Progress> = None;
    move |total| progress.get_or_insert_with(|| Progress::new(console, what, total)).step()
}

fn show(text: &str) {
    let mut stderr = stderr().lock();
    // Where stderr is gone nobody looks.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// What stands on the line, and when that changes.
#[derive(Default)]
struct Line {
    what: &'static str,
    total: usize,
    done: usize,
    /// When the line was last written.
    shown: Option<Duration>,
}

impl Line {
    /// Counts one more; what to write, `elapsed` after the beginning, if it is time to.
    fn step(&mut self, elapsed: Duration) -> Option<String> {
        self.done += 1;
        let due = self.shown.map_or(QUIET, |shown| shown + STEP);
        if elapsed < due {
            return None;
        }
        self.shown = Some(elapsed);
        Some(format!("\rramtape: {} {} of {}\x1b[K", self.what, self.done, self.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_work_shows_nothing_and_long_work_no_more_than_people_read() {
        let mut line = Line { what: "reading", total: 400, ..Line::default() };
        let shown: Vec<String> = (0..400).filter_map(|at| line.step(Duration::from_millis(at * 10))).collect();
        assert_eq!(shown.first().map(String::as_str), Some("\rramtape: reading 101 of 400\x1b[K"));
        assert_eq!(shown.len(), 30);
    }
}
