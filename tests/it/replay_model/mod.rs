//! Whether a replay answers right, counted over thousands of clients made at random.
//!
//! A small RAM ([`world`]) is recorded by clients that do many things at a time ([`client`], [`graphs`], [`suites`]):
//! calls start, take effect and end with others in between ([`recording`]). The cassette is then replayed by the same
//! clients at another parallelism, in another order, in part, with more polls, fewer and retries ([`replay`]). What is
//! right follows from the writes that the replay made, in a RAM where all arrives at once; it knows nothing of takes or
//! histories. The figures of each class of clients ([`classes`]) have to keep limits ([`limits`]). Single situations are
//! in [`cases`]. Only [`tape`] knows ramtape.
//!
//! `cargo test --test it replay_model -- --nocapture` prints the figures. `RAMTAPE_MODEL_SEEDS=10` runs ten times as many seeds.
//! `RAMTAPE_MODEL_ONLY=issue:17` runs one seed of one class, prints its calls, and fails where anything is wrong.

mod answer;
mod cases;
mod classes;
mod client;
mod graphs;
mod limits;
mod random;
mod recording;
mod replay;
mod request;
mod suites;
mod tape;
mod world;
