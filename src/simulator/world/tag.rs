//! Tags of shares and permissions.

use serde::Serialize;

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::simulator) struct Tag {
    pub(in crate::simulator) key: String,
    pub(in crate::simulator) value: String,
}
