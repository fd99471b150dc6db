//! What a cassette holds, for the commands that only look.

use crate::app::shown_session;
use crate::cassette::{Access, Cassette, CassetteError, CassetteSettings, FolderKind, Notice, Opened, Variables};
use crate::fingerprint::Fingerprint;
use crate::model::Entry;
use crate::redact::KEPT_HEADERS;
use crate::ui::{CommandError, Console, count_steps};
use std::path::{Path, PathBuf};

/// What is recorded for one fingerprint.
pub(in crate::command) struct Recorded {
    pub(in crate::command) fingerprint: Fingerprint,
    /// The operation's folder in the cassette.
    pub(in crate::command) folder: String,
    pub(in crate::command) entry: Entry,
}

/// Reads the entries of a cassette, text and store together.
pub(in crate::command) struct CassetteReader {
    root: PathBuf,
    cassette: Cassette<()>,
}

impl CassetteReader {
    /// Opens the cassette in the folder `root`, which must be one.
    pub(in crate::command) fn open(root: &Path, console: Console) -> Result<Self, CommandError> {
        let (reader, notices) = Self::open_with_notices(root)?;
        print_notices(&notices, console);
        Ok(reader)
    }

    /// As [`Self::open`]; what people should know is given back.
    pub(in crate::command) fn open_with_notices(root: &Path) -> Result<(Self, Vec<Notice>), CommandError> {
        let opened = open(root, Access::Replay)?;
        Ok((Self { root: root.to_owned(), cassette: opened.cassette }, opened.notices))
    }

    /// The cassette's folder.
    pub(in crate::command) fn root(&self) -> &Path {
        &self.root
    }

    /// Folder and fingerprint of everything, in order.
    pub(in crate::command) fn names(&self) -> Result<Vec<(String, Fingerprint)>, CassetteError> {
        self.cassette.fingerprints()
    }

    /// Reads one; `None` where it has gone meanwhile.
    pub(in crate::command) fn read(
        &self,
        folder: &str,
        fingerprint: Fingerprint,
    ) -> Result<Option<Recorded>, CassetteError> {
        let entry = self.cassette.entry(folder, &fingerprint)?;
        Ok(entry.map(|entry| Recorded { fingerprint, folder: folder.to_owned(), entry }))
    }

    /// Whether takes of a fingerprint are in the store only.
    pub(in crate::command) fn is_pending(&self, fingerprint: Fingerprint) -> bool {
        self.cassette.is_pending(&fingerprint)
    }

    /// The file of a fingerprint; it need not be there, where its takes are pending.
    pub(in crate::command) fn file(&self, recorded: &Recorded) -> PathBuf {
        self.root.join(&recorded.folder).join(format!("{}.json", recorded.fingerprint))
    }
}

/// Opens the cassette in the folder `root`, which must be one.
pub(in crate::command) fn open(root: &Path, access: Access) -> Result<Opened<()>, CommandError> {
    check(root)?;
    Ok(Cassette::open(root, access, |_, _| (), &CassetteSettings::default())?)
}

/// As [`open`], with these settings; what it brought to light is told.
pub(in crate::command) fn open_with(
    root: &Path,
    access: Access,
    settings: &CassetteSettings,
    console: Console,
) -> Result<Opened<()>, CommandError> {
    check(root)?;
    let opened = Cassette::open_telling(root, access, |_, _| (), settings, &mut count_steps(console, "sealing"))?;
    print_notices(&opened.notices, console);
    Ok(opened)
}

/// Checks that the folder `root` is there and a cassette.
pub(in crate::command) fn check(root: &Path) -> Result<(), CommandError> {
    let root = root.to_owned();
    match FolderKind::detect(&root)? {
        FolderKind::Cassette => Ok(()),
        FolderKind::Absent => Err(CommandError::NoCassette { root }),
        FolderKind::Sessions(first) => Err(CommandError::Parent { root, first }),
        FolderKind::Empty | FolderKind::Foreign => Err(CommandError::NotACassette { root }),
    }
}

/// Checks that takes may go into the folder `root`: it is not the parent of one cassette a session.
pub(in crate::command) fn check_target(root: &Path) -> Result<(), CommandError> {
    match FolderKind::detect(root)? {
        FolderKind::Sessions(first) => Err(CommandError::Parent { root: root.to_owned(), first }),
        FolderKind::Absent | FolderKind::Cassette | FolderKind::Empty | FolderKind::Foreign => Ok(()),
    }
}

/// What is wrong with a header that no recording keeps.
pub(in crate::command) fn unkept_header() -> String {
    format!(
        "recordings do not keep this header (only {}), so it was added by hand: delete it",
        KEPT_HEADERS.join(" and ")
    )
}

/// Prints which sessions' recorded variables went with their last takes.
pub(in crate::command) fn print_dropped_variables(before: &Variables, after: &Variables, console: Console) {
    for (session, values) in before.sessions().filter(|(session, _)| after.count(session) == 0) {
        let names = values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        console.note(&format!(
            "the recorded variables of {} were removed with the last take: {names}",
            shown_session(session)
        ));
    }
}

/// Prints what opening brought to light.
pub(in crate::command) fn print_notices(notices: &[Notice], console: Console) {
    for notice in notices {
        if notice.is_loss() { console.problem(&notice.to_string()) } else { console.note(&notice.to_string()) }
    }
}
