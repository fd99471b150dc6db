//! Objects that no lock on any branch names.

use super::SyncError;
use super::project::Project;
use super::push::FRESH;
use crate::git::{Git, said};
use crate::lock_file::{LOCK_NAME, LockFile, Version};
use crate::model::{Digest, counted};
use crate::remote::{Remote, StoredObject};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, SystemTime};

/// Nothing younger is ever removed: somebody may have pushed it whose branch is not known here yet, or be pushing it now.
const LEAST_AGE: Duration = Duration::from_secs(2 * FRESH.as_secs());

/// What an object store holds, held against what locks name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// What no lock names, old enough to go.
    pub removable: Vec<StoredObject>,
    /// How many objects no lock names that are too young to go.
    pub young: usize,
    /// How many objects the locks name.
    pub needed: usize,
    /// How many of those the store lacks.
    pub missing: usize,
    /// Branches and tags that were looked at.
    pub references: usize,
}

/// What the store holds that no lock names: of the branches and tags of this repository, of the commits that `also` names, and of the
/// working directory. With `branches`, of those in place of all. Objects younger than `least_age` count as young.
///
/// # Errors
/// Where git does not know everything that it would have to know, a lock cannot be read, or the store cannot be listed.
pub async fn find_garbage(
    project: &Project,
    remote: &Remote,
    branches: &[String],
    least_age: Duration,
) -> Result<Garbage, SyncError> {
    let (references, needed) = needed_objects(project, branches)?;
    let now = SystemTime::now();
    let stored = remote.list().await?;
    let there: HashSet<Digest> = stored.iter().map(|object| object.digest).collect();
    let mut garbage = Garbage {
        needed: needed.len(),
        missing: needed.iter().filter(|digest| !there.contains(digest)).count(),
        references,
        ..Garbage::default()
    };
    for object in stored.into_iter().filter(|object| !needed.contains(&object.digest)) {
        // One that seems to come from the future is young.
        if now.duration_since(object.modified).is_ok_and(|age| age >= least_age.max(LEAST_AGE)) {
            garbage.removable.push(object);
        } else {
            garbage.young += 1;
        }
    }
    Ok(garbage)
}

/// Removes what can go.
///
/// # Errors
/// Where the store does not do it.
pub async fn remove_garbage(remote: &Remote, garbage: &Garbage) -> Result<(), SyncError> {
    let digests: Vec<Digest> = garbage.removable.iter().map(|object| object.digest).collect();
    Ok(remote.delete(&digests).await?)
}

/// How many branches and tags were looked at, and the objects that their locks and the one in the working directory name.
fn needed_objects(project: &Project, branches: &[String]) -> Result<(usize, HashSet<Digest>), SyncError> {
    let git = Git::in_folder(Some(project.folder()));
    let references = if branches.is_empty() { all_references(git)? } else { branches.to_vec() };
    let mut needed: HashSet<Digest> = digests(&project.read_lock()?).collect();
    let mut trees: BTreeSet<String> = BTreeSet::new();
    for reference in &references {
        let tree = git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{tree}}")]);
        let unknown = || failed(format!("git knows no branch, tag or commit {reference:?} here"));
        trees.insert(tree.ok_or_else(unknown)?);
    }
    // A repository can have several locks that share one store; equal ones are read once.
    let mut locks: BTreeMap<String, String> = BTreeMap::new();
    for tree in &trees {
        let listed = git.output(&["ls-tree", "-r", "-z", "--full-tree", tree]).map_err(|error| no_git(&error))?;
        if !listed.status.success() {
            return Err(failed(format!("git failed: {}", said(&listed))));
        }
        for line in listed.stdout.split(|byte| *byte == 0) {
            let line = String::from_utf8_lossy(line);
            let Some((head, path)) = line.split_once('\t') else { continue };
            let is_lock = path == LOCK_NAME || path.ends_with(&format!("/{LOCK_NAME}"));
            if let Some(object) = head.rsplit(' ').next().filter(|_| is_lock) {
                locks.insert(object.to_owned(), path.to_owned());
            }
        }
    }
    for (object, path) in locks {
        let text = git.ask(&["cat-file", "blob", &object]);
        let text = text.ok_or_else(|| failed(format!("git cannot read {path} as a branch has it")))?;
        // Without it nobody knows what that branch needs.
        let lock = LockFile::parse(&text).map_err(|flaw| {
            failed(format!("{path}, as a branch has it (git show {object}), cannot be read: {flaw}"))
        })?;
        needed.extend(digests(&lock));
    }
    Ok((references.len(), needed))
}

fn digests(lock: &LockFile) -> impl Iterator<Item = Digest> {
    lock.files.values().map(|Version { digest, .. }| *digest)
}

/// All branches and tags, those of the remotes included, which have to be as the remotes have them now.
fn all_references(git: Git<'_>) -> Result<Vec<String>, SyncError> {
    let shallow = git.ask(&["rev-parse", "--is-shallow-repository"]);
    match shallow.as_deref() {
        Some("false") => {}
        Some(_) => {
            return Err(failed("this clone is shallow and may lack branches: run `git fetch --unshallow`".into()));
        }
        None => {
            return Err(failed("this is no git repository: run it in one, whose branches say what is needed".into()));
        }
    }
    let listed =
        git.ask(&["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes", "refs/tags"]);
    let listed = listed.ok_or_else(|| failed("git cannot list the branches".into()))?;
    let known: HashMap<&str, &str> =
        listed.lines().filter_map(|line| line.split_once(' ')).map(|(object, name)| (name, object)).collect();
    for remote in git.ask(&["remote"]).unwrap_or_default().lines() {
        let answer = git.output(&["ls-remote", "--heads", "--", remote]).map_err(|error| no_git(&error))?;
        if !answer.status.success() {
            let reason = said(&answer);
            return Err(failed(format!(
                "git cannot ask {remote} which branches there are ({reason}): name the branches whose recordings are needed with \
                 --branch"
            )));
        }
        let heads = String::from_utf8_lossy(&answer.stdout).into_owned();
        let lacking = heads
            .lines()
            .filter_map(|line| line.split_once("\trefs/heads/"))
            .filter(|(object, branch)| known.get(format!("refs/remotes/{remote}/{branch}").as_str()) != Some(object));
        match lacking.count() {
            0 => {}
            count => {
                let branches = counted(count as u64, "branch", "branches");
                return Err(failed(format!(
                    "{branches} of {remote} are not here as they are there: run `git fetch --all`"
                )));
            }
        }
    }
    Ok(known.into_keys().map(str::to_owned).collect())
}

fn failed(reason: String) -> SyncError {
    SyncError::Git { reason }
}

fn no_git(error: &std::io::Error) -> SyncError {
    failed(format!("cannot run git, which knows what branches need: {error}"))
}
