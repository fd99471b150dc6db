//! The `git` command, as it is asked from a folder.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// git as it runs in a folder.
#[derive(Clone, Copy)]
pub(crate) struct Git<'f> {
    /// The current one where it is `None`.
    here: Option<&'f Path>,
}

impl<'f> Git<'f> {
    /// git in the folder `here`, the current one where it is `None`.
    pub(crate) const fn in_folder(here: Option<&'f Path>) -> Self {
        Self { here }
    }

    /// What `git ARGUMENTS…` answers.
    pub(crate) fn output(self, arguments: &[&str]) -> io::Result<Output> {
        self.command(arguments).stdin(Stdio::null()).output()
    }

    /// What `git ARGUMENTS…` prints, without blanks at its end; `None` where it fails or there is no git.
    pub(crate) fn ask(self, arguments: &[&str]) -> Option<String> {
        let output = self.output(arguments).ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim_end().to_owned())
    }

    /// `git ARGUMENTS…`, to be started.
    pub(crate) fn command(self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        if let Some(here) = self.here {
            command.current_dir(here);
        }
        command.arg("--no-pager").args(arguments);
        command
    }
}

/// What git said on stderr.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
