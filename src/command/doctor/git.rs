//! What git needs to merge cassettes.

use super::check::Check;
use crate::git::Git;
use std::path::Path;

const NAME: &str = "git";

/// Whether git merges what two branches add to one file of the cassette in `root`; `None` where that is in no work tree,
/// or there is no git.
pub(super) fn merge_driver(root: &Path) -> Option<Check> {
    let git = Git::in_folder(Some(root));
    if !root.is_dir() || git.ask(&["rev-parse", "--is-inside-work-tree"])? != "true" {
        return None;
    }
    // Any name of an entry will do.
    let attribute = git.ask(&["check-attr", "merge", "--", "get-resource-shares/aaaaaaaaaaaaaaaa.json"])?;
    let named = attribute.ends_with(": ramtape");
    let configured = git.ask(&["config", "--get", "merge.ramtape.driver"]).is_some();
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
