//! Cassettes outside git: `push`, `pull`, `status`, `gc`, and the pull of `run`.

mod checkout;
mod conflicts;
mod faults;
mod garbage;
mod hostile_lock;
mod together;
mod workflow;
