//! `cassette.json`: the format's version, checked before anything else is read.

use super::error::CassetteError;
use super::path::write_new;
use crate::interaction::json::{self, Kind, Node};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The format that this program writes, `major.minor`.
pub const VERSION: &str = "1.0";
const MAJOR: u32 = 1;
const MINOR: u32 = 0;
const SERVICE: &str = "ram";
pub(super) const NAME: &str = "cassette.json";
const TEXT: &str =
    "{\n  \"ramtape\": \"1.0\",\n  \"service\": \"ram\",\n  \"redaction\": {\n    \"rules\": []\n  }\n}\n";

/// Takes added on two branches are merged by the driver called `ramtape`; where none is set up, git merges them as text.
const GIT_ATTRIBUTES: &str = "*.json text eol=lf linguist-generated\n/*/*.json merge=ramtape\n";

/// Whether the folder `root` says that it is a cassette.
#[must_use]
pub fn is_cassette(root: &Path) -> bool {
    root.join(NAME).is_file()
}

/// Reads the cassette's version; `false` where there is no `cassette.json`.
///
/// # Errors
/// Where it is damaged, of a newer major version, or, `to_record`, of a newer minor one.
pub(super) fn check(root: &Path, to_record: bool) -> Result<bool, CassetteError> {
    let path = root.join(NAME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
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
    if major < MAJOR {
        return Err(malformed(0, format!("format {major}.{minor} does not exist")));
    }
    if minor == MINOR {
        check_members(&root).map_err(|(offset, reason)| malformed(offset, reason))?;
    }
    Ok(true)
}

fn parse_version(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Checks what stands beside the version, of a file of this very version.
fn check_members(root: &Node<'_>) -> Result<(), (usize, String)> {
    let Kind::Object(members) = &root.kind else { return Err((0, "expected an object".to_owned())) };
    if root.member("service").and_then(Node::text).as_deref() != Some(SERVICE) {
        return Err((0, format!("the service is not {SERVICE:?}")));
    }
    let rules = root.member("redaction").and_then(|redaction| redaction.member("rules"));
    match rules.and_then(Node::items) {
        None => return Err((0, "no redaction rules: \"redaction\": {\"rules\": []} is missing".to_owned())),
        Some([]) => {}
        Some([first, ..]) => return Err((first.offset, "this version knows no redaction rules".to_owned())),
    }
    match members.iter().find(|member| !["\"ramtape\"", "\"service\"", "\"redaction\""].contains(&member.key)) {
        None => Ok(()),
        Some(member) => Err((member.value.offset, format!("unknown member {}", member.key))),
    }
}

/// Makes a new cassette of the folder: `cassette.json`, and what git should know. Files that are there stay as they are.
pub(super) fn create(root: &Path) -> Result<(), CassetteError> {
    for (name, text) in [(".gitattributes", GIT_ATTRIBUTES), (".gitignore", ".store/\n"), (NAME, TEXT)] {
        write_new(&root.join(name), text)
            .map_err(|(path, source): (PathBuf, _)| CassetteError::Write { path, source })?;
    }
    Ok(())
}
