//! Exit codes.

use crate::cassette::SealReport;
use crate::engine::Summary;
use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Well,
    /// Something failed at run time.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// A request had no take.
    Miss,
    /// A secret was found.
    Secret,
    /// The cassette is invalid or has drifted, or two differ.
    Cassette,
    /// Something was answered but could not be recorded.
    NotRecorded,
    /// `--strict` has objections, and nothing else is wrong.
    Strict,
    /// What a shell would answer for the command that ran.
    Child(u8),
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Miss => 3,
            Self::Secret => 4,
            Self::Cassette => 5,
            Self::NotRecorded => 6,
            Self::Strict => 7,
            Self::Child(code) => code,
        }
    }

    /// What the sealing of a recording makes of it.
    #[must_use]
    pub const fn from_seal_report(report: &SealReport) -> Self {
        match report {
            SealReport { secrets: 1.., .. } => Self::Secret,
            SealReport { broken: 1.., .. } => Self::Cassette,
            SealReport { failed, .. } if !failed.is_empty() => Self::NotRecorded,
            SealReport { dangling, .. } if !dangling.is_empty() => Self::Cassette,
            _ => Self::Well,
        }
    }

    /// What a run's summary makes of it. A miss comes first: whoever asked got no answer at all. Faults of upstream do not
    /// count: clients retry them, and CMD tells what came of it.
    #[must_use]
    pub const fn from_summary(summary: &Summary) -> Self {
        if summary.missed > 0 {
            Self::Miss
        } else if summary.damaged > 0 {
            Self::Cassette
        } else if summary.unsigned > 0 {
            Self::Failed
        } else if summary.secrets > 0 {
            Self::Secret
        } else if summary.broken > 0 {
            Self::Cassette
        } else if !summary.not_recorded.is_empty() {
            Self::NotRecorded
        } else if !summary.dangling.is_empty() {
            Self::Cassette
        } else {
            Self::Well
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_decides_and_a_miss_comes_first() {
        let of = |missed: u64, not_recorded: &[&str]| {
            let not_recorded = not_recorded.iter().map(|reason| (*reason).to_owned()).collect();
            Exit::from_summary(&Summary { missed, not_recorded, ..Summary::default() }).code()
        };
        assert_eq!(of(0, &[]), 0);
        assert_eq!(of(2, &[]), 3);
        assert_eq!(of(0, &["the disk is full"]), 6);
        assert_eq!(of(1, &["the disk is full"]), 3);
        let dangling = Summary { dangling: vec!["x".into()], ..Summary::default() };
        assert_eq!(Exit::from_summary(&dangling).code(), 5);
    }
}
