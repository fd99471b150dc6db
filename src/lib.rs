//! ramtape: a record-and-replay caching proxy for AWS Resource Access Manager (RAM).
//!
//! Tests in Rust begin with [`Ramtape`]. The rest is for people who change the code, and this file is their map. Imports go downwards
//! only, and siblings never import each other (`tests/safety/layering.rs` holds the list of allowed imports):
//!
//! | folder | what it owns |
//! | --- | --- |
//! | [`guard`] | [`Ramtape`]: a proxy in the process of a Rust test |
//! | [`cli`] | the command line, as clap structs |
//! | [`command`] | one file a command, thin |
//! | [`ui`] | what people see: console, tables, progress, summary, reports, error texts, exit codes |
//! | [`app`] | wiring: from a checked configuration to a running proxy, and back to a written cassette |
//! | [`config`] | defaults, file, environment and flags, made into one checked value; nothing else reads the environment |
//! | [`inspector`] | pages that show what was recorded, what was asked, and why it was answered so |
//! | [`proxy`] | listener, HTTP/1 and HTTP/2, request guards, deadlines, tunnels, error responses |
//! | [`admin`] | `/_ramtape/…`: health, sessions, recorded variables |
//! | [`ca`] | ramtape's own certificate authority, limited to the recorded services' hosts and loopback |
//! | [`engine`] | the order of steps for one request (`replay.rs`, `record.rs`), pagination, misses, statistics |
//! | [`sync`] | cassettes kept outside git: folder, `cassettes.lock` and object store brought together |
//! | [`remote`] | the object store that recorded files are kept in |
//! | [`aws`] | the real services: hosts, endpoints, credentials, signatures made and verified, the HTTP client |
//! | [`review`] | two cassettes held against each other, one of them perhaps as git has it |
//! | [`maintenance`] | changes to a cassette that nobody records into: `rm`, `prune`, replaced entries |
//! | [`cassette`] | takes on disk: opened, looked up, recorded, checked; text, journal and index |
//! | [`session`] | session names, histories, choosing the next take |
//! | [`coverage`] | what is recorded of each operation, counted; pure |
//! | [`diff`] | takes, answers and requests compared, and two sides merged; pure |
//! | [`entry_file`] | a recorded request to and from its JSON text, without losing a byte; pure |
//! | [`redact`] | rules, pseudonyms, the secret scanner; the only maker of what the cassette accepts; pure |
//! | [`token`] | page tokens; pure |
//! | [`fingerprint`] | the canonical form of a request, and its hash; pure |
//! | [`service`] | `config/ram.toml` and `config/services.toml` as types; pure |
//! | [`model`] | request, response, body with holes, secret; pure |
//! | [`lock_file`] | `cassettes.lock`: read, written and merged; pure |
//! | [`json`] | a JSON parser that keeps the spelling; pure |
//! | `git` | the `git` command |
//! | `files` | files written whole, or not at all |
//! | `scratch` | a temporary folder, which the next process removes where this one is killed |
//! | `loopback` | the connections of a small server in this process |
//! | [`wire`] | requests of any service as an operation with parameters; strings in XML and CBOR bodies; pure |
//! | [`har`] | the HTTP archive (HAR); pure |
//! | [`vcr`] | cassettes of vcrpy and go-vcr; pure |
//! | [`placebo`] | recordings of placebo, served as an upstream on loopback |
//! | [`simulator`] | the simulated RAM endpoint of the demo and the tests; nothing else imports it |
//!
//! *Pure* means: no async, socket, clock, environment or file. No operation's name is spelled in code outside of tests and
//! simulator: what is RAM is data in `config/ram.toml`, and what is known of other services in `config/services.toml`.
//!
//! # The life of a request
//!
//! [`proxy`] reads it whole, past a strict gate, into an [`model::Request`]. [`engine`] finds its operation, region,
//! actor and canonical parameters, and with them its [`fingerprint::Fingerprint`]. Replaying, it looks the fingerprint up in
//! the [`cassette`], chooses take and page, and answers with the recorded bytes, tokens filled in. Recording, it proves the
//! caller, signs the request anew, sends it upstream ([`aws`]), scrubs the answer, puts a hole where upstream's token was, stores
//! the page durably, and only then answers.
//!
//! # The life of a take
//!
//! A take begins when upstream's answer comes: [`redact`] scrubs it, and the engine turns it into a page with holes. The
//! [`cassette`] appends the page to `.store/journal` before the client gets its answer; from then on the take is *pending*,
//! and a killed process does not lose it. Further pages of the listing are appended the same way. When the listing has ended,
//! at the latest when the recording stops or the cassette is next opened for recording, the take is checked (no secret, and
//! its own request finds it again) and written into its request's text file, synced and renamed; the journal then forgets it.
//! A replay reads the file, or sled's copy while that is the file's own; [`session`] chooses the take by the writes that came
//! before, the engine fills its holes, and the bytes go out as they came. A take ends when a recording in mode `all`
//! supersedes it, when [`maintenance`] removes it, or when somebody deletes its file.
//!
//! # What is absent on purpose
//!
//! No cache that is not a cassette, no time-to-live, no fuzzy matching of requests, no counter of calls that decides an
//! answer across sessions, and in mode `none` no client that could reach upstream.
#![warn(clippy::disallowed_methods)]

pub mod admin;
pub mod app;
pub mod aws;
pub mod ca;
pub mod cassette;
pub mod cli;
pub mod command;
pub mod config;
pub mod coverage;
pub mod diff;
pub mod engine;
pub mod entry_file;
mod files;
pub mod fingerprint;
mod git;
pub mod guard;
pub mod har;
pub mod inspector;
pub mod json;
pub mod lock_file;
mod loopback;
pub mod maintenance;
pub mod model;
pub mod placebo;
pub mod proxy;
pub mod redact;
pub mod remote;
pub mod review;
mod scratch;
pub mod service;
pub mod session;
pub mod simulator;
pub mod sync;
pub mod token;
pub mod ui;
pub mod vcr;
pub mod wire;

pub use guard::{Ramtape, RamtapeBuilder, RamtapeError, TestSession};
