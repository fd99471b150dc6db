//! Which takes a command is about: one choice for `ls`, `show` and `rm`.

use crate::cassette::FolderKind;
use crate::cli::SelectionArgs;
use crate::command::takes::glob::{is_pattern, matches};
use crate::command::takes::recorded::{CassetteReader, Recorded};
use crate::fingerprint::Fingerprint;
use crate::model::with_causes;
use crate::model::{OperationName, Page, Take};
use crate::ui::{CommandError, Console, Exit, Progress};
use std::collections::BTreeSet;
use std::path::Path;

/// What is asked for: by operation and fingerprint, and by what flags say of takes.
#[derive(Clone, Copy)]
pub(in crate::command) struct Selection<'a> {
    what: &'a [String],
    flags: &'a SelectionArgs,
}

/// A request of which something is chosen.
pub(in crate::command) struct Chosen {
    pub(in crate::command) recorded: Recorded,
    /// The chosen takes, by their place; never none.
    pub(in crate::command) takes: BTreeSet<usize>,
}

impl Chosen {
    /// The chosen takes with their numbers, which people count from 1.
    pub(in crate::command) fn takes(&self) -> impl Iterator<Item = (usize, &Take)> {
        let numbered = (1..).zip(&self.recorded.entry.takes);
        numbered.filter(|(number, _)| self.takes.contains(&(number - 1)))
    }
}

impl<'a> Selection<'a> {
    pub(in crate::command) const fn new(what: &'a [String], flags: &'a SelectionArgs) -> Self {
        Self { what, flags }
    }

    /// Refuses what names a cassette's folder, seen from `here`: that is for another place on the command line.
    pub(in crate::command) fn check(&self, here: &Path) -> Result<(), CommandError> {
        let is_cassettes = |what: &&String| {
            let path = here.join(what);
            let is_one = matches!(FolderKind::detect(&path), Ok(FolderKind::Cassette | FolderKind::Sessions(_)));
            is_one || (what.contains('/') && path.is_dir())
        };
        match self.what.iter().find(is_cassettes) {
            Some(what) => {
                let told = format!(
                    "{what} is a folder, not an operation or a fingerprint: to choose a cassette use --cassette \
                        {what}"
                );
                Err(CommandError::Usage(told))
            }
            None => Ok(()),
        }
    }

    /// Whether nothing was said, so that everything is chosen.
    pub(in crate::command) fn is_everything(&self) -> bool {
        self.what.is_empty() && !self.has_flags()
    }

    fn has_flags(&self) -> bool {
        let SelectionArgs { session, actor, region, errors, partial, pending } = self.flags;
        [session, actor, region].into_iter().any(Option::is_some) || *errors || *partial || *pending
    }

    /// That nothing is so, in the cassette `root`.
    pub(in crate::command) fn nothing_in(&self, root: &Path) -> CommandError {
        let root = root.to_owned();
        if self.has_flags() {
            CommandError::NothingSuch { root }
        } else {
            CommandError::NothingRecorded { what: self.what.join(" "), root }
        }
    }

    /// Gives `each` request of which something is chosen, in order. A damaged file is told and hides no other; the exit
    /// code says that there was one.
    pub(in crate::command) fn each(
        &self,
        reader: &CassetteReader,
        console: Console,
        mut each: impl FnMut(Chosen),
    ) -> Result<Exit, CommandError> {
        let mut exit = Exit::Well;
        let names = reader.names()?;
        let mut progress = Progress::new(console, "reading", names.len());
        for (folder, fingerprint) in names {
            progress.step();
            if !self.may_hold(&folder, fingerprint) || (self.flags.pending && !reader.is_pending(fingerprint)) {
                continue;
            }
            match reader.read(&folder, fingerprint) {
                Ok(Some(recorded)) => {
                    let takes = self.takes(&recorded);
                    if !takes.is_empty() {
                        each(Chosen { recorded, takes });
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    progress.suspend(|| console.problem(&with_causes(&error)));
                    exit = Exit::Cassette;
                }
            }
        }
        Ok(exit)
    }

    /// Whether a file of this name may hold something chosen; what it holds decides.
    fn may_hold(&self, folder: &str, fingerprint: Fingerprint) -> bool {
        let fits = |what: &String| {
            // Of these the folder does not say what the operation is called.
            let unspelled = is_pattern(what) && (folder.starts_with("unknown-") || folder.contains('.'));
            unspelled || is_meant(what, &camel(folder), folder, fingerprint)
        };
        self.what.is_empty() || self.what.iter().any(fits)
    }

    /// What is chosen of an entry, by place.
    pub(in crate::command) fn takes(&self, recorded: &Recorded) -> BTreeSet<usize> {
        let Recorded { fingerprint, folder, entry } = recorded;
        let meant = |what: &String| is_meant(what, entry.operation.as_str(), folder, *fingerprint);
        let named = |pattern: &Option<String>, name: &str| pattern.as_ref().is_none_or(|it| matches(it, name));
        let asked = self.what.is_empty() || self.what.iter().any(meant);
        if !asked || !named(&self.flags.actor, &entry.actor) || !named(&self.flags.region, &entry.region) {
            return BTreeSet::new();
        }
        entry.takes.iter().enumerate().filter(|(_, take)| self.fits(take)).map(|(at, _)| at).collect()
    }

    /// What was given as the beginning of this fingerprint, where it does not name the operation.
    pub(in crate::command) fn beginnings(&self, recorded: &Recorded) -> impl Iterator<Item = &'a str> {
        let (folder, fingerprint) = (recorded.folder.clone(), recorded.fingerprint);
        let whats = self.what.iter().map(String::as_str);
        whats.filter(move |what| !names(what, &folder) && is_beginning(what, fingerprint))
    }

    fn fits(&self, take: &Take) -> bool {
        let SelectionArgs { session, errors, partial, .. } = self.flags;
        let by_session = session.as_ref().is_none_or(|pattern| match &take.session {
            Some(name) => matches(pattern, name),
            None => pattern.is_empty(),
        });
        by_session && (!errors || is_error(take)) && (!partial || !take.complete)
    }
}

/// Whether a take is, or ends with, an error.
fn is_error(take: &Take) -> bool {
    take.pages.last().is_some_and(Page::is_error)
}

/// Whether `what` is the beginning of this fingerprint, or names its operation, in either spelling or as a pattern.
fn is_meant(what: &str, operation: &str, folder: &str, fingerprint: Fingerprint) -> bool {
    if is_pattern(what) {
        return matches(what, operation) || matches(what, folder);
    }
    names(what, folder) || is_beginning(what, fingerprint)
}

/// Whether `what` is the name of the operation that has this folder, in either spelling.
fn names(what: &str, folder: &str) -> bool {
    let spellings =
        [OperationName::parse, OperationName::Known, OperationName::Unknown].map(|read| read(what.to_owned()));
    folder == what || spellings.iter().any(|operation| operation.folder() == folder)
}

/// Whether `what` is the beginning of this fingerprint.
fn is_beginning(what: &str, fingerprint: Fingerprint) -> bool {
    !what.is_empty() && fingerprint.to_string().starts_with(&what.to_ascii_lowercase())
}

/// The name of the operation that has this folder, if it is spelled as they all are.
fn camel(folder: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    let words = |folder: &str| folder.split('-').map(capital).collect::<String>();
    match folder.split_once('.') {
        Some((service, operation)) => format!("{service}:{}", words(operation)),
        None => words(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Entry};

    #[test]
    fn a_fingerprints_beginning_and_either_spelling_of_an_operation_are_enough() {
        let fingerprint = Fingerprint::hash("x");
        let shown = fingerprint.to_string();
        let meant = |what: &str| is_meant(what, "GetResourceShares", "get-resource-shares", fingerprint);
        for what in
            [&shown[..1], &shown[..7], &shown, &shown.to_uppercase(), "GetResourceShares", "get-resource-shares", "G*s"]
        {
            assert!(meant(what), "{what}");
        }
        for what in ["", "GetResource", "get-resource", "GetResourceShareInvitations", &format!("{shown}a"), "1", "*x"]
        {
            assert!(!meant(what), "{what}");
        }
        assert!(is_meant("POST /listFoo", "POST /listFoo", "unknown-post-listfoo", fingerprint));
        assert_eq!(camel("get-resource-shares"), "GetResourceShares");
        for what in ["iam:GetRole", "iam.get-role", "iam:*", "iam:G*e", "*GetRole"] {
            assert!(is_meant(what, "iam:GetRole", "iam.get-role", fingerprint), "{what}");
        }
        assert!(!is_meant("GetRole", "iam:GetRole", "iam.get-role", fingerprint));
        assert_eq!(camel("iam.get-role"), "iam:GetRole");
    }

    fn take(session: Option<&str>, status: u16, complete: bool) -> Take {
        let page = Page { status, headers: Vec::new(), body: Body::default() };
        let session = session.map(str::to_owned);
        Take { session, after: None, id: None, max_results: None, complete, times: 1, pages: vec![page] }
    }

    #[test]
    fn flags_choose_takes_and_all_of_them_must_hold() {
        let entry = Entry {
            operation: OperationName::Known("ListPrincipals".into()),
            region: "eu-west-1".into(),
            actor: "consumer".into(),
            request: "{}".into(),
            takes: vec![take(None, 200, true), take(Some("test_a"), 400, true), take(Some("test_b"), 200, false)],
        };
        let chosen = |flags: SelectionArgs| {
            let recorded = Recorded {
                fingerprint: Fingerprint::hash("x"),
                folder: "list-principals".into(),
                entry: entry.clone(),
            };
            let takes = Selection::new(&[], &flags).takes(&recorded);
            takes.into_iter().map(|at| at + 1).collect::<Vec<usize>>()
        };
        let some = |name: &str| Some(name.to_owned());
        let base = SelectionArgs::default;
        assert_eq!(chosen(base()), [1, 2, 3]);
        assert_eq!(chosen(SelectionArgs { session: some("test_*"), ..base() }), [2, 3]);
        assert_eq!(chosen(SelectionArgs { session: some(""), ..base() }), [1]);
        assert_eq!(chosen(SelectionArgs { errors: true, ..base() }), [2]);
        assert_eq!(chosen(SelectionArgs { partial: true, region: some("eu-*"), ..base() }), [3]);
        assert_eq!(chosen(SelectionArgs { errors: true, partial: true, ..base() }), [0; 0]);
        assert_eq!(chosen(SelectionArgs { actor: some("owner"), ..base() }), [0; 0]);
        assert_eq!(chosen(SelectionArgs { region: some("us-*"), ..base() }), [0; 0]);
    }
}
