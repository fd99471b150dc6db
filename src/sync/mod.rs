//! Cassettes kept outside git: the folder, `cassettes.lock` and the object store brought together.
//!
//! `cassettes.lock` names each file with its digest, the object store keeps the content by digest, and `.store/synced` in each cassette
//! notes what both last agreed on. So three versions of a file are known, as git knows them: what both had, what is here, and what the
//! lock names ([`FileState`]).

mod cassette_status;
mod error;
mod file_state;
mod garbage;
mod git_files;
mod local_files;
mod lock_conflict;
mod merge;
mod project;
mod pull;
mod push;
mod synced;
mod transfers;

pub use cassette_status::{CassetteStatus, FileStatus, read_status};
pub use error::SyncError;
pub use file_state::FileState;
pub use garbage::{Garbage, find_garbage, remove_garbage};
pub use git_files::{GitFiles, prepare_git};
pub use project::{LockedFiles, Project, ProjectLock};
pub use pull::{OnConflict, PullPlan, PullReport};
pub use push::{PushPlan, PushReport};
