//! What can keep a request from its answer, and what the client is told.

use crate::aws::{CallerError, CredentialsError, UpstreamError};
use crate::cassette::{CassetteError, StoreError};
use crate::engine::pagination::page_loop_guard::PaginationError;
use crate::engine::stats::summary::Miss;
use crate::fingerprint::ParameterError;
use crate::model::{Hole, Response, with_causes};
use crate::redact::RedactionError;
use crate::token::TokenError;
use crate::wire::{self, ErrorForm};
use http::StatusCode;

/// Why a page token leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(TokenError),
    /// It is of another listing.
    #[error("it was given for another listing: another operation, region, actor or other parameters")]
    OtherListing,
    /// The cassette has no chain with the pages before it.
    #[error("no recorded listing begins with the pages that it continues; it is from another cassette or recording")]
    OtherChain,
    /// It is not one of ramtape's.
    #[error("ramtape did not hand it out")]
    Foreign,
    /// Upstream's items are others now than those that were served.
    #[error("the listing has changed since its first pages were recorded; list it again from the start")]
    ListingChanged,
}

/// Why a request got no answer of RAM's, recorded or live.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Its parameters cannot be read.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// It cannot be redacted, so it is neither looked up nor sent on.
    #[error("the request cannot be redacted")]
    Redaction(#[from] RedactionError),
    /// It has a token that leads nowhere. RAM's own error is answered.
    #[error("the nextToken is not valid here: {0}")]
    Token(InvalidToken),
    /// It has a token of ramtape's in place of which upstream's own would have to be put, under the client's signature. RAM's
    /// own error is answered, as for a token that has expired.
    #[error(
        "the nextToken was issued by ramtape for a partially recorded listing, and the request keeps its client's \
         signature, so upstream's own token cannot replace it. List from the start with --record-mode all, or continue \
         with ramtape as the client's endpoint (`ramtape run --door endpoint`)"
    )]
    SignedToken,
    /// It has an illegal page size. RAM's own error is answered.
    #[error("{member} must be between {min} and {max}")]
    PageSize {
        /// The error that the operation models for it.
        kind: String,
        /// The member.
        member: String,
        /// The smallest legal size.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// The cassette has no take for it.
    #[error("{}", .0.message)]
    Miss(Miss),
    /// It is for another service, of which nothing is recorded.
    #[error("{}", .0.message)]
    OtherService(Miss),
    /// The cassette cannot be read.
    #[error("the cassette cannot be read")]
    Cassette(#[from] CassetteError),
    /// The cassette's store failed while reading.
    #[error("the cassette's store failed")]
    Store(#[from] StoreError),
    /// The take has a hole that nothing fills.
    #[error("the recorded answer has a value to fill in ({0:?}) that this session never gave")]
    Unfilled(Hole),
    /// The caller is not proved, so nothing is signed for it.
    #[error("the request was not signed again and not sent to AWS")]
    Caller(#[from] CallerError),
    /// Whether the caller is an actor cannot be told.
    #[error(
        "could not load the credentials of the profile of [actors.{actor}], so ramtape cannot tell whether this caller is that \
         actor; the request was not sent to AWS"
    )]
    Profile {
        /// The actor's label.
        actor: String,
        /// Why they cannot.
        source: CredentialsError,
    },
    /// A second account, which no actor claims.
    #[error("{}", unclaimed(.account, .first))]
    UnclaimedAccount {
        /// The account.
        account: String,
        /// The account that callers without an actor are of, in this run.
        first: String,
    },
    /// A caller whose requests another account's credentials would sign.
    #[error("{}", other_account(.account, .signer))]
    OtherAccount {
        /// The account of the caller.
        account: String,
        /// The account of the credentials that would sign.
        signer: String,
    },
    /// A caller of whose credentials nothing is known but that they are not those of its account that ramtape has.
    #[error(
        "the request was not sent to AWS: it asks for the credentials of a role, signed with the access key that ends in \
         {key_id_end:?}, and ramtape cannot tell which of its credentials that is. Give the caller an actor with a profile \
         ([actors] in ramtape.toml), or leave STS to the command with --service ram"
    )]
    UnknownKeys {
        /// The last four characters of the id.
        key_id_end: String,
    },
    /// An upload in pieces that are signed one by one.
    #[error(
        "the request's body is sent in signed pieces (aws-chunked), which cannot be signed again: send it in one piece, or let it \
         go past ramtape"
    )]
    Streaming,
    /// An actor whose requests another account's credentials would sign.
    #[error(
        "the request was not sent to AWS: its caller is the actor {actor} in account {account}, but the credentials \
         that would sign it belong to account {signer}; correct `profile` in [actors.{actor}] of ramtape.toml"
    )]
    ActorOfOtherAccount {
        /// The actor's label.
        actor: String,
        /// Its account.
        account: String,
        /// The account of the credentials.
        signer: String,
    },
    /// An actor without a profile, whose requests another account's credentials would sign.
    #[error(
        "the request was not sent to AWS: its caller is the actor {actor} in account {account}, but ramtape's own \
         credentials belong to account {signer}; set `profile` in [actors.{actor}] of ramtape.toml, as in profile = \
         \"{actor}\""
    )]
    ActorWithoutProfile {
        /// The actor's label.
        actor: String,
        /// Its account.
        account: String,
        /// The account of the credentials.
        signer: String,
    },
    /// A write, while only reads are allowed.
    #[error("{0} changes resources, and ramtape was started with --read-only; nothing was sent to AWS")]
    ReadOnly(String),
    /// One more session than are kept apart.
    #[error(
        "too many sessions: this run already has {}, which is the limit; use fewer session names, or restart ramtape",
        crate::engine::stats::sessions::MAX_SESSIONS
    )]
    TooManySessions,
    /// Upstream gave no answer that can be passed on.
    #[error("no answer from upstream")]
    Upstream(#[from] UpstreamError),
    /// The listing that was walked anew, up to the place where its client stands, does not end.
    #[error("could not resume the partially recorded listing")]
    Pagination(#[from] PaginationError),
    /// The client that waited for the answer went away.
    #[error("the client disconnected before its answer was ready; send the request again")]
    ClientLeft,
    /// The task that asked upstream died.
    #[error("ramtape failed during the request to upstream; see its log")]
    Interrupted,
}

impl EngineError {
    /// The answer that tells the client, which reads errors in `form`; `more` is said behind the message.
    ///
    /// Statuses are chosen for what SDKs do with them: 400 and 403 fail at once and show the message; 502 and 504 are
    /// retried, as a broken connection to AWS itself would be.
    #[must_use]
    pub fn to_response(&self, form: ErrorForm, more: &str) -> Response {
        let (status, kind) = self.status_and_kind();
        Response { status, ..wire::error_response(form, kind, &format!("{}{more}", self.message())) }
    }

    /// The status of the answer, and the error's name on the wire.
    pub(super) fn status_and_kind(&self) -> (StatusCode, &str) {
        match self {
            Self::Parameters(_) => (StatusCode::BAD_REQUEST, "SerializationException"),
            Self::Token(_) | Self::SignedToken => (StatusCode::BAD_REQUEST, "InvalidNextTokenException"),
            Self::PageSize { kind, .. } => (StatusCode::BAD_REQUEST, kind.as_str()),
            Self::Miss(_) | Self::OtherService(_) => (StatusCode::BAD_REQUEST, "CassetteMissException"),
            Self::Cassette(_) | Self::Unfilled(_) => (StatusCode::BAD_REQUEST, "CassetteDamagedException"),
            Self::Store(_) => (StatusCode::BAD_REQUEST, "CassetteStoreException"),
            Self::Redaction(_) => (StatusCode::BAD_REQUEST, "RamtapeRedactionException"),
            Self::Caller(_) => (StatusCode::FORBIDDEN, "RamtapeCallerNotProvedException"),
            Self::Profile { .. } => (StatusCode::FORBIDDEN, "RamtapeActorUnknownException"),
            Self::ActorWithoutProfile { .. } | Self::ActorOfOtherAccount { .. } => {
                (StatusCode::FORBIDDEN, "RamtapeActorWithoutProfileException")
            }
            Self::Streaming => (StatusCode::BAD_REQUEST, "RamtapeStreamingException"),
            Self::UnknownKeys { .. } => (StatusCode::FORBIDDEN, "RamtapeOtherProfileException"),
            Self::UnclaimedAccount { .. } | Self::OtherAccount { .. } => {
                (StatusCode::FORBIDDEN, "RamtapeUnclaimedAccountException")
            }
            Self::ReadOnly(_) => (StatusCode::FORBIDDEN, "RamtapeReadOnlyException"),
            Self::TooManySessions => (StatusCode::BAD_REQUEST, "RamtapeSessionException"),
            Self::Upstream(error) if error.is_timeout() => (StatusCode::GATEWAY_TIMEOUT, "RamtapeUpstreamException"),
            Self::Upstream(error) if error.is_transient() => (StatusCode::BAD_GATEWAY, "RamtapeUpstreamException"),
            Self::Upstream(_) | Self::Pagination(_) => (StatusCode::BAD_REQUEST, "RamtapeUpstreamException"),
            Self::Interrupted | Self::ClientLeft => (StatusCode::BAD_GATEWAY, "RamtapeInternalException"),
        }
    }

    /// What was asked and is not recorded, where it is that.
    pub(super) const fn miss(&self) -> Option<&Miss> {
        match self {
            Self::Miss(miss) | Self::OtherService(miss) => Some(miss),
            _ => None,
        }
    }

    /// What the client sees: who speaks, the error and its causes.
    #[must_use]
    pub fn message(&self) -> String {
        format!("ramtape: {}", self.explained())
    }

    /// The error and its causes in one line.
    #[must_use]
    pub fn explained(&self) -> String {
        match self {
            // Its text names its cause.
            Self::Parameters(error) => error.to_string(),
            _ => with_causes(self),
        }
    }
}

/// What to do about a caller of another account than what would sign.
fn other_account(account: &str, signer: &str) -> String {
    format!(
        "the request was not sent to AWS: its caller's account is {account}, but ramtape would sign it for account \
         {signer}. Start ramtape with --profile and the caller's profile; or, where callers of several accounts share \
         the cassette, add to ramtape.toml{}",
        actor_lines(account)
    )
}

/// What to do about a second account.
fn unclaimed(account: &str, first: &str) -> String {
    format!(
        "the request was not sent to AWS: it is signed for account {account}, and this recording already has callers \
         of account {first}; to record both in one cassette, give the second an actor. Add to ramtape.toml{}",
        actor_lines(account)
    )
}

/// The lines to add for an actor, ready to be copied: a cassette knows actors by names, never by accounts.
fn actor_lines(account: &str) -> String {
    format!(
        ", with a name and a profile of your choice:\n\n[actors.second]\naccount = \"{account}\"\nprofile = \
         \"second\"\n\nramtape signs its requests with `profile`"
    )
}
