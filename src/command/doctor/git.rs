//! What git needs to merge cassettes.

use super::check::Check;
use std::path::Path;
use std::process::{Command, Stdio};

const NAME: &str = "git";

/// Whether git merges what two branches add to one file of the cassette in `root`; `None` where that is in no work tree,
/// or there is no git.
pub(super) fn merge_driver(root: &Path) -> Option<Check> {
    if !root.is_dir() || ask(root, &["rev-parse", "--is-inside-work-tree"])?.trim() != "true" {
        return None;
    }
    // Any name of an entry will do.
    let attribute = ask(root, &["check-attr", "merge", "--", "get-resource-shares/aaaaaaaaaaaaaaaa.json"])?;
    let named = attribute.trim_end().ends_with(": ramtape");
    let configured = ask(root, &["config", "--get", "merge.ramtape.driver"]).is_some();
    Some(match (named, configured) {
        (true, true) => Check::ok(NAME, "takes that two branches add to one file are merged by ramtape"),
        (true, false) => Check::warn(
            NAME,
            "takes that two branches add to one file are merged as text, and conflict",
            "git config merge.ramtape.driver 'ramtape merge-file %O %A %B %P'",
        ),
        (false, _) => Check::warn(
            NAME,
            "the cassette's .gitattributes names no merge driver: takes that two branches add to one file conflict",
            format!("add this line to {}: /*/*.json merge=ramtape", root.join(".gitattributes").display()),
        ),
    })
}

/// What git says in `folder`; `None` where it fails.
fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).output().ok()?;
    if output.status.success() { String::from_utf8(output.stdout).ok() } else { None }
}
