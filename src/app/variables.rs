//! The recorded variables of one cassette: what counts for a session's program, and what is kept of it.

use super::rules::Rules;
use crate::admin::VariablesError;
use crate::cassette::{Cassette, CassetteError, MOST_VARIABLES, Validator, Variables};
use crate::config::RecordMode;
use crate::engine::{Engine, Mode, PreparedEntry};
use crate::model::{Request, with_causes};
use crate::redact::Redaction;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// How long a made value is.
const MADE: usize = 8;
/// How often one is made until the cassette's rules let one stand.
const ATTEMPTS: usize = 16;

/// What a variable gets where no recorded value counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A value made at random.
    Random,
    /// This one.
    Given(String),
}

/// What came of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// A value made for this recording, and kept.
    Made(String),
    /// The value given, and kept.
    Kept(String),
    /// The recorded value, or the first of this run.
    Recorded(String),
    /// None: the cassette was recorded without it, and nothing is recorded now. These sessions have a value of it.
    Unrecorded(Vec<String>),
}

impl Settled {
    /// The value that counts, if any does.
    pub(crate) fn value(&self) -> Option<&str> {
        match self {
            Self::Made(value) | Self::Kept(value) | Self::Recorded(value) => Some(value),
            Self::Unrecorded(_) => None,
        }
    }
}

/// Why variables are not settled.
#[derive(Debug, thiserror::Error)]
pub enum VariableError {
    /// A secret would stand in the cassette.
    #[error(
        "the variable {name} would be stored in the cassette, but its value contains {what}: pass it to the \
            program as an \
         ordinary environment variable, which is not recorded"
    )]
    Secret {
        /// The variable.
        name: String,
        /// What was found.
        what: String,
    },
    /// There are more than any session can have.
    #[error("a session can have at most {MOST_VARIABLES} recorded variables, and these would make {0}")]
    TooMany(usize),
    /// The system has no random numbers.
    #[error("cannot get random numbers from the system: {0}")]
    Random(getrandom::Error),
    /// Whoever asks may not write into the cassette.
    #[error(
        "{names} would be written into the cassette, but the request does not have this proxy's key: use the \
            full base URL that ramtape printed at startup, as in BASE_URL/_ramtape/sessions/NAME/variables"
    )]
    NotProved {
        /// The variables.
        names: String,
    },
    /// The session can have no cassette.
    #[error("{0}")]
    Session(String),
    /// The cassette cannot be read or written.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// The thread that worked on them died.
    #[error("the task that records the variables failed: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl From<VariableError> for VariablesError {
    fn from(error: VariableError) -> Self {
        let text = with_causes(&error);
        match error {
            VariableError::Secret { .. } | VariableError::TooMany(_) | VariableError::Session(_) => Self::Unfit(text),
            VariableError::NotProved { .. } => Self::NotProved(text),
            VariableError::Random(_) | VariableError::Cassette(_) | VariableError::Interrupted(_) => Self::Failed(text),
        }
    }
}

/// The recorded variables of one cassette that is open.
pub(super) struct CassetteVariables {
    engine: Engine,
    policy: Arc<Rules>,
    redaction: Arc<Redaction>,
    recording: VariableRecording,
    state: Mutex<VariableState>,
}

/// What is recorded of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VariableRecording {
    /// Nothing: recorded values count.
    Nothing,
    /// Those that have no value; recorded values count.
    Missing,
    /// All, in place of recorded values.
    Everything {
        /// Whether there are takes that these belong to, in case that the run records none.
        over_takes: bool,
    },
}

#[derive(Default)]
struct VariableState {
    /// What counts in this run, by session and name.
    settled: BTreeMap<(String, String), String>,
    /// What was recorded before, of what this run has replaced or added.
    before: BTreeMap<(String, String), Option<String>>,
}

impl fmt::Debug for CassetteVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CassetteVariables").field("root", &self.root()).finish_non_exhaustive()
    }
}

impl CassetteVariables {
    /// Those of the cassette that `engine` works on in mode `effective`, where `mode` was asked for. One of several
    /// cassettes, `per_session`, can be empty while the others replay: its variables stay then.
    pub(super) fn new(
        engine: Engine,
        (mode, effective, per_session): (RecordMode, Mode, bool),
        policy: Arc<Rules>,
        redaction: Arc<Redaction>,
    ) -> Self {
        let recording = match (effective, mode) {
            (Mode::ReplayOnly, _) => VariableRecording::Nothing,
            (Mode::RecordMissing, _) => VariableRecording::Missing,
            (Mode::RecordAll, RecordMode::Once) if per_session => VariableRecording::Missing,
            (Mode::RecordAll, mode) => VariableRecording::Everything { over_takes: mode == RecordMode::All },
        };
        Self { engine, policy, redaction, recording, state: Mutex::default() }
    }

    /// The values that count of `wanted` for `session` ("" is the one of callers that name none). What is made or given is in
    /// the cassette's file when this returns. Blocks.
    ///
    /// # Errors
    /// As the variants of [`VariableError`] say; nothing has changed then.
    pub(super) fn settle(
        &self,
        session: &str,
        wanted: &[(String, Wanted)],
        is_proved: bool,
    ) -> Result<Vec<(String, Settled)>, VariableError> {
        let mut state = self.state.lock();
        let recorded = self.cassette().variables()?;
        let mut settled = Vec::with_capacity(wanted.len());
        for (name, wanted) in wanted {
            let of_run = state.settled.get(&(session.to_owned(), name.clone())).cloned();
            let of_cassette = || recorded.value(session, name).filter(|_| !self.replaces()).map(str::to_owned);
            let one = match (of_run.or_else(of_cassette), wanted) {
                (Some(value), _) => Settled::Recorded(value),
                (None, _) if self.recording == VariableRecording::Nothing => {
                    Settled::Unrecorded(sessions_with(&recorded, name))
                }
                (None, Wanted::Random) => Settled::Made(self.make(name)?),
                (None, Wanted::Given(value)) => Settled::Kept(self.check_secret(name, value)?.to_owned()),
            };
            settled.push((name.clone(), one));
        }
        let new = || settled.iter().filter(|(_, one)| matches!(one, Settled::Made(_) | Settled::Kept(_)));
        if new().next().is_some() {
            if !is_proved {
                let names = new().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(VariableError::NotProved { names });
            }
            self.keep(session, new(), &recorded, &mut state)?;
        }
        let counting = settled.iter().filter_map(|(name, one)| Some((name, one.value()?)));
        state.settled.extend(counting.map(|(name, value)| ((session.to_owned(), name.clone()), value.to_owned())));
        Ok(settled)
    }

    /// Whether the caller of `request` may have variables written.
    pub(super) fn trusts_caller(&self, request: &Request) -> bool {
        self.engine.trusts_caller(request)
    }

    /// Puts back what was recorded before this run of sessions that have recorded nothing: their takes stay.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(super) fn restore(&self, has_recorded: impl Fn(&str) -> bool) -> Result<(), CassetteError> {
        let mut state = self.state.lock();
        if self.recording != (VariableRecording::Everything { over_takes: true }) || state.before.is_empty() {
            return Ok(());
        }
        let mut before = std::mem::take(&mut state.before);
        // A value that is new takes no other's place: it goes only where the whole run came to nothing.
        before.retain(|(session, _), value| !has_recorded(session) && (value.is_some() || !has_recorded("")));
        if before.is_empty() {
            return Ok(());
        }
        self.cassette().change_variables(|variables| {
            for ((session, name), value) in &before {
                match value {
                    Some(value) => variables.set(session, name, value),
                    None => variables.remove(session, name),
                }
            }
        })
    }

    fn keep<'s>(
        &self,
        session: &str,
        new: impl Iterator<Item = &'s (String, Settled)> + Clone,
        recorded: &Variables,
        state: &mut VariableState,
    ) -> Result<(), VariableError> {
        let added = new.clone().filter(|(name, _)| recorded.value(session, name).is_none()).count();
        match recorded.count(session) + added {
            count if count > MOST_VARIABLES => return Err(VariableError::TooMany(count)),
            _ => {}
        }
        self.cassette().change_variables(|variables| {
            for (name, one) in new.clone() {
                one.value().into_iter().for_each(|value| variables.set(session, name, value));
            }
        })?;
        for (name, _) in new {
            let before = recorded.value(session, name).map(str::to_owned);
            state.before.entry((session.to_owned(), name.clone())).or_insert(before);
        }
        Ok(())
    }

    /// `value`, if it may stand in the cassette. It does so as it is: the program gets on replay what it got when it was
    /// recorded, and a pseudonym for part of it would be another value.
    fn check_secret<'v>(&self, name: &str, value: &'v str) -> Result<&'v str, VariableError> {
        let validator = Validator { policy: &*self.policy, redaction: &self.redaction };
        match validator.secret_in_variable(self.root(), name, value) {
            None => Ok(value),
            Some(what) => Err(VariableError::Secret { name: name.to_owned(), what }),
        }
    }

    fn make(&self, name: &str) -> Result<String, VariableError> {
        let mut value = random_value()?;
        for _ in 1..ATTEMPTS {
            if self.check_secret(name, &value).is_ok() {
                break;
            }
            value = random_value()?;
        }
        self.check_secret(name, &value)?;
        Ok(value)
    }

    fn replaces(&self) -> bool {
        matches!(self.recording, VariableRecording::Everything { .. })
    }

    fn cassette(&self) -> &Cassette<PreparedEntry> {
        self.engine.cassette()
    }

    fn root(&self) -> &Path {
        self.cassette().root()
    }
}

/// That the cassette in `root` has no value of the variables `names` for `session`, and what to do.
pub(super) fn not_recorded(root: &Path, session: &str, names: &[&str]) -> String {
    format!(
        "the cassette {} was recorded without a value of {} for {}, so there is none to replay: record it again with the \
         variable (--record-mode all), or add what is missing (--record-mode new_episodes)",
        root.display(),
        names.join(", "),
        shown_session(session),
    )
}

/// A session, for people.
pub(crate) fn shown_session(session: &str) -> String {
    if session.is_empty() { "callers without a session".to_owned() } else { format!("session {session}") }
}

/// The sessions that have a value of variable `name`, for people.
fn sessions_with(recorded: &Variables, name: &str) -> Vec<String> {
    recorded.all().filter(|(_, other, _)| *other == name).map(|(session, ..)| session.to_owned()).collect()
}

/// Lower-case letters and digits, a letter first: what names in AWS, DNS and Terraform can hold.
fn random_value() -> Result<String, VariableError> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut value = String::with_capacity(MADE);
    let mut bytes = [0; 2 * MADE];
    while value.len() < MADE {
        getrandom::fill(&mut bytes).map_err(VariableError::Random)?;
        for byte in bytes {
            let kinds = if value.is_empty() { 26 } else { LETTERS.len() };
            // What is beyond the last whole round would make the first letters likelier.
            let byte = usize::from(byte);
            if value.len() < MADE && byte < 256 / kinds * kinds {
                value.extend(LETTERS.get(byte % kinds).map(|letter| char::from(*letter)));
            }
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn made_values_are_names_everywhere() {
        let made: BTreeSet<String> = (0..500).map(|_| random_value().unwrap()).collect();
        assert_eq!(made.len(), 500);
        for value in &made {
            assert!(value.len() == MADE && value.starts_with(|c: char| c.is_ascii_lowercase()), "{value}");
            assert!(value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{value}");
        }
        let used: BTreeSet<char> = made.iter().flat_map(|value| value.chars()).collect();
        assert_eq!(used.len(), 36);
    }
}
