//! What the proxy needs of this machine: its cassette and its port.

use super::check::Check;
use crate::cassette::FolderKind;
use crate::command::takes::recorded::CassetteReader;
use crate::model::counted;
use crate::model::with_causes;
use crate::ui::{CommandError, Console, Progress};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// Whether the cassette can be replayed: its format, and every file in it.
pub(super) fn cassette(root: &Path, console: Console) -> Check {
    let name = "cassette";
    let place = root.display();
    match FolderKind::detect(root) {
        Ok(FolderKind::Absent) if !root.exists() => {
            return Check::ok(name, format!("{place} does not exist yet: a run in mode once records it"));
        }
        Ok(FolderKind::Empty) => {
            return Check::ok(name, format!("{place} is empty: a run in mode once records into it"));
        }
        _ => {}
    }
    let (reader, notices) = match CassetteReader::open_with_notices(root) {
        Ok(opened) => opened,
        Err(error @ CommandError::NotACassette { .. }) => return Check::fail(name, with_causes(&error), MISSPELT),
        Err(error) => return Check::fail(name, with_causes(&error), DAMAGED),
    };
    let names = match reader.names() {
        Ok(names) => names,
        Err(error) => return Check::fail(name, with_causes(&error), DAMAGED),
    };
    let mut progress = Progress::new(console, "reading", names.len());
    let broken: Vec<String> = names
        .iter()
        .inspect(|_| progress.step())
        .filter_map(|(folder, fingerprint)| reader.read(folder, *fingerprint).err())
        .map(|error| with_causes(&error))
        .collect();
    drop(progress);
    if !broken.is_empty() {
        return Check::fail(name, broken.join("\n"), DAMAGED);
    }
    let mut found =
        vec![format!("{} holds {}, all readable", root.display(), counted(names.len() as u64, "request", "requests"))];
    found.extend(notices.iter().map(ToString::to_string));
    let found = found.join("\n");
    if notices.is_empty() {
        Check::ok(name, found)
    } else {
        Check::warn(
            name,
            found,
            "write what is only in the store as text, as described above; record again what is lost",
        )
    }
}

const MISSPELT: &str = "give --cassette a cassette's folder, or a folder that does not exist yet";
const DAMAGED: &str = "restore the named files from version control, or delete them and record again";

/// Whether the proxy could listen.
pub(super) fn port(listen: SocketAddr) -> Check {
    match TcpListener::bind(listen) {
        Ok(_) if listen.port() == 0 => Check::ok("port", format!("a free port on {} is available", listen.ip())),
        Ok(_) => Check::ok("port", format!("{listen} is free")),
        Err(error) => Check::fail(
            "port",
            format!("{listen}: {error}"),
            "choose another address with --listen, or stop \
                the program that uses it",
        ),
    }
}
