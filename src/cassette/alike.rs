//! Whether two cassettes were made under the same rules, so that takes of one may stand in the other.

use super::error::CassetteError;
use super::{format, listing, path};
use crate::redact::Policy;
use std::fs;
use std::path::Path;

/// The file of the key that redacted values are made with. A cassette in which none was made has none.
const KEY: &str = "redaction.key";

/// How two cassettes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// Their redaction rules are not the same.
    Rules,
    /// The rules are, but each has a key of its own: one value has two stand-ins.
    Key,
}

/// How the redaction of two cassettes differs; `None` where takes of one may stand in the other.
///
/// # Errors
/// Where one of them cannot be read, or is of a format that this program does not write.
pub fn alike(one: &Path, other: &Path) -> Result<Option<Unlike>, CassetteError> {
    if rules(one)? != rules(other)? {
        return Ok(Some(Unlike::Rules));
    }
    let keys = (read(one, KEY)?, read(other, KEY)?);
    Ok(matches!(keys, (Some(one), Some(other)) if one != other).then_some(Unlike::Key))
}

/// Makes the folder `root` a cassette, still empty, with the rules and the key of the cassette in `other`.
///
/// # Errors
/// Where the one cannot be read or the other not be written, and where the folder holds takes already.
pub fn create_like(root: &Path, other: &Path) -> Result<(), CassetteError> {
    if listing::has_any(root)? {
        return Err(CassetteError::NoFormat { root: root.to_owned() });
    }
    format::check(other, true)?;
    fs::create_dir_all(root).map_err(|source| CassetteError::Write { path: root.to_owned(), source })?;
    if let Some(text) = read(other, format::NAME)? {
        write(&root.join(format::NAME), &text)?;
    }
    share_key(root, other)?;
    // The rules that were just copied stay.
    format::create(root, &Policy::default())
}

/// Gives the cassette in `root`, where it has no key, that of the cassette in `other`.
///
/// # Errors
/// Where the one cannot be read or the other not be written.
pub fn share_key(root: &Path, other: &Path) -> Result<(), CassetteError> {
    match (read(root, KEY)?, read(other, KEY)?) {
        (None, Some(key)) => write(&root.join(KEY), &key),
        _ => Ok(()),
    }
}

/// What `cassette.json` says of redaction; `None` where there is none.
fn rules(root: &Path) -> Result<Option<serde_json::Value>, CassetteError> {
    if format::check(root, true)?.is_none() {
        return Ok(None);
    }
    let whole = read(root, format::NAME)?;
    let whole = whole.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    Ok(whole.and_then(|whole| whole.get("redaction").cloned()))
}

fn read(root: &Path, name: &str) -> Result<Option<Vec<u8>>, CassetteError> {
    Ok(path::read_file(root, &root.join(name))?.map(|(bytes, _)| bytes))
}

fn write(path: &Path, text: &[u8]) -> Result<(), CassetteError> {
    path::write_synced(path, text).map_err(|source| CassetteError::Write { path: path.to_owned(), source })
}
