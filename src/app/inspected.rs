//! The cassettes of a run, for the inspector.

use super::engines::Engines;
use crate::inspector::{Tape, Tapes};

impl Tapes for Engines {
    fn open(&self) -> Vec<Tape> {
        let tape = |engine: crate::engine::Engine| {
            let root = engine.cassette().root();
            let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
            Tape { name, engine, calls: None }
        };
        self.engines().into_iter().map(tape).collect()
    }
}
