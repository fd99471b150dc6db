//! What a run did, for its closing lines and reports.

use crate::engine::stats::sessions::SessionState;
use crate::redact::RedactedMember;
use std::time::Duration;

/// A request that had no take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The operation's name, or method and path of an unknown one.
    pub operation: String,
    /// The request's fingerprint, as shown; empty where the request could not be read.
    pub fingerprint: String,
    /// The session that asked, if it named itself.
    pub session: Option<String>,
    /// Why it missed, over several lines: what the client was told.
    pub message: String,
}

/// Equal answers that were passed on from upstream without being stored, by rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOn {
    /// The operation's name, or method and path of an unknown one.
    pub operation: String,
    /// The region that was asked.
    pub region: String,
    /// The error that they name.
    pub error: Option<String>,
    /// Their HTTP status.
    pub status: u16,
}

/// What happened between start and now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Answers from the cassette.
    pub replayed: u64,
    /// Answers taken from upstream and stored.
    pub recorded: u64,
    /// Answers passed on from upstream without being stored, by rule (throttling, faults, authentication).
    pub passed_on: u64,
    /// Which those are, with their numbers. The list is bounded; `passed_on` counts all.
    pub passed: Vec<(PassedOn, u64)>,
    /// Answers that should have been stored and could not be, with the reason. Not empty: exit code 6.
    pub not_recorded: Vec<String>,
    /// How many of those are in the store only because a secret was found in them. Not 0: exit code 4.
    pub secrets: u64,
    /// How many because they do not answer their own requests. Not 0: exit code 5.
    pub broken: u64,
    /// What was recorded after a write that is not in the cassette, by operation's folder and fingerprint.
    pub dangling: Vec<String>,
    /// What was redacted in answers and requests that were recorded, by rule and member.
    pub redacted: Vec<(RedactedMember, u64)>,
    /// Requests without a take. The list is bounded; `missed` counts all.
    pub misses: Vec<Miss>,
    /// How many requests had no take.
    pub missed: u64,
    /// Requests that met a damaged file of the cassette.
    pub damaged: u64,
    /// Requests that were not sent upstream because they could not be signed: the caller or its actor was not proved, or
    /// ramtape itself found no credentials.
    pub unsigned: u64,
    /// Requests refused by ramtape itself (caller not proved, bad input), by reason.
    pub refused: Vec<(String, u64)>,
    /// Requests that reached ramtape at all, control paths excluded.
    pub requests: u64,
    /// Fingerprints of the cassette that nobody asked for; `None` while recording in mode `all`.
    pub never_used: Option<u64>,
    /// Takes of requests that were asked for, which nobody got, as they were asked for less often than when they were recorded.
    pub unused_takes: u64,
    /// Connections opened to upstream; 0 in mode `none`.
    pub upstream_connections: u64,
    /// Tunnels to hosts other than the service's, whose contents nobody looked at; 0 in mode `none`.
    pub tunnels: u64,
    /// Tunnels refused, to whatever host; their targets are among [`Self::refused`].
    pub tunnels_refused: u64,
    /// Requests sent upstream by a session after writes that it had only replayed: upstream never saw those.
    pub after_replayed_writes: u64,
    /// What upstream took, when it was recorded, for the answers replayed: an estimate of the time saved.
    pub time_saved: Option<Duration>,
    /// Listings left unfinished by their client, by operation and fingerprint.
    pub partial: Vec<String>,
    /// Waiters that were given one status in passing again and again, each as it was told.
    pub stuck: Vec<String>,
    /// How many of them were then given what was recorded later.
    pub waiters_advanced: u64,
    /// Notices worth a line: pending takes in use, a store rebuilt, a take lost.
    pub notices: Vec<String>,
    /// The sessions that asked, by name; the one of callers that name none first.
    pub sessions: Vec<SessionState>,
}
