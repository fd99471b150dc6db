//! `variables.json` in its cassette: read, replaced whole, dropped with the takes of its sessions.

use super::{VARIABLES_FILE, Variables};
use crate::cassette::checks::validator::Validator;
use crate::cassette::error::{CassetteError, StoreError};
use crate::cassette::path::read_file;
use crate::cassette::staged_file::{replace_whole, synced};
use crate::cassette::{Access, Cassette};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

impl Variables {
    /// The recorded variables of the cassette in `root`; none where it has no such file.
    ///
    /// # Errors
    /// Where the file cannot be read or is damaged.
    pub fn read(root: &Path) -> Result<Self, CassetteError> {
        let path = root.join(VARIABLES_FILE);
        let Some((bytes, _)) = read_file(root, &path)? else { return Ok(Self::default()) };
        Self::of_text(&bytes).map_err(|flaw| {
            let line = flaw.line(&bytes);
            CassetteError::Malformed { path, line, reason: flaw.reason }
        })
    }
}

impl<P> Cassette<P> {
    /// The recorded variables.
    ///
    /// # Errors
    /// Where their file cannot be read or is damaged.
    pub fn variables(&self) -> Result<Variables, CassetteError> {
        Variables::read(self.root())
    }

    /// Changes the recorded variables as `change` does. The file is replaced whole, and on the disk when this returns; it goes
    /// with the last variable. Callers take turns.
    ///
    /// # Errors
    /// Where this process does not have the cassette for itself, a secret would stand in the file, or it cannot be read or
    /// written. It is then what it was.
    pub fn change_variables(&self, change: impl FnOnce(&mut Variables)) -> Result<(), CassetteError> {
        let (storage, root) = (&self.storage, self.root());
        if self.access == Access::Replay && storage.store().is_none() {
            return Err(StoreError::NotRecording.into());
        }
        let before = self.variables()?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        let path = root.join(VARIABLES_FILE);
        let validator = Validator { policy: &*storage.policy, redaction: &storage.redaction };
        // What was there before is not checked: it must not keep anything from being removed.
        let leaks = validator.secrets_in_variables(root, &after.without(&before));
        if !leaks.is_empty() {
            return Err(CassetteError::Secret { path, leaks });
        }
        storage.store_to_write()?;
        storage.guard().map_or(Ok(()), |guard| guard.restore(storage.redaction.spec()))?;
        let replaced =
            if after.is_empty() { fs::remove_file(&path) } else { replace_whole(root, &path, &after.to_text()) };
        replaced.map_err(|source| CassetteError::Write { path, source })?;
        storage.guard().iter().for_each(|guard| guard.note_files());
        synced(root)
    }

    /// Drops the variables of the sessions in `removed` that have no take any more. Those of callers that name no session
    /// go with the cassette's last take alone: `run --variable` sets them for all sessions of its command.
    pub(crate) fn drop_idle_variables(&self, removed: &BTreeSet<String>) -> Result<(), CassetteError> {
        let is_idle = |session: &str| removed.contains(session);
        if !self.variables()?.sessions().any(|(session, _)| is_idle(session)) {
            return Ok(());
        }
        let mut left = BTreeSet::new();
        for (folder, fingerprint) in self.fingerprints()? {
            let Some(entry) = self.entry(&folder, &fingerprint)? else { continue };
            left.extend(entry.takes.into_iter().map(|take| take.session.unwrap_or_default()));
        }
        let stays = |session: &str| left.contains(session) || (session.is_empty() && !left.is_empty());
        self.change_variables(|variables| variables.retain_sessions(|it| !is_idle(it) || stays(it)))
    }
}
