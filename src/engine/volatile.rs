//! The volatile values of a request, bound to the session that it belongs to.

use crate::engine::identify::IdentifiedRequest;
use crate::session::{Bindings, LiveValues, read_binding_prefix};
use std::sync::Arc;

/// Binds the volatile values of a request: of a write, by its id; of a read, by the listing that brings them first. Gives all
/// live values of its session.
pub(super) fn bind_values(
    live: &LiveValues,
    session: Option<&str>,
    identified: &IdentifiedRequest,
    write: Option<&str>,
) -> Arc<Bindings> {
    let values = identified.volatile.iter().map(|(pointer, value)| (pointer.as_str(), value.as_str()));
    match write {
        Some(write) => live.bind_from_write(session, write, values),
        None => {
            let prefix = read_binding_prefix(&identified.folder, &identified.bare_fingerprint);
            live.bind_from_read(session, &prefix, values)
        }
    }
}
