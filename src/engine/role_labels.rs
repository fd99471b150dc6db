//! What callers are called that were handed temporary credentials: `role-NAME`, by the role that they assumed.

use crate::cassette::Cassette;
use crate::engine::prepared_entry::PreparedEntry;
use crate::engine::stand_ins::find_label;
use crate::json;
use crate::model::Entry;
use crate::service::Companions;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// How long a label may be: as an actor's name in the configuration.
const LONGEST: usize = 64;

/// The labels of roles, each given once: two roles of one name, in two accounts, have two. What the cassette has counts first, so
/// that recording again changes none.
#[derive(Debug, Default)]
pub(super) struct RoleLabels {
    /// By the role as the cassette has it; `None` before the cassette was looked through.
    by_role: Mutex<Option<HashMap<String, String>>>,
    /// The roles that were asked for in this run, as the cassette has them.
    asked: Mutex<BTreeSet<String>>,
}

impl RoleLabels {
    /// Notes that `role`, an ARN as the cassette has it, was asked for.
    pub(super) fn note(&self, role: &str) {
        self.asked.lock().insert(role.to_owned());
    }

    /// Whether `role` was asked for.
    pub(super) fn was_asked(&self, role: &str) -> bool {
        self.asked.lock().contains(role)
    }

    /// The label of `role`, an ARN as the cassette has it.
    pub(super) fn label(&self, cassette: &Cassette<PreparedEntry>, companions: &Companions, role: &str) -> String {
        let mut by_role = self.by_role.lock();
        let known = by_role.get_or_insert_with(|| read_labels(cassette, companions));
        if let Some(label) = known.get(role) {
            return label.clone();
        }
        let plain = plain_label(role);
        let is_taken = |label: &String| known.values().any(|taken| taken == label);
        let label = if is_taken(&plain) { with_digest(&plain, role) } else { plain };
        known.insert(role.to_owned(), label.clone());
        label
    }
}

/// `role-NAME`, from the last part of an ARN.
fn plain_label(role: &str) -> String {
    let name = role.rsplit(['/', ':']).next().unwrap_or(role);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    format!("role-{name}").chars().map(plain).take(LONGEST).collect()
}

/// `label` with a digest of the whole ARN.
fn with_digest(label: &str, role: &str) -> String {
    let digest = Sha256::new_with_prefix(b"ramtape-role").chain_update(role).finalize();
    let digest = crate::model::base32::encode(digest.get(..5).unwrap_or_default());
    format!("{}-{digest}", label.get(..label.len().min(LONGEST - digest.len() - 1)).unwrap_or(label))
}

/// The labels that the cassette's answers have stand-ins of, by their requests' roles.
fn read_labels(cassette: &Cassette<PreparedEntry>, companions: &Companions) -> HashMap<String, String> {
    let mut labels = HashMap::new();
    for (folder, fingerprint) in cassette.fingerprints().unwrap_or_default() {
        // A folder begins with the service's name.
        let service = folder.split('.').next().unwrap_or_default();
        let Some(parameter) = &companions.rules(service).role else { continue };
        let Ok(Some(entry)) = cassette.entry(&folder, &fingerprint) else { continue };
        if let Some((role, label)) = read_label(&entry, parameter) {
            labels.entry(role).or_insert(label);
        }
    }
    labels
}

fn read_label(entry: &Entry, parameter: &str) -> Option<(String, String)> {
    let request = json::parse(entry.request.as_bytes()).ok()?;
    let role = request.member(parameter)?.text()?.into_owned();
    let bodies = entry.takes.iter().flat_map(|take| &take.pages).map(|page| page.body.with_placeholders().0);
    let label = bodies.into_iter().find_map(|body| find_label(&String::from_utf8_lossy(&body)).map(str::to_owned))?;
    Some((role, label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_the_roles_name_as_far_as_a_label_can_be() {
        assert_eq!(plain_label("arn:aws:iam::111122223333:role/path/owner"), "role-owner");
        assert_eq!(plain_label("arn:aws:iam::111122223333:role/a+b@c"), "role-a-b-c");
        assert_eq!(plain_label(&format!("arn:aws:iam::1:role/{}", "x".repeat(80))).len(), LONGEST);
        let role = "arn:aws:iam::444455556666:role/owner";
        let other = with_digest("role-owner", role);
        assert!(other.starts_with("role-owner-") && other.len() == "role-owner-".len() + 8, "{other}");
        assert!(with_digest(&"x".repeat(64), role).len() <= LONGEST);
    }
}
