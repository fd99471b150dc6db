//! The user's file.

use super::{ConfigError, RawConfig};
use crate::model::utf8;
use std::path::{Path, PathBuf};

/// The name of the user's file.
pub const FILE_NAME: &str = "ramtape.toml";

/// The first `ramtape.toml` in `folder` or above it, read; `None` where there is none.
///
/// # Errors
/// Where the file cannot be read, or holds what no file may hold.
pub(super) fn find(folder: &Path) -> Result<Option<(PathBuf, RawConfig)>, ConfigError> {
    for above in folder.ancestors() {
        let path = above.join(FILE_NAME);
        match std::fs::read(&path).and_then(|bytes| text_of(&bytes)) {
            Ok(text) => return parse(&path, &text).map(|raw| Some((path, raw))),
            Err(error) if is_absent(&error) => {}
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        }
    }
    Ok(None)
}

/// A file's text. Editors that begin it with a byte order mark mean nothing by that.
fn text_of(bytes: &[u8]) -> std::io::Result<String> {
    let text = utf8(bytes).ok().and_then(|text| String::from_utf8(text.into_owned()).ok());
    text.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8 text: save it as UTF-8"))
}

/// A file's text as a layer, its paths made relative to the file's folder.
fn parse(path: &Path, text: &str) -> Result<RawConfig, ConfigError> {
    let mut raw: RawConfig =
        toml::from_str(text).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for relative in [&mut raw.cassette, &mut raw.ca_bundle, &mut raw.ca_folder, &mut raw.redact.key_file] {
        *relative = relative.take().map(|written| folder.join(written));
    }
    // A remote without a scheme is a folder.
    if let Some(url) = raw.remote.url.as_mut().filter(|url| !url.is_empty() && !url.contains("://")) {
        *url = folder.join(&*url).to_string_lossy().into_owned();
    }
    Ok(raw)
}

fn is_absent(error: &std::io::Error) -> bool {
    // A folder of this name is not the user's file.
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory | std::io::ErrorKind::IsADirectory
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::error::Error;

    #[test]
    fn is_found_upwards_and_its_paths_are_relative_to_it() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(root.path().join(FILE_NAME), "cassette = 'tapes/one'").unwrap();
        let (path, raw) = find(&below).unwrap().unwrap();
        assert_eq!(path, root.path().join(FILE_NAME));
        assert_eq!(raw.cassette.unwrap(), root.path().join("tapes/one"));
    }

    #[test]
    fn a_byte_order_mark_is_read_past() {
        let root = tempfile::tempdir().unwrap();
        let text = "cassette = 't\u{e4}pes'\n[operations.CreateResourceShare]\nvolatile = ['name']\n";
        let wide = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [[&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(), wide] {
            std::fs::write(root.path().join(FILE_NAME), bytes).unwrap();
            let (_, raw) = find(root.path()).unwrap().unwrap();
            assert_eq!(raw.cassette.unwrap(), root.path().join("t\u{e4}pes"));
            assert_eq!(raw.operations.len(), 1);
        }
        std::fs::write(root.path().join(FILE_NAME), b"cassette = '\xff'").unwrap();
        let error = find(root.path()).unwrap_err();
        assert!(error.source().unwrap().to_string().contains("save it as UTF-8"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line_and_the_known_ones() {
        let error = parse(Path::new("/p/ramtape.toml"), "region = 'x'\n[limits]\nconnection = 3\n").unwrap_err();
        assert!(error.to_string().contains("/p/ramtape.toml"), "{error}");
        let cause = error.source().unwrap().to_string();
        for part in ["line 3", "connection", "connections", "header_bytes"] {
            assert!(cause.contains(part), "{part} in {cause}");
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_its_line_and_the_accepted_ones() {
        let error = parse(Path::new("/p/ramtape.toml"), "\nrecord_mode = 'sometimes'").unwrap_err();
        let cause = error.source().unwrap().to_string();
        for part in ["line 2", "sometimes", "new_episodes"] {
            assert!(cause.contains(part), "{part} in {cause}");
        }
    }
}
