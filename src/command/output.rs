//! What goes to stdout, and into files.

use super::CommandError;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes `text` to stdout. Whoever closed it (`| head`) has read enough: that is no error.
pub(super) fn print(text: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|source| CommandError::Stdout { source }),
    }
}

/// Writes `text` to stdout, its colours only where a terminal shows them and NO_COLOR does not forbid them.
pub(super) fn print_styled(text: &str) -> Result<(), CommandError> {
    let coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    if coloured { print(text) } else { print(&anstream::adapter::strip_str(text).to_string()) }
}

/// Writes a file that nobody ever sees half-written, readable by its owner alone: it can hold a capability key.
pub(super) fn write_atomically(path: &Path, text: &str) -> Result<(), CommandError> {
    let written = beside(path, 0o600).and_then(|file| renamed(file, path, text));
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes a file that is there anew, whole or not at all. Who may read it stays.
pub(super) fn replace_file(path: &Path, text: &str) -> Result<(), CommandError> {
    replace(path, text).map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes a file that the user asked for: whole, or what was there stays. What is no file (a pipe, a device) is written to.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), CommandError> {
    let written = match fs::metadata(path) {
        // What these lead to is open elsewhere, and stays what it is.
        _ if path.starts_with("/dev") || path.starts_with("/proc") => fs::write(path, text),
        Ok(metadata) if metadata.is_file() => replace(path, text).or_else(|error| match error.kind() {
            // Where the file alone may be written, or is mounted by itself, there is no other way.
            ErrorKind::PermissionDenied | ErrorKind::ResourceBusy | ErrorKind::CrossesDevices => fs::write(path, text),
            _ => Err(error),
        }),
        // A link that leads nowhere yet stays one.
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
            beside(path, 0o666).and_then(|file| renamed(file, path, text))
        }
        _ => fs::write(path, text),
    };
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Behind a link, the file is what is replaced.
    let path = path.canonicalize()?;
    let file = beside(&path, 0o600)?;
    file.as_file().set_permissions(path.metadata()?.permissions())?;
    renamed(file, &path, text)
}

/// A file in the folder of `path`, deleted unless it is renamed; the process' umask is taken off `mode`.
fn beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder)
}

fn renamed(mut file: NamedTempFile, path: &Path, text: &str) -> io::Result<()> {
    file.as_file_mut().write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "an old and longer text").unwrap();
        write_atomically(&path, "new\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

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
