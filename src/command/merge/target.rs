//! The cassette that takes go into.

use super::entry_change::EntryChange;
use crate::app::Rules;
use crate::cassette::{self, Access, Cassette, CassetteError, FolderKind, Notice, RecordingPolicy, Validator};
use crate::cassette::{VARIABLES_FILE, Variables};
use crate::command::takes::recorded;
use crate::command::takes::recorded::CassetteReader;
use crate::fingerprint::Fingerprint;
use crate::maintenance::CheckedEntries;
use crate::model::Entry;
use crate::redact::Redaction;
use crate::ui::{CommandError, Console, Progress};
use std::path::Path;
use std::sync::Arc;

/// The cassette that takes go into, kept from others.
pub(in crate::command) struct MergeTarget {
    open: Option<Open>,
    /// Whether it is there, and not only to come.
    is_made: bool,
}

struct Open {
    cassette: Cassette<()>,
    rules: Arc<Rules>,
    redaction: Arc<Redaction>,
}

impl MergeTarget {
    /// The cassette in `root`. Without one nothing may be written; there is none yet where `dry_run`, and else it is made.
    pub(in crate::command) fn open(
        root: &Path,
        dry_run: bool,
        rules: Rules,
        console: Console,
    ) -> Result<Self, CommandError> {
        if dry_run && FolderKind::detect(root)? != FolderKind::Cassette {
            return Ok(Self { open: None, is_made: false });
        }
        let access = if dry_run { Access::Replay } else { Access::Record { replace: false } };
        let rules = Arc::new(rules);
        let settings =
            cassette::CassetteSettings { policy: Arc::<Rules>::clone(&rules), ..cassette::CassetteSettings::default() };
        let opened = Cassette::open(root, access, |_, _| (), &settings)?;
        if opened.notices.iter().any(|notice| matches!(notice, Notice::InUse { .. })) {
            return Err(CassetteError::InUse { root: root.to_owned() }.into());
        }
        recorded::print_notices(&opened.notices, console);
        let open = Open { cassette: opened.cassette, rules, redaction: opened.redaction };
        Ok(Self { open: Some(open), is_made: true })
    }

    /// The cassette in `root`, or the one that `root` is to become, under the rules of the cassette in `first`: of that
    /// nothing is made yet.
    pub(super) fn prepare(
        root: &Path,
        first: &Path,
        dry_run: bool,
        rules: Rules,
        console: Console,
    ) -> Result<Self, CommandError> {
        if FolderKind::detect(root)? == FolderKind::Cassette {
            if !dry_run && !cassette::is_cassette(root) {
                crate::maintenance::create_like(root, first)?;
            }
            return Self::open(root, dry_run, rules, console);
        }
        let spec = cassette::read_redaction_spec(first)?.unwrap_or_default();
        let redaction = rules
            .redaction(first, spec, false)
            .map_err(|source| CassetteError::Redaction { root: first.to_owned(), source })?;
        let (rules, redaction) = (Arc::new(rules), Arc::new(redaction));
        let policy = Arc::<Rules>::clone(&rules);
        let cassette = Cassette::peek(root, Arc::clone(&redaction), policy, |_, _| ())?;
        Ok(Self { open: Some(Open { cassette, rules, redaction }), is_made: false })
    }

    /// Whether the cassette is there.
    pub(super) const fn is_made(&self) -> bool {
        self.is_made
    }

    /// The cassette; `None` where there is none yet, and nothing is to be written.
    pub(in crate::command) fn cassette(&self) -> Option<&Cassette<()>> {
        self.open.as_ref().map(|open| &open.cassette)
    }

    /// Looks for secrets in `variables`, which are to be added.
    pub(super) fn check_variables(&self, variables: &Variables) -> Result<(), CassetteError> {
        let Some(Open { cassette, rules, redaction }) = &self.open else { return Ok(()) };
        let leaks = Validator { policy: &**rules, redaction }.secrets_in_variables(cassette.root(), variables);
        let path = cassette.root().join(VARIABLES_FILE);
        if leaks.is_empty() { Ok(()) } else { Err(CassetteError::Secret { path, leaks }) }
    }

    pub(super) fn entry(&self, folder: &str, fingerprint: &Fingerprint) -> Result<Option<Entry>, CassetteError> {
        self.cassette().map_or(Ok(None), |cassette| cassette.entry(folder, fingerprint))
    }

    /// Whether all of them may be written; `None` where there is no cassette.
    pub(in crate::command) fn check_changes<'c>(
        &self,
        changes: &'c [EntryChange],
    ) -> Result<Option<CheckedEntries<'c>>, CassetteError> {
        let entries = || changes.iter().map(|change| (&change.fingerprint, &change.entry));
        self.cassette().map(|cassette| cassette.check_entries(entries())).transpose()
    }

    /// Why something may not be added, told of the file that it comes from; `error` tells of the one that it would be in.
    pub(super) fn at_its_source(
        &self,
        error: CassetteError,
        changes: &[EntryChange],
        readers: &[CassetteReader],
    ) -> CassetteError {
        let Some(Open { rules, redaction, .. }) = &self.open else { return error };
        let validator = Validator { policy: &**rules, redaction };
        let judged = |change: &EntryChange, reader: &CassetteReader| {
            let found = reader.read(&change.entry.operation.folder(), change.fingerprint).ok()??;
            validator.validate(reader.root(), &change.fingerprint, &found.entry).err()
        };
        let source = changes.iter().find_map(|change| readers.iter().find_map(|reader| judged(change, reader)));
        source.unwrap_or(error)
    }

    pub(in crate::command) fn write(
        &self,
        judged: Option<&CheckedEntries>,
        count: usize,
        console: Console,
    ) -> Result<(), CassetteError> {
        let (Some(cassette), Some(judged)) = (self.cassette(), judged) else { return Ok(()) };
        let mut progress = Progress::new(console, "writing", count);
        cassette.put(judged, || progress.step())
    }
}
