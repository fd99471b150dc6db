//! Names and tokens that a client makes up anew in every run: holes in the cassette, the session's own values on replay.

mod exact_bytes;
mod modes;
mod names;
mod operations;
