//! Sessions: in parallel, listed, rewound, and each with a cassette of its own.

mod cassette_per_session;
mod listing;
mod parallel;
mod polling;
