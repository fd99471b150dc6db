//! Places where a debug build can be told to die or to fail, so that tests see what a crash leaves behind.
//!
//! Release builds hold none of it: every function here is empty there. (The crate `fail` has no action that aborts, and
//! brings `log`, `once_cell` and `rand` into release builds.)

use std::io;

#[cfg(debug_assertions)]
mod armed {
    use std::sync::Mutex;

    static ARMED: Mutex<Option<(String, u32)>> = Mutex::new(None);

    pub(crate) fn arm(name: &str, nth: u32) {
        if let Ok(mut armed) = ARMED.lock() {
            *armed = Some((name.to_owned(), nth));
        }
    }

    /// Whether `name` is armed and this is the time it was armed for (0: every time).
    pub(crate) fn due(name: &str) -> bool {
        let Ok(mut armed) = ARMED.lock() else { return false };
        match armed.as_mut() {
            Some((point, 0)) => point == name,
            Some((point, nth)) if point == name => {
                *nth -= 1;
                let due = *nth == 0;
                if due {
                    *armed = None;
                }
                due
            }
            _ => false,
        }
    }
}

/// The points there are.
pub const POINTS: [&str; 9] = [
    "after-journal",
    "after-acknowledged",
    "after-writing",
    "after-temporary-file",
    "after-rename",
    "after-sealed",
    "between-restarts",
    "end-of-all",
    "after-superseding",
];

/// The failure that can be injected: every write says that no space is left.
pub const DISK_FULL: &str = "disk-full";

/// Another one: folders cannot be synced.
pub const FOLDER_UNSYNCED: &str = "folder-unsynced";

/// Makes the process abort when it comes to point `name` for the `nth` time (counted from 1), or, for [`DISK_FULL`] and
/// [`FOLDER_UNSYNCED`], that write or sync fail (0: every one). Does nothing in a release build.
pub fn arm(name: &str, nth: u32) {
    #[cfg(debug_assertions)]
    armed::arm(name, nth);
    #[cfg(not(debug_assertions))]
    let _ = (name, nth);
}

/// Dies here if `name` is armed: no destructor runs, nothing is flushed.
pub(crate) fn point(name: &str) {
    #[cfg(debug_assertions)]
    if armed::due(name) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// The error of a full disk, if it is armed.
pub(crate) fn full_disk() -> io::Result<()> {
    failure(DISK_FULL, io::ErrorKind::StorageFull)
}

/// The error of a folder that cannot be synced, if it is armed.
pub(crate) fn unsynced_folder() -> io::Result<()> {
    failure(FOLDER_UNSYNCED, io::ErrorKind::Other)
}

fn failure(name: &str, kind: io::ErrorKind) -> io::Result<()> {
    #[cfg(debug_assertions)]
    if armed::due(name) {
        return Err(kind.into());
    }
    #[cfg(not(debug_assertions))]
    let _ = (name, kind);
    Ok(())
}
