//! The canonical form of a request: printable text, which is hashed.

use crate::model::OperationName;

/// The canonical form: a version line, then operation, region, actor and the canonical parameters, a line each.
#[must_use]
pub fn canonical_text(operation: &OperationName, region: &str, actor: &str, parameters: &str) -> String {
    let (label, name) = match operation {
        OperationName::Known(name) | OperationName::Companion(name) => ("operation", name),
        OperationName::Unknown(name) => ("unknown-operation", name),
    };
    ["ramtape-request-1\n", label, " ", name, "\nregion ", region, "\nactor ", actor, "\n", parameters, "\n"].concat()
}
