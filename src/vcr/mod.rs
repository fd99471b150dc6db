//! Reads cassettes of vcrpy and go-vcr: YAML or JSON with a list of interactions. It knows no service.
//!
//! vcrpy's form (version 1): <https://github.com/kevin1024/vcrpy/blob/master/vcr/serialize.py>. go-vcr's (versions 1 and 2):
//! <https://github.com/dnaeon/go-vcr/blob/v4/pkg/cassette/cassette.go>. Files are data here: a YAML tag that would make an object
//! or call something elsewhere makes nothing.

mod body;
mod node;
mod read;
mod yaml;

pub use read::{LARGEST_FILE, VcrError, read};
pub use yaml::YamlFault;
