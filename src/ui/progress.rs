//! How far a longer work is: a line on the terminal, from its second second on.

use super::console::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Work that is done sooner shows nothing.
const QUIET: Duration = Duration::from_secs(1);

/// How often the line changes at most, a second.
const CHANGES: u8 = 10;

const TEMPLATE: &str = "ramtape: {msg} {pos} of {len}";

/// A counted work. Nothing of it is left on the screen when it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When it is time to show it; `None` where it is shown, or nobody looks.
    due: Option<Instant>,
}

impl Progress {
    /// Begins to count to `total`; `verb` says what is done, as in `reading`.
    pub(crate) fn new(console: Console, verb: &'static str, total: usize) -> Self {
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
        let due = console.is_for_people().then(|| Instant::now() + QUIET);
        Self { bar: bar.with_style(style).with_message(verb), due }
    }

    /// Counts one more, about to be done.
    pub(crate) fn step(&mut self) {
        if self.due.take_if(|due| Instant::now() >= *due).is_some() {
            // Shows nothing where stderr is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(CHANGES));
            self.bar.tick();
        }
        self.bar.inc(1);
    }

    /// Has `print` write lines of its own in between.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A function that counts one more, given the number of all: for work whose size is known once it begins.
pub(crate) fn count_steps(console: Console, verb: &'static str) -> impl FnMut(usize) + Send + 'static {
    let mut progress: Option<Progress> = None;
    move |total| progress.get_or_insert_with(|| Progress::new(console, verb, total)).step()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_well_formed() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
