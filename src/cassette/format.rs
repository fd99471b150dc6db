//! `cassette.json`: the format's version, checked before anything else is read, and the redaction rules in force.

use super::error::CassetteError;
use super::path::{write_new, write_synced};
use super::replace::writing_folder;
use super::rules;
use super::text::Printer;
use crate::interaction::json::{self, Kind, Node};
use crate::redact::Policy;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The format that this program writes, `major.minor`. Since 2.0 a take tells how often it was recorded in a row, and is linked
/// to the write that was answered last before it; in 1.0 it was the last one before it was asked.
pub const VERSION: &str = "2.0";
const MAJOR: u32 = 2;
const MINOR: u32 = 0;
/// What is read too.
const EARLIER: (u32, u32) = (1, 0);
const SERVICE: &str = "ram";
pub(super) const NAME: &str = "cassette.json";

/// Takes added on two branches are merged by the driver called `ramtape`; where none is set up, git merges them as text.
const GIT_ATTRIBUTES: &str =
    "*.json text eol=lf linguist-generated\n/*/*.json merge=ramtape\n/variables.json merge=ramtape\n";

/// Whether the folder `root` says that it is a cassette.
#[must_use]
pub fn is_cassette(root: &Path) -> bool {
    root.join(NAME).is_file()
}

/// The redaction rules of the cassette in `root`; `None` where there is no `cassette.json`.
///
/// # Errors
/// Where it is damaged, or of a newer major version.
pub fn policy_of(root: &Path) -> Result<Option<Policy>, CassetteError> {
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
pub(super) fn upgrade(root: &Path) -> Result<(), CassetteError> {
    match check(root, true)? {
        Some(policy) if is_of_earlier(root) => rewrite(root, &policy),
        _ => Ok(()),
    }
}

fn version_of(root: &Path) -> Option<(u32, u32)> {
    let text = fs::read(root.join(NAME)).ok()?;
    let version = json::parse(&text).ok()?.member("ramtape").and_then(Node::text)?;
    parse_version(&version)
}

/// Has the cassette in `root` name the key that its stand-ins are made with, by [`crate::redact::Key::check`]. One that
/// names a key already stays as it is.
///
/// # Errors
/// Where `cassette.json` cannot be read or written.
pub fn name_key(root: &Path, check: &str) -> Result<(), CassetteError> {
    match self::check(root, true)? {
        Some(policy) if policy.key_check.is_none() => {
            rewrite(root, &Policy { key_check: Some(check.to_owned()), ..policy })
        }
        _ => Ok(()),
    }
}

/// Reads the cassette's version and its rules; `None` where there is no `cassette.json`.
///
/// # Errors
/// Where it is damaged, of a newer major version, or, `to_record`, of a newer minor one.
pub(super) fn check(root: &Path, to_record: bool) -> Result<Option<Policy>, CassetteError> {
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
    if is_earlier || minor == MINOR {
        return members(&root).map(Some).map_err(|(offset, reason)| malformed(offset, reason));
    }
    let redaction = root.member("redaction");
    // A later minor version may say more than this one knows; what it knows must be right.
    Ok(Some(redaction.and_then(|redaction| rules::read(redaction).ok()).unwrap_or_default()))
}

fn parse_version(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What stands beside the version, of a file of this very version.
fn members(root: &Node<'_>) -> Result<Policy, (usize, String)> {
    let Kind::Object(members) = &root.kind else { return Err((0, "expected an object".to_owned())) };
    if root.member("service").and_then(Node::text).as_deref() != Some(SERVICE) {
        return Err((0, format!("the service is not {SERVICE:?}")));
    }
    let Some(redaction) = root.member("redaction") else {
        return Err((0, "no redaction rules: \"redaction\": {\"rules\": []} is missing".to_owned()));
    };
    let policy = rules::read(redaction).map_err(|flaw| (flaw.offset, flaw.reason))?;
    match members.iter().find(|member| !["\"ramtape\"", "\"service\"", "\"redaction\""].contains(&member.key)) {
        None => Ok(policy),
        Some(member) => Err((member.value.offset, format!("unknown member {}", member.key))),
    }
}

fn text(policy: &Policy) -> String {
    let mut printer = Printer::default();
    printer.begin('{');
    for (name, value) in [("ramtape", VERSION), ("service", SERVICE)] {
        printer.name(&json::quote(name));
        printer.value(&json::quote(value));
    }
    printer.name("\"redaction\"");
    rules::print(&mut printer, policy);
    printer.end('}');
    printer.finish()
}

/// Makes a new cassette of the folder: `cassette.json`, and what git should know. Files that are there stay as they are.
pub(super) fn create(root: &Path, policy: &Policy) -> Result<(), CassetteError> {
    let cassette = text(policy);
    let files = [(".gitattributes", GIT_ATTRIBUTES), (".gitignore", ".store/\n"), (NAME, cassette.as_str())];
    for (name, text) in files {
        write_new(&root.join(name), text)
            .map_err(|(path, source): (PathBuf, _)| CassetteError::Write { path, source })?;
    }
    Ok(())
}

/// Puts other rules into a cassette that holds nothing yet, or the name of its key.
pub(super) fn rewrite(root: &Path, policy: &Policy) -> Result<(), CassetteError> {
    let folder = writing_folder(root);
    let (temporary, path) = (folder.join(NAME), root.join(NAME));
    let written = fs::create_dir_all(&folder).and_then(|()| write_synced(&temporary, text(policy).as_bytes()));
    let placed = written.and_then(|()| fs::rename(&temporary, &path));
    placed.map_err(|source| CassetteError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cassette_without_rules_says_so_in_few_lines() {
        let expected =
            "{\n  \"ramtape\": \"2.0\",\n  \"service\": \"ram\",\n  \"redaction\": {\n    \"rules\": []\n  }\n}\n";
        assert_eq!(text(&Policy::default()), expected);
    }
}
