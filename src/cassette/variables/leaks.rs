//! What should not stand in `variables.json`.

use super::{VARIABLES_FILE, Variables};
use crate::cassette::checks::validator::Validator;
use crate::cassette::error::Leak;
use crate::json;
use std::path::Path;

impl Validator<'_> {
    /// What looks like a secret in variable `name` with this `value`, if anything does: in what the cassette in `root` would
    /// hold of it.
    #[must_use]
    pub fn secret_in_variable(&self, root: &Path, name: &str, value: &str) -> Option<String> {
        // By its name too: `TF_VAR_password` is one whatever it looks like.
        let object = format!("{{{}:{}}}", json::quote(name), json::quote(value));
        let found = self.redaction.scan_json(object.as_bytes()).into_iter();
        let path = root.join(VARIABLES_FILE);
        found.filter(|found| !self.policy.allows(&path, found.value.expose())).map(|found| found.what).next()
    }

    /// What should not stand in `variables`, of the cassette in `root`, each with its place in the file.
    #[must_use]
    pub fn secrets_in_variables(&self, root: &Path, variables: &Variables) -> Vec<Leak> {
        let path = root.join(VARIABLES_FILE);
        let mut leaks = Vec::new();
        for (session, values) in variables.sessions() {
            let place = format!("/sessions/{}", json::pointer_step(session));
            let quoted = json::quote(session);
            let found = self.redaction.scan_json(quoted.as_bytes()).into_iter();
            let found = found.filter(|found| !self.policy.allows(&path, found.value.expose()));
            leaks.extend(found.map(|found| Leak { what: found.what, place: place.clone() }));
            for (name, value) in values {
                let found = self.secret_in_variable(root, name, value);
                leaks.extend(found.map(|what| Leak { what, place: format!("{place}/{}", json::pointer_step(name)) }));
            }
        }
        leaks
    }
}
