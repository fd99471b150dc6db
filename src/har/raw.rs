//! The members of a HAR file that are read.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) log: RawLog,
}

#[derive(Deserialize)]
pub(super) struct RawLog {
    #[serde(rename = "_ramtapeKey", default)]
    pub(super) key: Option<String>,
    pub(super) entries: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawEntry {
    #[serde(default)]
    pub(super) started_date_time: Option<String>,
    pub(super) request: RawRequest,
    #[serde(default)]
    pub(super) response: Option<RawResponse>,
    #[serde(rename = "_resourceType", default)]
    pub(super) resource_type: Option<String>,
    /// `Some(None)` where it is there and `null`.
    #[serde(rename = "_ramtapeAfter", default, deserialize_with = "present")]
    pub(super) after: Option<Option<String>>,
    #[serde(rename = "_ramtapeWrite", default)]
    pub(super) write: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRequest {
    pub(super) method: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: Vec<RawHeader>,
    #[serde(default)]
    pub(super) post_data: Option<RawContent>,
    #[serde(default)]
    pub(super) body_size: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct RawHeader {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawResponse {
    #[serde(default)]
    pub(super) status: f64,
    #[serde(default)]
    pub(super) headers: Vec<RawHeader>,
    #[serde(default)]
    pub(super) content: RawContent,
    #[serde(default)]
    pub(super) body_size: Option<f64>,
    #[serde(rename = "_error", default)]
    pub(super) error: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct RawContent {
    #[serde(default)]
    pub(super) size: Option<f64>,
    #[serde(default)]
    pub(super) text: Option<String>,
    /// In a request of HAR 1.3 only.
    #[serde(default)]
    pub(super) encoding: Option<String>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
