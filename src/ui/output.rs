//! What goes to stdout, and into files.

use super::error::CommandError;
use crate::files;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes `text` to stdout. Whoever closed it (`| head`) has read enough: that is no error.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|source| CommandError::Stdout { source }),
    }
}

/// Writes `line` and its end to stdout.
pub(crate) fn print_line(line: &str) -> Result<(), CommandError> {
    print(&format!("{line}\n"))
}

/// Writes `text` to stdout, its colours only where a terminal shows them and NO_COLOR does not forbid them.
pub(crate) fn print_styled(text: &str) -> Result<(), CommandError> {
    let coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    if coloured { print(text) } else { print(&anstream::adapter::strip_str(text).to_string()) }
}

/// Writes a file that nobody ever sees half-written, readable by its owner alone: it can hold a capability key.
pub(crate) fn write_atomically(path: &Path, text: &str) -> Result<(), CommandError> {
    let written = files::write_atomically(path, text.as_bytes(), 0o600);
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes a file that is there anew, whole or not at all. Who may read it stays.
pub(crate) fn replace_file(path: &Path, text: &str) -> Result<(), CommandError> {
    files::replace_atomically(path, text.as_bytes())
        .map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes a file that the user asked for: whole, or what was there stays. What is no file (a pipe, a device) is written to.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), CommandError> {
    let written = match fs::metadata(path) {
        // What these lead to is open elsewhere, and stays what it is.
        _ if path.starts_with("/dev") || path.starts_with("/proc") => fs::write(path, text),
        Ok(metadata) if metadata.is_file() => {
            files::replace_atomically(path, text.as_bytes()).or_else(|error| match error.kind() {
                // Where the file alone may be written, or is mounted by itself, there is no other way.
                ErrorKind::PermissionDenied | ErrorKind::ResourceBusy | ErrorKind::CrossesDevices => {
                    fs::write(path, text)
                }
                _ => Err(error),
            })
        }
        // A link that leads nowhere yet stays one.
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
            files::write_atomically(path, text.as_bytes(), 0o666)
        }
        _ => fs::write(path, text),
    };
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn a_file_that_was_asked_for_is_replaced_whole_and_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, nowhere] = ["file", "link", "nowhere"].map(|name| folder.path().join(name));
        write_file(&file, "old").unwrap();
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        assert_eq!(file.metadata().unwrap().mode(), usual.metadata().unwrap().mode());
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        std::os::unix::fs::symlink("there", &nowhere).unwrap();
        let mut before = fs::File::open(&file).unwrap();
        write_file(&link, "new").unwrap();
        // Half-written, it would be to whoever has it open.
        assert_eq!(io::read_to_string(&mut before).unwrap(), "old");
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
        write_file(&nowhere, "somewhere").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("there")).unwrap(), "somewhere");
        assert!(link.is_symlink() && nowhere.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing is left beside them");
    }

    #[test]
    fn a_pipe_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = pipe.clone();
        let read = std::thread::spawn(move || fs::read_to_string(reader).unwrap());
        write_file(&pipe, "text").unwrap();
        assert_eq!(read.join().unwrap(), "text");
        write_file(Path::new("/dev/null"), "text").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
