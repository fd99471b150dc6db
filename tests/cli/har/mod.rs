//! `ramtape export` and `ramtape import`: the HTTP archive, out and in.

mod dialects;
mod keys;
mod malformed;
mod round_trip;
mod rules;
mod unlinked_reads;
