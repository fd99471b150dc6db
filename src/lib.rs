//! ramtape: a record-and-replay caching proxy for AWS Resource Access Manager (RAM).
//!
//! This file is the map. Layers import downwards only, siblings never (`tests/safety/layering.rs` holds the list):
//!
//! | layer | owns |
//! | --- | --- |
//! | [`cli`], [`command`] | what can be asked of the binary, one file a verb |
//! | [`ui`] | what people see: console, tables, progress, summary, reports, error texts, exit codes |
//! | [`app`] | the composition root: a checked [`config`] in, a running proxy out |
//! | [`config`] | defaults, file, environment and flags, made into one checked value; nobody else reads the environment |
//! | [`proxy`], [`admin`] | sockets in, plain types out; `/_ramtape/…` |
//! | [`ca`] | ramtape's own certificate authority: made, kept, bound to RAM's hosts and loopback |
//! | [`engine`] | the only module that knows the order of steps: `replay.rs`, `record.rs` |
//! | [`aws`] | RAM's hosts and endpoints, credentials, signatures made and checked, the client that asks |
//! | [`maintenance`] | a cassette changed from outside: takes removed, pruned, replaced, brought over |
//! | [`cassette`] | takes in text files; pending ones in the journal; sled, an index over both |
//! | [`session`] | names, histories, positions: which take is next |
//! | [`diff`] | takes, answers and requests compared, two sides merged; pure |
//! | [`entry_file`] | an entry's text, written and read without losing a byte; pure |
//! | [`redact`] | the sole maker of a value that the cassette accepts |
//! | [`token`], [`fingerprint`] | pages linked, requests identified; pure |
//! | [`service`] | `config/ram.toml` as types: no operation is spelled in code |
//! | [`model`] | the vocabulary: request, response, body with holes, secret |
//! | [`json`] | JSON that keeps its spelling |
//! | `files` | files written whole, or not at all |
//! | [`har`] | the HTTP archive, an outer form of what was asked and answered; pure |
//! | [`simulator`] | the simulated RAM endpoint of demo and tests; nothing else imports it |
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
pub mod diff;
pub mod engine;
pub mod entry_file;
mod files;
pub mod fingerprint;
pub mod har;
pub mod json;
pub mod maintenance;
pub mod model;
pub mod proxy;
pub mod redact;
pub mod service;
pub mod session;
pub mod simulator;
pub mod token;
pub mod ui;
