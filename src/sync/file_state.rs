//! How a file in the folder stands to `cassettes.lock`. Pure.

use crate::lock_file::Version;

/// How a file stands to the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileState {
    /// It is what the lock names.
    Same,
    /// It was recorded here, and the lock does not name it.
    New,
    /// It was changed here.
    Modified,
    /// It was removed here.
    Deleted,
    /// The lock names it, and it is not here.
    Missing,
    /// The lock names another version, and nobody changed it here.
    Outdated,
    /// The lock does not name it any more, and nobody changed it here.
    Dropped,
    /// It was changed here, and the lock names another version than before, or none any more.
    Conflict,
}

impl FileState {
    /// How a file stands whose version here is `local`, which the lock names as `locked`, and which was `base` when both were last the
    /// same; `None` where it is not there.
    #[must_use]
    pub fn compare(base: Option<Version>, local: Option<Version>, locked: Option<Version>) -> Self {
        match (local, locked) {
            (local, locked) if local == locked => Self::Same,
            // What was removed here and changed by others comes back: then its removal is looked at again.
            (None, Some(_)) if locked != base => Self::Missing,
            (None, _) => Self::Deleted,
            (Some(_), None) if local == base => Self::Dropped,
            (Some(_), None) if base.is_none() => Self::New,
            (Some(_), Some(_)) if local == base => Self::Outdated,
            (Some(_), Some(_)) if locked == base => Self::Modified,
            (Some(_), _) => Self::Conflict,
        }
    }

    /// Whether a push brings it into the lock.
    #[must_use]
    pub const fn is_for_push(self) -> bool {
        matches!(self, Self::New | Self::Modified | Self::Deleted)
    }

    /// Whether a pull brings it here.
    #[must_use]
    pub const fn is_for_pull(self) -> bool {
        matches!(self, Self::Missing | Self::Outdated | Self::Dropped | Self::Conflict)
    }

    /// Its word, for people and programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::New => "new",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Missing => "missing",
            Self::Outdated => "outdated",
            Self::Dropped => "dropped",
            Self::Conflict => "conflict",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_differ_has_its_state() {
        let version = |text: &str| (text != "-").then(|| Version::compute(text.as_bytes()));
        // Base, here, lock.
        for (versions, expected) in [
            ("- - -", FileState::Same),
            ("- 1 1", FileState::Same),
            ("1 2 2", FileState::Same),
            ("1 - -", FileState::Same),
            ("- 1 -", FileState::New),
            ("1 2 1", FileState::Modified),
            ("1 - 1", FileState::Deleted),
            ("- - 1", FileState::Missing),
            ("1 - 2", FileState::Missing),
            ("1 1 2", FileState::Outdated),
            ("1 1 -", FileState::Dropped),
            ("1 2 -", FileState::Conflict),
            ("1 2 3", FileState::Conflict),
            ("- 1 2", FileState::Conflict),
        ] {
            let of: Vec<_> = versions.split(' ').map(version).collect();
            assert_eq!(FileState::compare(of[0], of[1], of[2]), expected, "{versions}");
        }
    }
}
