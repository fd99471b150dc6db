//! CMD: started, sent the signals that ramtape gets, waited for.

use super::environment::VariableChange;
use crate::command::process::{Signals, file_limit};
use crate::model::shell_line;
use crate::ui::CommandError;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use tokio::process::Command;

/// How CMD ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChildStatus {
    /// With this code.
    Code(u8),
    /// By this signal.
    Signal(u8),
}

impl ChildStatus {
    /// What a shell would answer.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128_u8.saturating_add(signal),
        }
    }
}

impl From<ExitStatus> for ChildStatus {
    fn from(status: ExitStatus) -> Self {
        let small = |number: i32| u8::try_from(number & 0xff).unwrap_or(u8::MAX);
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(small(code)),
            (None, Some(signal)) => Self::Signal(small(signal)),
            (None, None) => Self::Code(1),
        }
    }
}

/// Runs `cmd` to its end, with `changes` to the environment and the recorded `variables` in it, and hands it the signals that arrive meanwhile.
pub(super) async fn run(
    cmd: &[OsString],
    changes: &[VariableChange],
    variables: &[(String, String)],
    signals: &mut Signals,
) -> Result<ChildStatus, CommandError> {
    let (program, arguments) = cmd.split_first().ok_or_else(|| CommandError::Usage("no command to run".to_owned()))?;
    let mut command = Command::new(program);
    command.args(arguments);
    for change in changes {
        match change {
            VariableChange::Set(name, value) => command.env(&**name, value),
            VariableChange::Unset(name) => command.env_remove(&**name),
        };
    }
    // Their names are none of those that are changed: those are not allowed for them.
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let name = || program.to_string_lossy().into_owned();
    let mut child = file_limit::with_original(|| command.spawn()).map_err(|source| {
        let advice = if source.kind() == io::ErrorKind::NotFound { advice(&name()) } else { String::new() };
        CommandError::Spawn { command: name(), advice, source }
    })?;
    // Not reaped before `wait` gives its status, so the number cannot be anybody else's.
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    loop {
        tokio::select! {
            status = child.wait() => {
                return status.map(ChildStatus::from).map_err(|source| CommandError::Wait { command: name(), source });
            }
            signal = signals.next() => forward(signal, pid),
        }
    }
}

/// What may have been meant by a program that is not there: no shell reads the words of CMD.
fn advice(program: &str) -> String {
    let is_setting = program.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    // No whole command: one without the flags that this run has could change what they protect.
    if is_setting {
        format!(" (to set a variable use env: -- env {} …)", shell_line([program]))
    } else if program.contains(char::is_whitespace) {
        let line = shell_line([program]);
        format!(
            " (it is read as one program name: remove the quotes, as in -- {program}, or use a shell: -- sh -c \
                {line})"
        )
    } else {
        String::new()
    }
}

/// Hands `signal` on, unless CMD has it already: a terminal sends its own to the whole foreground group.
fn forward(signal: Signal, pid: Option<Pid>) {
    let from_keyboard = signal == Signal::INT || signal == Signal::QUIT;
    if from_keyboard && is_terminals_foreground() {
        tracing::debug!(?signal, "left to the terminal, which sends it to the command too");
    } else if let Some(pid) = pid {
        match kill_process(pid, signal) {
            Ok(()) => tracing::debug!(?signal, "handed to the command"),
            Err(error) => tracing::debug!(?signal, %error, "not handed to the command"),
        }
    }
}

/// Whether this process, and so CMD, is in the foreground of a terminal.
fn is_terminals_foreground() -> bool {
    File::open(OsStr::new("/dev/tty"))
        .ok()
        .and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok())
        .is_some_and(|foreground| foreground == getpgrp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_a_shell() {
        assert_eq!(ChildStatus::from(ExitStatus::from_raw(7 << 8)).code(), 7);
        assert_eq!(ChildStatus::from(ExitStatus::from_raw(15)).code(), 143);
    }
}
