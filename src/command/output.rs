//! What goes to stdout, and into files.

use super::CommandError;
use std::fs::Permissions;
use std::io::{self, Write};
use std::path::Path;

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
    renamed(path, text, None).map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes a file that is there anew, whole or not at all. Who may read it stays.
pub(super) fn replace_file(path: &Path, text: &str) -> Result<(), CommandError> {
    let replace = || {
        // Behind a link, the file is what is replaced.
        let path = path.canonicalize()?;
        renamed(&path, text, Some(path.metadata()?.permissions()))
    };
    replace().map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

fn renamed(path: &Path, text: &str, permissions: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    Ok(())
}

/// Writes a file that the user asked for.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "an old and longer text").unwrap();
        write_atomically(&path, "new\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
