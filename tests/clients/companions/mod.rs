//! Services beside RAM with real clients: moto is their upstream while they are recorded, and nothing is on replay.

mod accounts;
mod commands;
mod credential_sources;
mod profiles;
mod services;
mod shared_names;
mod signing;

use std::path::Path;

use crate::support::clients::{Call, Finished, Moto};
use crate::support::scene::{REGION, Tape};

/// Keys that moto takes as it takes any.
const KEY_ID: &str = "AKIAPLANTEDKEYOFTEST";
const SECRET: &str = "plantedSecretOfTheTest/0123456789abcdefg";

/// `call` with these keys, recorded through `ramtape run` with `flags`.
fn record(tape: &Tape, moto: &Moto, flags: &[&str], call: Call) -> Finished {
    let flags = [&["--upstream", &moto.url], flags].concat();
    call.credentials(KEY_ID, SECRET).region(REGION).under(tape.run("once", &flags)).finish()
}

/// All text of the cassette.
fn text_of(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| match path.is_dir() {
        true if path.ends_with(".store") => String::new(),
        true => text_of(&path),
        false => std::fs::read_to_string(path).unwrap(),
    };
    entries.map(text).collect()
}
