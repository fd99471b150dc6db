//! What the tests have in common: the member that a user adds, and calls that use it.

use crate::support::stage::{Ramtape, Stage};
use ramtape::config::RawConfig;
use serde_json::{Value, json};

/// A share's name is made up anew in every run.
pub(crate) fn volatile(config: &mut RawConfig) {
    config.operations = toml::from_str("[CreateResourceShare]\nvolatile = ['name']").unwrap();
}

pub(crate) async fn create(ramtape: &Ramtape, name: &str) -> Value {
    ramtape.post("CreateResourceShare", json!({ "name": name })).await.json()
}

pub(crate) async fn list(ramtape: &Ramtape, name: &str) -> Value {
    ramtape.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": name })).await.json()
}

/// The names of the shares in an answer.
pub(crate) fn named(answer: &Value) -> Vec<&str> {
    answer["resourceShares"].as_array().unwrap().iter().map(|share| share["name"].as_str().unwrap()).collect()
}

/// All text of a cassette.
pub(crate) fn texts(stage: &Stage, cassette: &str) -> String {
    stage.texts(cassette).into_iter().map(|(file, text)| format!("{file}\n{text}")).collect()
}
