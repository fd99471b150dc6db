//! Whether anything was touched in a cassette's folders since a file was last looked at. Where the system tells that (on
//! Linux, of file systems of the machine's own), one short question spares a lookup the question for its file's identity.
//!
//! An event is in the queue before the call that made the change returns, so a look at the queue is never too early. Events
//! say only that there is something to look for: after any of them every file's identity is asked for again. That happens
//! too after [`TRUSTED`], for changes that make no event.

use std::sync::OnceLock;
use std::time::Duration;

/// How long the absence of events is believed. A file that is changed by way of another name (a hard link outside the
/// cassette), by way of a memory mapping, or hidden by a mount, makes no event.
const TRUSTED: Duration = Duration::from_secs(10);

/// A state of all watched folders. While it is the same, nothing was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) u64);

impl Moment {
    /// One that never is: real ones are even.
    pub(super) const NEVER: Self = Self(1);
}

/// What watches folders: one for the whole process, for systems allow each user only a few.
pub(super) fn watch() -> Option<&'static Watch> {
    static WATCH: OnceLock<Option<Watch>> = OnceLock::new();
    WATCH.get_or_init(|| Watch::trusted_for(TRUSTED)).as_ref()
}

#[cfg(not(target_os = "linux"))]
pub(super) struct Watch(std::convert::Infallible);

#[cfg(not(target_os = "linux"))]
impl Watch {
    fn trusted_for(_: Duration) -> Option<Self> {
        None
    }

    pub(super) fn moment(&self) -> Option<Moment> {
        match self.0 {}
    }

    pub(super) fn covers(&self, _: &std::path::Path, _: &std::path::Path, _: Moment) -> bool {
        match self.0 {}
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use super::Moment;
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::{Duration, Instant};

    /// File systems whose every change passes through this machine's kernel: ext2 to ext4, XFS, btrfs, tmpfs, F2FS.
    /// Of others (networks, shared folders of virtual machines, overlays) some changes make no event.
    const TOLD_OF: [u64; 5] = [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0xf2f5_2010];

    /// The queue of events, and how often it was found to hold any.
    pub(in crate::cassette) struct Watch {
        queue: OwnedFd,
        /// Even; odd while the queue is being emptied.
        moment: AtomicU64,
        began: Instant,
        /// When the moment last changed, in milliseconds since then.
        since: AtomicU64,
        /// For how long the absence of events is believed.
        trusted: Duration,
        /// The moment up to which a folder was found to be watched, with all that leads to it.
        covered: Mutex<BTreeMap<PathBuf, u64>>,
    }

    impl Watch {
        pub(super) fn trusted_for(time: Duration) -> Option<Self> {
            let queue = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
            let (moment, since) = (AtomicU64::new(0), AtomicU64::new(0));
            Some(Self { queue, moment, began: Instant::now(), since, trusted: time, covered: Mutex::default() })
        }

        /// The present moment: every change that was made before this is called comes before it. `None` while another
        /// thread is finding that out.
        pub(in crate::cassette) fn moment(&self) -> Option<Moment> {
            let is_quiet = rustix::io::ioctl_fionread(&self.queue).is_ok_and(|waiting| waiting == 0);
            let since = Duration::from_millis(self.since.load(Ordering::Relaxed));
            let is_fresh = self.began.elapsed() < since + self.trusted;
            if !(is_quiet && is_fresh) {
                self.change();
            }
            let moment = self.moment.load(Ordering::Acquire);
            moment.is_multiple_of(2).then_some(Moment(moment))
        }

        /// Empties the queue. Whoever finds it empty meanwhile must see that the moment is changing, and afterwards that it
        /// has changed.
        fn change(&self) {
            let _covered = self.covered();
            self.moment.fetch_add(1, Ordering::AcqRel);
            let mut events = [0_u8; 4096];
            while rustix::io::read(&self.queue, &mut events).is_ok_and(|length| length > 0) {}
            let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.since.store(now, Ordering::Relaxed);
            self.moment.fetch_add(1, Ordering::AcqRel);
        }

        /// Whether from `moment` on every change that could make another file of the same path in `folder`, which is in the
        /// cassette `root`, changes the moment.
        pub(in crate::cassette) fn covers(&self, root: &Path, folder: &Path, moment: Moment) -> bool {
            let mut covered = self.covered();
            if covered.get(folder) == Some(&moment.0) {
                return true;
            }
            let is_watched = is_told_of(folder) && self.add(root, folder);
            if is_watched {
                covered.insert(folder.to_owned(), moment.0);
            }
            is_watched
        }

        /// From the top: what is watched already tells of a change to what is added next.
        pub(super) fn add(&self, root: &Path, folder: &Path) -> bool {
            let moved = WatchFlags::MOVE_SELF | WatchFlags::DELETE_SELF;
            let entries = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE | WatchFlags::ATTRIB;
            let content = WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE;
            let mut above: Vec<&Path> = root.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
            above.reverse();
            above.into_iter().all(|path| self.add_one(path, moved))
                && self.add_one(root, moved | entries)
                && self.add_one(folder, moved | entries | content)
        }

        /// What a link leads to could be changed without an event, so links are not covered.
        fn add_one(&self, path: &Path, events: WatchFlags) -> bool {
            let how = WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW | WatchFlags::MASK_ADD;
            fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
                && inotify::add_watch(&self.queue, path, events | how).is_ok()
        }

        fn covered(&self) -> MutexGuard<'_, BTreeMap<PathBuf, u64>> {
            self.covered.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    fn is_told_of(folder: &Path) -> bool {
        rustix::fs::statfs(folder).is_ok_and(|system| TOLD_OF.contains(&(system.f_type as u64)))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use std::fs::{self, File};
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};

    /// What is done to a cassette in this root, with this folder.
    type Change = fn(&Path, &Path);

    const HOUR: Duration = Duration::from_secs(3600);

    /// A cassette `root` in `parent`, with one file in one folder.
    fn tree() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("parent/root");
        let folder = root.join("folder");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("file"), "one").unwrap();
        (outside, root, folder)
    }

    #[test]
    fn every_change_changes_the_moment_at_once_and_nothing_else_does() {
        let changes: [(&str, Change); 10] = [
            ("a write in place", |_, folder| fs::write(folder.join("file"), "two").unwrap()),
            ("an appended byte", |_, folder| {
                File::options().append(true).open(folder.join("file")).unwrap().write_all(b"2").unwrap();
            }),
            ("a cut", |_, folder| File::options().write(true).open(folder.join("file")).unwrap().set_len(1).unwrap()),
            ("another file in its place", |root, folder| {
                fs::write(root.join("aside"), "one").unwrap();
                fs::rename(root.join("aside"), folder.join("file")).unwrap();
            }),
            ("no file", |_, folder| fs::remove_file(folder.join("file")).unwrap()),
            ("a file that may not be read", |_, folder| {
                fs::set_permissions(folder.join("file"), fs::Permissions::from_mode(0o000)).unwrap();
            }),
            ("no folder", |_, folder| fs::remove_dir_all(folder).unwrap()),
            ("a folder moved away", |root, folder| fs::rename(folder, root.join("elsewhere")).unwrap()),
            ("a cassette moved away", |root, _| fs::rename(root, root.with_file_name("elsewhere")).unwrap()),
            ("its parent moved away", |root, _| {
                let parent = root.parent().unwrap();
                fs::rename(parent, parent.with_file_name("elsewhere")).unwrap();
            }),
        ];
        for (what, change) in changes {
            let (_outside, root, folder) = tree();
            let watch = Watch::trusted_for(HOUR).unwrap();
            let moment = watch.moment().unwrap();
            assert!(watch.add(&root, &folder));
            fs::read(folder.join("file")).unwrap();
            assert_eq!(watch.moment(), Some(moment), "before {what}");
            change(&root, &folder);
            let after = watch.moment().unwrap();
            assert_ne!(after, moment, "{what}");
            assert_eq!(watch.moment(), Some(after), "after {what}");
        }
    }

    #[test]
    fn a_folder_in_place_of_another_is_watched_from_the_next_look_on() {
        let (_outside, root, folder) = tree();
        let watch = Watch::trusted_for(HOUR).unwrap();
        assert!(watch.add(&root, &folder));
        fs::rename(&folder, root.join("elsewhere")).unwrap();
        assert!(!watch.add(&root, &folder), "there is none");
        fs::create_dir(&folder).unwrap();
        let moment = watch.moment().unwrap();
        assert!(watch.add(&root, &folder));
        fs::write(folder.join("file"), "new").unwrap();
        assert_ne!(watch.moment(), Some(moment));
    }

    #[test]
    fn what_is_behind_a_link_is_not_covered() {
        let (outside, root, _folder) = tree();
        let watch = Watch::trusted_for(HOUR).unwrap();
        let (link, inside) = (outside.path().join("link"), root.join("linked"));
        symlink(root.parent().unwrap(), &link).unwrap();
        symlink(outside.path(), &inside).unwrap();
        assert!(!watch.add(&link.join("root"), &link.join("root/folder")));
        assert!(!watch.add(&root, &inside));
    }

    #[test]
    fn quiet_is_not_believed_for_ever() {
        let watch = Watch::trusted_for(Duration::ZERO).unwrap();
        assert_ne!(watch.moment(), watch.moment());
    }
}
