//! The sessions of a run, by name.

use super::session::Session;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// All sessions of a run. Callers that name none share the one without a name.
#[derive(Debug, Default)]
pub struct Sessions {
    by_name: Mutex<HashMap<Option<String>, Arc<Mutex<Session>>>>,
}

impl Sessions {
    /// The session called `name`, made on first sight.
    #[must_use]
    pub fn get_or_create(&self, name: Option<&str>) -> Arc<Mutex<Session>> {
        Arc::clone(self.by_name.lock().entry(name.map(str::to_owned)).or_default())
    }

    /// The session called `name`, if it was ever needed.
    #[must_use]
    pub fn get(&self, name: Option<&str>) -> Option<Arc<Mutex<Session>>> {
        self.by_name.lock().get(&name.map(str::to_owned)).cloned()
    }

    /// Forgets the session called `name`, unless somebody is at work with it. Says whether there is none now.
    pub fn forget_idle(&self, name: &str) -> bool {
        let (mut by_name, name) = (self.by_name.lock(), Some(name.to_owned()));
        let is_idle = by_name.get(&name).is_none_or(|session| Arc::strong_count(session) == 1);
        if is_idle {
            by_name.remove(&name);
        }
        is_idle
    }

    /// Rewinds a session to its start. Says whether there was one.
    pub fn reset(&self, name: Option<&str>) -> bool {
        self.by_name.lock().remove(&name.map(str::to_owned)).is_some()
    }
}
