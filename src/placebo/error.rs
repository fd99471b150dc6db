//! Why a folder cannot be served.

use std::io;
use std::path::PathBuf;

/// Why a folder cannot be served as placebo would.
#[derive(Debug, thiserror::Error)]
pub enum PlaceboError {
    /// It is not there.
    #[error("there is no folder {}: name the one that placebo recorded into (its data_path)", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// It, or a file in it, cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The folder or the file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing in it is placebo's.
    #[error(
        "{} has no recording of placebo, which are files such as ram.ListResources_1.json: name the folder that placebo \
         recorded into (its data_path){hint}",
        folder.display()
    )]
    NoRecordings {
        /// The folder.
        folder: PathBuf,
        /// What may have been meant.
        hint: String,
    },
    /// A file is not JSON.
    #[error("{} is not JSON: restore the file, or move it out of the folder", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        source: serde_json::Error,
    },
    /// A file is JSON, and no recording.
    #[error("{} is not a recording of placebo: {why}. Restore the file, or move it out of the folder", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        why: String,
    },
    /// The name of a file names no service.
    #[error(
        "{} is for the service {service:?}, which is no name of one (such as sts): correct the file's name, or move the file \
         out of the folder",
        path.display()
    )]
    Service {
        /// The file.
        path: PathBuf,
        /// What it names.
        service: String,
    },
    /// Two files are the same answer, as they have two prefixes.
    #[error(
        "{} and {} are the same answer of two recordings: move the files of each prefix into a folder of their own, and \
         record each",
        first.display(), second.display()
    )]
    TwoPrefixes {
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The port cannot be had.
    #[error("cannot serve placebo's recordings on 127.0.0.1")]
    Listen {
        /// Why.
        source: io::Error,
    },
}
