//! Recordings of [placebo](https://github.com/garnaat/placebo), the recorder of boto3, served as an upstream on loopback.
//!
//! placebo keeps what boto3 made of each answer, `[prefix.]service.Operation_N.json`, and nothing of the requests. So there is
//! nothing to import: a client has to ask again, and each of its requests gets the next file of its operation, written in the
//! protocol that it asked in. It knows no operation by name.
//!
//! [`read_folder`] reads; [`serve`] answers until [`RunningPlayback::stop`], which tells what could not be answered.

mod answer;
mod data;
mod error;
mod file_name;
mod folder;
mod playback;
mod recording;
mod server;
mod xml;

pub use error::PlaceboError;
pub use folder::{PlaceboFolder, read_folder};
pub use playback::{PlaybackReport, Unserved};
pub use server::{RunningPlayback, serve};
