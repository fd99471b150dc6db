//! The terminal that a command prints to.

use std::io::{self, IsTerminal};

/// Its size in characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) rows: usize,
    columns: usize,
}

impl Screen {
    /// The one that stdout is; `None` where that is a file or a pipe, or its size is not known.
    pub(crate) fn of_stdout() -> Option<Self> {
        let stdout = io::stdout();
        let size = stdout.is_terminal().then(|| rustix::termios::tcgetwinsize(&stdout).ok()).flatten()?;
        let screen = Self { rows: size.ws_row.into(), columns: size.ws_col.into() };
        (screen.rows > 0 && screen.columns > 0).then_some(screen)
    }

    /// `text` with each line cut to the width.
    pub(crate) fn fitted(self, text: &str) -> String {
        let fitted = |line: &str| {
            let bare = line.trim_end_matches('\n');
            if bare.chars().count() <= self.columns {
                return line.to_owned();
            }
            let cut: String = bare.chars().take(self.columns.saturating_sub(1)).collect();
            format!("{cut}…{}", &line[bare.len()..])
        };
        text.split_inclusive('\n').map(fitted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Screen;

    #[test]
    fn long_lines_are_cut_to_the_width() {
        let screen = Screen { rows: 10, columns: 4 };
        assert_eq!(screen.fitted("abcd\nabcde\nüüüüü"), "abcd\nabc…\nüüü…");
    }
}
