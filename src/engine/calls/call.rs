//! A call, as it is shown and written down.

use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::session::{ChoicePosition, StuckWaiter};
use serde::{Deserialize, Serialize};

/// A call: what was asked, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Its number in its run, from 1, in the order of the answers.
    pub number: u64,
    /// When it came, in microseconds since 1970.
    pub at: u64,
    /// How long it waited for its answer, in microseconds.
    pub took: u64,
    /// The session that it named.
    pub session: Option<String>,
    /// The operation's name; method and path of what could not be read.
    pub operation: String,
    /// Whether it changes something; what is unknown is taken for a write.
    pub is_write: bool,
    /// What it asked, where it could be read.
    pub request: Option<CallRequest>,
    /// The HTTP status of its answer.
    pub status: u16,
    /// What it was answered from, or why it was not.
    pub outcome: CallOutcome,
}

/// What a call asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRequest {
    /// The operation's folder in a cassette.
    pub folder: String,
    /// What identifies it.
    #[serde(with = "fingerprint_text")]
    pub fingerprint: Fingerprint,
    /// What the cassette says of it only where something is recorded for it; else it stands here.
    pub asked: Option<AskedParameters>,
    /// The page size that it asked for, of a listing.
    pub page_size: Option<u32>,
    /// Whether it goes on with a listing.
    pub continues: bool,
}

/// A fingerprint as people write it.
mod fingerprint_text {
    use crate::fingerprint::Fingerprint;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(fingerprint: &Fingerprint, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(fingerprint)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fingerprint, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The parts of a request that an entry has too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskedParameters {
    /// The AWS region.
    pub region: String,
    /// The actor that asked.
    pub actor: String,
    /// The canonical parameters, redacted as the cassette's are.
    pub parameters: String,
}

impl AskedParameters {
    /// Those of `entry`.
    #[must_use]
    pub fn of_entry(entry: &Entry) -> Self {
        Self { region: entry.region.clone(), actor: entry.actor.clone(), parameters: entry.request.clone() }
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum CallOutcome {
    /// It was answered from the cassette.
    Replayed(TakeChosen),
    /// It was answered by upstream, and the answer is in the cassette.
    Recorded,
    /// It was answered by upstream, and the answer is nobody else's.
    PassedOn,
    /// The cassette has no answer.
    Missed {
        /// Why, as the client was told.
        message: String,
    },
    /// ramtape refused it, or failed.
    Refused {
        /// Why, as the client was told.
        message: String,
    },
}

/// The take that answered, and where its session stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeChosen {
    /// The take's place in its entry, from 0.
    pub take: usize,
    /// Where the session stood, where there was a choice.
    pub position: Option<ChoicePosition>,
    /// Whether it repeats an earlier answer, as the client tried again.
    pub is_retry: bool,
    /// Whether its session was stuck waiting, and is given what was recorded later from here on.
    pub advanced: bool,
    /// What was found out about a waiter that gets no further.
    pub stuck: Option<Box<StuckWaiter>>,
    /// Which of its pages was given.
    #[serde(default)]
    pub page: ServedPage,
}

/// Which page of a take was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServedPage {
    /// A page as it was recorded: its place in the take, from 0.
    Recorded(u32),
    /// A page cut anew from the recorded listing.
    Cut {
        /// The place in the whole listing of its first item, from 0.
        first: u32,
        /// How many items it has.
        items: u16,
    },
}

impl Default for ServedPage {
    /// The first one, or the only one.
    fn default() -> Self {
        Self::Recorded(0)
    }
}

/// What became of a call, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeKind {
    /// Answered from the cassette.
    Replayed,
    /// Answered by upstream, into the cassette.
    Recorded,
    /// Answered by upstream, and not recorded.
    PassedOn,
    /// Not recorded.
    Missed,
    /// Refused by ramtape.
    Refused,
}

impl OutcomeKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Replayed, Self::Recorded, Self::PassedOn, Self::Missed, Self::Refused];

    /// Its name, as in paths, files and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Recorded => "recorded",
            Self::PassedOn => "passed_on",
            Self::Missed => "missed",
            Self::Refused => "refused",
        }
    }

    /// The one called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl CallOutcome {
    /// What it is, by itself.
    #[must_use]
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Replayed(_) => OutcomeKind::Replayed,
            Self::Recorded => OutcomeKind::Recorded,
            Self::PassedOn => OutcomeKind::PassedOn,
            Self::Missed { .. } => OutcomeKind::Missed,
            Self::Refused { .. } => OutcomeKind::Refused,
        }
    }
}

/// Which calls are wanted. What is given must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Those of this session; "" is the one of callers that name none.
    pub session: Option<String>,
    /// Those of this operation.
    pub operation: Option<String>,
    /// Those with this outcome.
    pub outcome: Option<OutcomeKind>,
}

impl CallFilter {
    /// Whether a call like this is wanted.
    #[must_use]
    pub fn matches(&self, session: Option<&str>, operation: &str, outcome: OutcomeKind) -> bool {
        self.session.as_deref().is_none_or(|wanted| wanted == session.unwrap_or_default())
            && self.operation.as_deref().is_none_or(|wanted| wanted == operation)
            && self.outcome.is_none_or(|wanted| wanted == outcome)
    }
}
