//! `cassette.json`: the format's version, checked before anything else is read; reading and writing the file.

use super::error::CassetteError;
use super::manifest::{Manifest, WITH_SERVICES};
use super::path::write_new;
use super::rules;
use super::staged_file::replace_whole;
use crate::json::{self, Node};
use crate::model::RoleProfile;
use crate::redact::RedactionSpec;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The format that this program writes at most, `major.minor`. Since 2.0 a take tells how often it was recorded in a row, and is linked
/// to the write that was answered last before it; in 1.0 it was the last one before it was asked.
pub const VERSION: &str = WITH_SERVICES;
const MAJOR: u32 = 2;
const MINOR: u32 = 2;
/// What is read too.
const EARLIER: (u32, u32) = (1, 0);
pub(crate) const NAME: &str = "cassette.json";

/// The file, beside `cassette.json`, of the key that redacted values are made with. A cassette that none was made for has none.
pub const KEY_FILE: &str = "redaction.key";

/// Takes added on two branches are merged by the driver called `ramtape`; where none is set up, git merges them as text.
const GIT_ATTRIBUTES: &str = "*.json text eol=lf linguist-generated\n/*/*.json merge=ramtape\n\
                              /cassette.json merge=ramtape\n/variables.json merge=ramtape\n";

/// Whether the folder `root` says that it is a cassette.
#[must_use]
pub fn is_cassette(root: &Path) -> bool {
    root.join(NAME).is_file()
}

/// The redaction rules of the cassette in `root`; `None` where there is no `cassette.json`.
///
/// # Errors
/// Where it is damaged, or of a newer major version.
pub fn read_redaction_spec(root: &Path) -> Result<Option<RedactionSpec>, CassetteError> {
    check(root, false)
}

/// Whether a later ramtape wrote the cassette in `root`, with a minor version that this one can only replay.
#[must_use]
pub fn is_of_newer(root: &Path) -> bool {
    version_of(root).is_some_and(|(major, minor)| major == MAJOR && minor > MINOR)
}

/// Whether the cassette in `root` was written by an earlier ramtape: its takes are linked as that did it.
#[must_use]
pub fn is_of_earlier(root: &Path) -> bool {
    version_of(root) == Some(EARLIER)
}

/// Has the cassette in `root`, where it is of the earlier format, say that it is of this one: before something is written that
/// an earlier ramtape cannot read.
///
/// # Errors
/// Where `cassette.json` cannot be read or written.
fn upgrade(root: &Path) -> Result<(), CassetteError> {
    match read(root, true)? {
        Some(manifest) if is_of_earlier(root) => replace(root, &manifest),
        _ => Ok(()),
    }
}

/// The regions that the commands ran in whose requests the cassette in `root` holds, as far as they are known.
#[must_use]
pub fn regions_of(root: &Path) -> Vec<String> {
    read(root, false).ok().flatten().map(|manifest| manifest.regions).unwrap_or_default()
}

/// The services besides RAM that the cassette in `root` has answers of.
#[must_use]
pub fn services_of(root: &Path) -> BTreeSet<String> {
    read(root, false).ok().flatten().map(|manifest| manifest.services).unwrap_or_default()
}

/// The profiles by which the commands asked for roles whose requests the cassette in `root` holds, and the one that they asked as
/// without naming it.
#[must_use]
pub fn profiles_of(root: &Path) -> (BTreeSet<RoleProfile>, Option<String>) {
    let manifest = read(root, false).ok().flatten().unwrap_or_default();
    (manifest.profiles, manifest.asked_as)
}

/// Has `cassette.json` in `root` say what it takes to read these `folders` of operations, the services other than RAM that they are
/// of too: before something is written that an earlier ramtape cannot read.
///
/// # Errors
/// Where `cassette.json` cannot be read or written.
pub(crate) fn make_readable<'f>(root: &Path, folders: impl Iterator<Item = &'f str>) -> Result<(), CassetteError> {
    upgrade(root)?;
    let services: BTreeSet<String> = folders.filter_map(service_in_folder).map(str::to_owned).collect();
    change(root, |manifest| manifest.services.extend(services))
}

/// Has the cassette in `root` name `profiles` too; `asked_as` is the one that a command asked as without naming it.
///
/// # Errors
/// Where `cassette.json` cannot be read or written.
pub(crate) fn name_profiles(
    root: &Path,
    profiles: Vec<RoleProfile>,
    asked_as: Option<String>,
) -> Result<(), CassetteError> {
    change(root, |manifest| {
        let is_new = |known: &RoleProfile| profiles.iter().all(|profile| profile.name != known.name);
        manifest.profiles.retain(is_new);
        manifest.profiles.extend(profiles);
        manifest.asked_as = asked_as.or(manifest.asked_as.take());
    })
}

/// The service, other than RAM, that a folder of one of its operations is named after.
fn service_in_folder(folder: &str) -> Option<&str> {
    folder.split_once('.').map(|(service, _)| service).filter(|_| !folder.starts_with("unknown-"))
}

/// Writes `cassette.json` anew, where `change` changes it.
fn change(root: &Path, change: impl FnOnce(&mut Manifest)) -> Result<(), CassetteError> {
    let Some(before) = read(root, true)? else { return Ok(()) };
    let mut after = before.clone();
    change(&mut after);
    if after == before { Ok(()) } else { replace(root, &after) }
}

/// Has the cassette in `root` name `regions` too, `first` before all others or behind them.
///
/// # Errors
/// Where `cassette.json` cannot be read or written.
pub(crate) fn name_regions(root: &Path, regions: &[String], first: bool) -> Result<(), CassetteError> {
    change(root, |manifest| {
        let others = if first { std::mem::take(&mut manifest.regions) } else { Vec::new() };
        manifest.add_regions(regions);
        manifest.add_regions(&others);
    })
}

fn version_of(root: &Path) -> Option<(u32, u32)> {
    let text = fs::read(root.join(NAME)).ok()?;
    let version = json::parse(&text).ok()?.member("ramtape").and_then(Node::text)?;
    parse_version(&version)
}

/// Has the cassette in `root` name the key that its pseudonyms are made with, by [`crate::redact::Key::check`]. One that
/// names a key already stays as it is.
///
/// # Errors
/// Where `cassette.json` cannot be read or written.
pub fn name_key(root: &Path, check: &str) -> Result<(), CassetteError> {
    match self::check(root, true)? {
        Some(spec) if spec.key_check.is_none() => {
            rewrite(root, &RedactionSpec { key_check: Some(check.to_owned()), ..spec })
        }
        _ => Ok(()),
    }
}

/// Reads the cassette's version and its rules; `None` where there is no `cassette.json`.
///
/// # Errors
/// Where it is damaged, of a newer major version, or, `to_record`, of a newer minor one.
pub(crate) fn check(root: &Path, to_record: bool) -> Result<Option<RedactionSpec>, CassetteError> {
    Ok(read(root, to_record)?.map(|manifest| manifest.spec))
}

/// As [`check`], with all that the file says.
fn read(root: &Path, to_record: bool) -> Result<Option<Manifest>, CassetteError> {
    let path = root.join(NAME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(CassetteError::Read { path, source }),
    };
    let malformed = |offset: usize, reason: String| {
        let line = 1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count();
        CassetteError::Malformed { path: path.clone(), line, reason }
    };
    let root = json::parse(&text).map_err(|error| malformed(error.offset, format!("not JSON: {}", error.reason)))?;
    let version = root.member("ramtape").and_then(Node::text);
    let Some((major, minor)) = version.as_deref().and_then(parse_version) else {
        return Err(malformed(0, "no format version: \"ramtape\": \"MAJOR.MINOR\" is missing".to_owned()));
    };
    if major > MAJOR || (major == MAJOR && minor > MINOR && to_record) {
        let found = format!("{major}.{minor}");
        return Err(CassetteError::Newer { path, found, supported: VERSION, readable: major == MAJOR });
    }
    let is_earlier = (major, minor) == EARLIER;
    if major < MAJOR && !is_earlier {
        return Err(malformed(0, format!("format {major}.{minor} does not exist")));
    }
    if is_earlier || minor <= MINOR {
        return Manifest::read(&root).map(Some).map_err(|flaw| malformed(flaw.offset, flaw.reason));
    }
    let redaction = root.member("redaction");
    // A later minor version may say more than this one knows; what it knows must be right.
    let spec = redaction.and_then(|redaction| rules::read(redaction).ok()).unwrap_or_default();
    Ok(Some(Manifest { spec, ..Manifest::default() }))
}

fn parse_version(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Makes a new cassette of the folder: `cassette.json`, and what git should know. Files that are there stay as they are.
pub(crate) fn create(root: &Path, spec: &RedactionSpec) -> Result<(), CassetteError> {
    let cassette = Manifest { spec: spec.clone(), ..Manifest::default() }.to_text();
    let files = [(".gitattributes", GIT_ATTRIBUTES), (".gitignore", ".store/\n"), (NAME, cassette.as_str())];
    for (name, text) in files {
        write_new(&root.join(name), text)
            .map_err(|(path, source): (PathBuf, _)| CassetteError::Write { path, source })?;
    }
    Ok(())
}

/// Puts other rules into a cassette that holds nothing yet, or the name of its key.
pub(crate) fn rewrite(root: &Path, spec: &RedactionSpec) -> Result<(), CassetteError> {
    let before = read(root, false).ok().flatten().unwrap_or_default();
    replace(root, &Manifest { spec: spec.clone(), ..before })
}

fn replace(root: &Path, manifest: &Manifest) -> Result<(), CassetteError> {
    let path = root.join(NAME);
    replace_whole(root, &path, &manifest.to_text()).map_err(|source| CassetteError::Write { path, source })
}
