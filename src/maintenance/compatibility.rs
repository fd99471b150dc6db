//! Whether two cassettes were made under the same rules, so that takes of one may stand in the other.

use crate::cassette::CassetteError;
use crate::cassette::{KEY_FILE, format, listing, path};
use crate::redact::{Key, RedactionSpec};
use std::fs;
use std::path::Path;

/// How two cassettes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incompatible {
    /// Their redaction rules are not the same.
    Rules,
    /// The rules are, but each has a key of its own: one value has two pseudonyms.
    Key,
}

/// How the redaction of two cassettes differs; `None` where takes of one may stand in the other.
///
/// # Errors
/// Where one of them cannot be read, or is of a format that this program does not write.
pub fn alike(one: &Path, other: &Path) -> Result<Option<Incompatible>, CassetteError> {
    if rules(one)? != rules(other)? {
        return Ok(Some(Incompatible::Rules));
    }
    let keys = (key_of(one)?, key_of(other)?);
    Ok(matches!(keys, (Some(one), Some(other)) if one != other).then_some(Incompatible::Key))
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
    if let Some(key) = read(other, KEY_FILE)? {
        write(&root.join(KEY_FILE), &key)?;
    }
    // The rules that were just copied stay.
    format::create(root, &RedactionSpec::default())
}

/// Gives the cassette in `root`, where it has and names no key, that of the cassette in `other`.
///
/// # Errors
/// Where the one cannot be read or the other not be written.
pub fn share_key(root: &Path, other: &Path) -> Result<(), CassetteError> {
    let (None, Some(check)) = (key_of(root)?, key_of(other)?) else { return Ok(()) };
    if let Some(text) = read(other, KEY_FILE)? {
        write(&root.join(KEY_FILE), &text)?;
    }
    format::name_key(root, &check)
}

/// Has the cassette in `root` name the regions and the profiles of the one in `other` too; of its own profiles none changes.
///
/// # Errors
/// Where its `cassette.json` cannot be read or written.
pub fn share_environment(root: &Path, other: &Path) -> Result<(), CassetteError> {
    format::name_regions(root, &format::regions_of(other), false)?;
    let (own, asked_as) = format::profiles_of(root);
    let (mut profiles, asked_as_there) = format::profiles_of(other);
    profiles.retain(|profile| own.iter().all(|known| known.name != profile.name));
    format::name_profiles(root, profiles.into_iter().collect(), asked_as.or(asked_as_there))
}

/// What `cassette.json` says of redaction, but for the key; `None` where there is none.
fn rules(root: &Path) -> Result<Option<RedactionSpec>, CassetteError> {
    Ok(format::check(root, true)?.map(|spec| RedactionSpec { key_check: None, ..spec }))
}

/// What tells the key of the cassette in `root` from others; `None` where it has none.
///
/// # Errors
/// Where it cannot be read, or is of a format that this program does not write.
pub fn key_of(root: &Path) -> Result<Option<String>, CassetteError> {
    let beside = read(root, KEY_FILE)?.and_then(|text| Key::from_file(&text));
    match beside {
        Some(key) => Ok(Some(key.check())),
        None => Ok(format::check(root, true)?.and_then(|spec| spec.key_check)),
    }
}

fn read(root: &Path, name: &str) -> Result<Option<Vec<u8>>, CassetteError> {
    Ok(path::read_file(root, &root.join(name))?.map(|(bytes, _)| bytes))
}

fn write(path: &Path, text: &[u8]) -> Result<(), CassetteError> {
    path::write_synced(path, text).map_err(|source| CassetteError::Write { path: path.to_owned(), source })
}
