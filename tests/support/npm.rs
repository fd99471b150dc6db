//! The npm packages around the binary under test: packed as for a release, and installed as users install them.

use crate::support::clients::{Call, Finished, install, installed, node_suites};
use std::collections::BTreeSet;
use std::env::consts;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, UNIX_EPOCH};
use tempfile::TempDir;

/// A folder outside of the checkout with the packages, Vitest, TypeScript and the JavaScript SDK.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// `None` where Node.js is missing.
    pub(crate) fn new() -> Option<Self> {
        let modules = node_suites()?.join("node_modules");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("package.json"), "{ \"private\": true, \"type\": \"module\" }").unwrap();
        // Without a way to any registry, and none of it is needed.
        let mut npm = Command::new("npm");
        npm.args(["install", "--offline", "--no-audit", "--no-fund"]).args(files(&tarballs())).current_dir(&folder);
        install(&mut npm);
        let project = Self { folder };
        for folder in ["node_modules", "node_modules/.bin"] {
            for linked in files(&modules.with_file_name(folder)) {
                let link = project.path().join(folder).join(linked.file_name().unwrap());
                if !link.exists() {
                    symlink(linked, link).unwrap();
                }
            }
        }
        Some(project)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A call of one of the installed programs, or of one that the machine has.
    pub(crate) fn call<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Call {
        let installed = self.path().join("node_modules/.bin").join(program);
        let program = if installed.exists() { installed } else { program.into() };
        Call::new(program).args(arguments).folder(self.path()).env("NODE_NO_WARNINGS", "1").env("NO_COLOR", "1")
    }

    /// Waits until no process runs any more that this project's ramtape is part of.
    pub(crate) fn assert_no_orphan(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Some(orphan) = self.process() {
            assert!(Instant::now() < deadline, "still running: {orphan}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The command line of a process that runs ramtape from this folder, or is held by it.
    fn process(&self) -> Option<String> {
        let lines = files(Path::new("/proc")).into_iter().filter_map(|process| fs::read(process.join("cmdline")).ok());
        let ours = self.path().join("node_modules").to_str().unwrap().to_owned();
        lines
            .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
            .find(|line| line.contains(&format!("{ours}/ramtape/")) || line.contains(&format!("{ours}/@ramtape/")))
    }

    /// The sessions that a cassette has takes of, in order.
    pub(crate) fn sessions(&self, cassette: &str) -> BTreeSet<String> {
        let shown = self.call("ramtape", ["show", "--json", "*", "--cassette", cassette]).finish().success();
        let takes = shown.lines().into_iter().flat_map(|request| request["takes"].as_array().unwrap().clone());
        takes.map(|take| take["session"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// The platform as the packages are named after it.
pub(crate) fn platform() -> String {
    let os = if consts::OS == "macos" { "darwin" } else { consts::OS };
    let cpu = match consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}-{cpu}")
}

/// All that was printed, on either stream.
pub(crate) fn output(finished: &Finished) -> String {
    format!("{}{}", String::from_utf8_lossy(&finished.stdout), finished.stderr)
}

/// The folder with the tarballs of the binary under test.
fn tarballs() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = Path::new(env!("CARGO_BIN_EXE_ramtape"));
    let built = fs::metadata(binary).unwrap().modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
    let sources: Vec<_> = ["", "ramtape", "ramtape/bin", "ramtape/lib"]
        .iter()
        .flat_map(|folder| files(&root.join("npm").join(folder)))
        .filter_map(|file| fs::read(file).ok())
        .collect();
    installed("npm-packages", &[built.as_nanos().to_string().as_bytes(), &sources.concat()], |folder| {
        // Of builds that are gone.
        for other in files(folder.parent().unwrap()) {
            let name = other.file_name().unwrap().to_str().unwrap();
            if name.starts_with("npm-packages-") && !name.ends_with(".lock") && other != folder {
                fs::remove_dir_all(&other).unwrap();
            }
        }
        // Debug information is most of it, and packing takes long.
        let stripped = tempfile::NamedTempFile::new().unwrap();
        let strip = Command::new("strip").arg("-o").arg(stripped.path()).arg(binary).status();
        let packed = if strip.is_ok_and(|status| status.success()) { stripped.path() } else { binary };
        install(Command::new("node").arg(root.join("npm/pack.mjs")).arg(packed).arg(platform()).arg(folder));
    })
}

/// What is in a folder, but for hidden files.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.')).collect()
}
