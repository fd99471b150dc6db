//! What the commands have in common that share cassettes by an object store, and the pull before a run.

use crate::cassette::{self, FolderKind};
use crate::cli::CassetteArgs;
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::lock_file::LockFile;
use crate::model::{counted, shell_path};
use crate::remote::Remote;
use crate::sync::{LockedFiles, OnConflict, Project, ProjectLock, PullPlan, PullReport, SyncError};
use crate::ui::{CommandError, Console, count_steps};
use std::path::Path;

/// A project, and which of its cassettes a command is for.
pub(super) struct Sharing {
    pub(super) config: Config,
    pub(super) project: Project,
    /// The configured cassette, by what the lock calls it; `None` where it is not below the lock's folder.
    prefix: Option<String>,
    /// Whether that is the only one.
    is_named: bool,
}

impl Sharing {
    /// The project of the working directory; with a cassette named on the command line, that one alone.
    pub(super) fn find(
        flags: RawConfig,
        cassette: &CassetteArgs,
        environment: &Environment,
    ) -> Result<Self, CommandError> {
        let config = Config::from_settings(Settings::load(flags, environment)?, RecordMode::None)?;
        let sharing = Self::of_config(config, environment, cassette.cassette.is_some());
        match sharing.prefix {
            None if sharing.is_named => {
                Err(sharing.project.prefix(&sharing.config.cassette).map_or_else(CommandError::from, |_| {
                    CommandError::NoCassette { root: sharing.config.cassette.clone() }
                }))
            }
            _ => Ok(sharing),
        }
    }

    fn of_config(config: Config, environment: &Environment, is_named: bool) -> Self {
        let project = Project::find(environment.folder(), config.folder.as_deref());
        let prefix = project.prefix(&config.cassette).ok();
        Self { config, project, prefix, is_named }
    }

    /// Whether the command is for the cassette that the lock calls `prefix`: the named one, or one of the sessions below it.
    pub(super) fn selects(&self, prefix: &str) -> bool {
        let is_of = |named: &String| {
            prefix == named || named.is_empty() || prefix.strip_prefix(named).is_some_and(|rest| rest.starts_with('/'))
        };
        !self.is_named || self.prefix.as_ref().is_some_and(is_of)
    }

    /// The cassettes that the command is for, with what `lock` names of them: those that it names any file of, and the configured
    /// one where it is there.
    pub(super) fn cassettes(&self, lock: &LockFile) -> Result<LockedFiles, CommandError> {
        let mut cassettes = self.project.locked_files(lock)?;
        cassettes.retain(|prefix, _| self.selects(prefix));
        let root = &self.config.cassette;
        match FolderKind::detect(root)? {
            FolderKind::Cassette => {
                if let Some(prefix) = &self.prefix {
                    cassettes.entry(prefix.clone()).or_default();
                }
            }
            FolderKind::Sessions(_) => {
                for root in cassette::below(root)? {
                    cassettes.entry(self.project.prefix(&root)?).or_default();
                }
            }
            FolderKind::Absent | FolderKind::Empty | FolderKind::Foreign => {}
        }
        Ok(cassettes)
    }

    /// The object store.
    pub(super) fn open_remote(&self) -> Result<Remote, SyncError> {
        let settings = self.config.remote.as_ref().ok_or(SyncError::NoRemote)?;
        Ok(Remote::open(settings)?)
    }

    /// Keeps other pulls and pushes waiting.
    pub(super) fn acquire(&self, console: Console) -> Result<ProjectLock, SyncError> {
        self.project.acquire(|| console.note("another ramtape is pulling or pushing here: waiting for it"))
    }

    /// Does what `plan` says.
    pub(super) async fn pull(
        &self,
        plan: PullPlan,
        on_conflict: OnConflict,
        console: Console,
    ) -> Result<PullReport, SyncError> {
        plan.carry_out(|| self.open_remote(), on_conflict, &mut count_steps(console, "pulling")).await
    }
}

/// Brings what `cassettes.lock` names of the run's cassette into the folder, before CMD starts. Where everything is there, nobody is
/// asked.
pub(super) async fn pull_before_run(
    config: &Config,
    environment: &Environment,
    console: Console,
) -> Result<(), CommandError> {
    let sharing = Sharing::of_config(config.clone(), environment, true);
    // A cassette elsewhere is no part of the project.
    if sharing.prefix.is_none() || !sharing.project.lock_path().is_file() {
        return Ok(());
    }
    let make_plan = || {
        let plan = PullPlan::make_without_resolving(&sharing.project, |prefix| sharing.selects(prefix))?;
        match plan.conflicts() {
            0 => Ok(plan),
            files => Err(SyncError::RunConflict { root: config.cassette.clone(), files }),
        }
    };
    let mut plan = make_plan()?;
    if plan.changes() == 0 {
        plan.note_agreed();
        return Ok(());
    }
    let _lock = sharing.acquire(console)?;
    // Another run may have pulled meanwhile.
    let report = sharing.pull(make_plan()?, OnConflict::Merge, console).await?;
    if report != PullReport::default() {
        console.note(&format!("{} into {}", describe_pull(&report), shell_path(&config.cassette)));
    }
    Ok(())
}

/// What a pull has done, for people.
pub(super) fn describe_pull(report: &PullReport) -> String {
    let files = |count: usize| counted(count as u64, "file", "files");
    let mut done = vec![format!("pulled {} ({})", files(report.fetched), describe_size(report.bytes))];
    done.extend((report.removed > 0).then(|| format!("removed {}", files(report.removed))));
    done.join(", ")
}

/// A number of bytes, for people.
pub(super) fn describe_size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

/// A path as people type it here.
pub(super) fn describe_path(path: &Path, environment: &Environment) -> String {
    shell_path(path.strip_prefix(environment.folder()).unwrap_or(path))
}
