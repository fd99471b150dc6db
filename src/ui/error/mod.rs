//! Why a command failed, and how the process tells it.

mod demo;
mod merge;

pub use demo::{DemoClientError, DemoError};
pub use merge::MergeError;

use super::console::Console;
use super::exit::Exit;
use crate::app::{AuthorityError, StartError, StopError, VariableError};
use crate::cassette::CassetteError;
use crate::cli::OutputArgs;
use crate::config::ConfigError;
use crate::har::HarError;
use crate::maintenance::{EditError, PruneError};
use crate::model::{shell_path, with_causes};
use crate::placebo::PlaceboError;
use crate::review::ReviewError;
use crate::sync::SyncError;
use crate::vcr::VcrError;
use std::io;
use std::path::PathBuf;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration is of no use.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Flags that do not go together, or say too little.
    #[error("{0}")]
    Usage(String),
    /// The asynchronous runtime did not start.
    #[error("cannot start the async runtime")]
    Runtime {
        /// Why.
        source: io::Error,
    },
    /// The proxy did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The proxy did not stop well.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// The command of `run` cannot be started.
    #[error("cannot start {command}{advice}")]
    Spawn {
        /// The command.
        command: String,
        /// What may have been meant; empty where nothing comes to mind.
        advice: String,
        /// Why.
        source: io::Error,
    },
    /// The command of `run` cannot be waited for.
    #[error("cannot wait for {command}")]
    Wait {
        /// The command.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// The AWS configuration files for the command of `run` cannot be made.
    #[error("cannot write temporary AWS configuration files")]
    TemporaryFiles {
        /// Why.
        source: io::Error,
    },
    /// The recorded variables for the command of `run` cannot be settled.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// Signals cannot be listened for.
    #[error("cannot listen for signals")]
    Signals {
        /// Why.
        source: io::Error,
    },
    /// A file that the user asked for cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A file that the user named cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The demo cannot be given.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The cassette cannot be used.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// The file is no HTTP archive.
    #[error("{}", path.display())]
    Har {
        /// The file.
        path: PathBuf,
        /// Why.
        source: HarError,
    },
    /// The file is no cassette of vcrpy or go-vcr.
    #[error("{}", path.display())]
    Vcr {
        /// The file.
        path: PathBuf,
        /// Why.
        source: VcrError,
    },
    /// placebo's files cannot be served.
    #[error(transparent)]
    Placebo(#[from] PlaceboError),
    /// Two files would be one session.
    #[error(
        "{} and {} would both be the session {session}: import them into different cassettes (--cassette), or rename one",
        first.display(), second.display()
    )]
    SameSession {
        /// The session's name.
        session: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The file names a key that can be none.
    #[error(
        "{}: _ramtapeKey must be 16 characters of a-z and 2-7: export the file again, or remove that member",
        path.display()
    )]
    HarKey {
        /// The file.
        path: PathBuf,
    },
    /// Takes of several cassettes cannot be brought together.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// Nothing can be pruned.
    #[error(transparent)]
    Prune(#[from] PruneError),
    /// Cassettes cannot be compared.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The cassette's text cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// Cassettes cannot be shared.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// What stays is linked to what was to be removed.
    #[error("nothing was removed: {links} to removed writes would break; remove those takes as well, or add --force")]
    Linked {
        /// How many links.
        links: String,
    },
    /// The folder holds a cassette for every session.
    #[error("{} holds one cassette per session: choose one, as in --cassette {}", root.display(), first.display())]
    Parent {
        /// The folder.
        root: PathBuf,
        /// The first of its cassettes.
        first: PathBuf,
    },
    /// There is no such folder.
    #[error("there is no cassette in {}", root.display())]
    NoCassette {
        /// The folder.
        root: PathBuf,
    },
    /// There is a folder, and it is something else.
    #[error(
        "{} is not a cassette: it has no cassette.json, which recording creates. Check the path, or restore \
            cassette.json from version control",
        root.display()
    )]
    NotACassette {
        /// The folder.
        root: PathBuf,
    },
    /// Nothing that was recorded is called so.
    #[error("{what:?} matches no operation and no fingerprint in {}", root.display())]
    NothingRecorded {
        /// What was asked for.
        what: String,
        /// The cassette's folder.
        root: PathBuf,
    },
    /// Everything that is in the store only may become text.
    #[error(
        "no pending take in {} is refused: `ramtape seal --cassette {}` writes them as text",
        root.display(),
        shell_path(root)
    )]
    NothingRefused {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// No take is as the flags say.
    #[error("no takes in {} match these filters", root.display())]
    NothingSuch {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// No variable is recorded there.
    #[error("no recorded variables in {}, or none for the given session", root.display())]
    NoVariables {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// Nothing is known of any run.
    #[error(
        "no run over {} is remembered: `ramtape run` and the servers keep their latest calls there when they stop",
        root.display()
    )]
    NoRun {
        /// The cassette's folder.
        root: PathBuf,
    },
    /// Nothing went wrong in the latest run.
    #[error(
        "nothing missed in the latest run over {} ({by}), and no client waited in vain: name a request, or a call with --call N",
        root.display()
    )]
    NoTrouble {
        /// The cassette's folder.
        root: PathBuf,
        /// The command that ran.
        by: String,
    },
    /// The latest run had no such call.
    #[error("call {number} of the latest run over {} is not remembered; {count} calls are", root.display())]
    NoCall {
        /// The cassette's folder.
        root: PathBuf,
        /// The call's number.
        number: u64,
        /// How many calls are remembered.
        count: usize,
    },
    /// Standard output is gone.
    #[error("cannot write to standard output")]
    Stdout {
        /// Why.
        source: io::Error,
    },
}

impl CommandError {
    /// How the process ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(error) => match error {
                ConfigError::Random { .. } | ConfigError::WorkingDirectory { .. } | ConfigError::Defaults { .. } => {
                    Exit::Failed
                }
                _ => Exit::Usage,
            },
            Self::Usage(_) | Self::Parent { .. } => Exit::Usage,
            Self::Prune(PruneError::Cassette(_)) | Self::Review(ReviewError::Unreadable { .. }) => Exit::Cassette,
            Self::Edit(EditError::Cassette(error)) | Self::Prune(PruneError::Edit(EditError::Cassette(error))) => {
                cassette_exit(error)
            }
            Self::Merge(error) => error.exit(),
            Self::Cassette(error)
            | Self::Start(StartError::Cassette(error))
            | Self::Stop(StopError::Cassette(error)) => cassette_exit(error),
            Self::Sync(SyncError::NoRemote | SyncError::Outside { .. }) => Exit::Usage,
            Self::Sync(SyncError::Lock { .. } | SyncError::LockConflict { .. } | SyncError::ForeignName { .. }) => {
                Exit::Cassette
            }
            Self::Sync(SyncError::Cassette(error)) => cassette_exit(error),
            Self::Variable(error) => variable_exit(error),
            // As a shell does.
            Self::Spawn { source, .. } if source.kind() == io::ErrorKind::NotFound => Exit::Child(127),
            Self::Spawn { .. } => Exit::Child(126),
            _ => Exit::Failed,
        }
    }
}

/// What became of recorded variables makes the exit code.
const fn variable_exit(error: &VariableError) -> Exit {
    match error {
        VariableError::Secret { .. } => Exit::Secret,
        VariableError::Cassette(error) => cassette_exit(error),
        VariableError::TooMany(_) | VariableError::Session(_) => Exit::Usage,
        VariableError::NotProved { .. } | VariableError::Random(_) | VariableError::Interrupted(_) => Exit::Failed,
    }
}

/// What a cassette's error makes of the exit code.
const fn cassette_exit(error: &CassetteError) -> Exit {
    match error {
        // Somebody else has it, or the disk does not take it: nothing is wrong with what it holds.
        CassetteError::InUse { .. } | CassetteError::Pending { .. } | CassetteError::Write { .. } => Exit::Failed,
        CassetteError::Secret { .. } => Exit::Secret,
        _ => Exit::Cassette,
    }
}

/// Tells `error` on stderr, with everything that led to it, as `output` asks for lines there.
pub fn report_error(error: &CommandError, output: OutputArgs) {
    Console::new(output).failure(&with_causes(error));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_told_whole() {
        let source = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let error = CommandError::Write { path: "/x/y".into(), source };
        assert_eq!(with_causes(&error), "cannot write /x/y: no such file");
    }

    #[test]
    fn codes_are_those_of_a_shell_for_a_command_that_does_not_start() {
        let code = |kind: io::ErrorKind| {
            CommandError::Spawn { command: "x".into(), advice: String::new(), source: io::Error::from(kind) }
                .exit()
                .code()
        };
        assert_eq!(code(io::ErrorKind::NotFound), 127);
        assert_eq!(code(io::ErrorKind::PermissionDenied), 126);
    }
}
