//! The wheel, built as pip builds it, and virtual environments that it is installed into.

use super::clients::{self, Call, installed, source};
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A virtual environment with the wheel, and with what suites need beside it.
pub(crate) struct Venv {
    folder: TempDir,
}

impl Venv {
    /// Made anew by the Python that the pinned packages are for.
    pub(crate) fn new() -> Option<Self> {
        Some(Self::with(&packages()?))
    }

    /// Made anew by the Python of the virtual environment `packages`, whose packages it has too.
    pub(crate) fn with(packages: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let python = packages.join("bin/python");
        clients::install(Command::new(&python).args(["-m", "venv", "--without-pip"]).arg(folder.path()));
        let venv = Self { folder };
        let asks = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let site = |python: &Path| Call::new(python).args(["-c", asks]).finish().success().stdout;
        let (own, shared) = (site(&venv.program("python")), site(&python));
        let own = String::from_utf8(own).unwrap();
        fs::write(Path::new(own.trim_end()).join("shared.pth"), shared).unwrap();
        // The shared packages' programs run the other interpreter.
        let pytest = venv.program("pytest");
        fs::write(
            &pytest,
            format!("#!{}\nimport sys\nimport pytest\nsys.exit(pytest.main())\n", venv.program("python").display()),
        )
        .unwrap();
        fs::set_permissions(&pytest, fs::Permissions::from_mode(0o755)).unwrap();
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed"];
        clients::install(Command::new(venv.program("python")).args(pip).arg(wheel()));
        venv
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.path().join("bin").join(name)
    }

    /// `python`, with the environment's programs on its path.
    pub(crate) fn python(&self) -> Call {
        Call::new(self.program("python"))
    }
}

/// The virtual environment with the pinned packages, ramtape not among them.
pub(crate) fn packages() -> Option<PathBuf> {
    static PACKAGES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PACKAGES.get_or_init(|| {
        // It tells why there is no Python, or none that is new enough.
        clients::python()?;
        Some(install(Path::new("python3"), "requirements.txt"))
    });
    found.clone()
}

/// The virtual environments of the other Pythons that the package is for, with their versions.
pub(crate) fn other_pythons() -> Vec<(&'static str, PathBuf)> {
    let found = ["3.9", "3.10", "3.12", "3.13"].into_iter().filter_map(|version| {
        let Some(python) = find(version) else {
            eprintln!("skipped: python{version} is not installed");
            return None;
        };
        Some((version, install(&python, "requirements-oldest.txt")))
    });
    found.collect()
}

/// The interpreter of a version: on the path, or where pyenv keeps it.
fn find(version: &str) -> Option<PathBuf> {
    let kept = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let kept = kept.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")))?.join("versions");
    let kept = fs::read_dir(kept).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let of_version = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{version}.")))
    };
    let kept = kept.filter(of_version).map(|folder| folder.join("bin/python"));
    let works = |python: &PathBuf| {
        let probe = Command::new(python).args(["-c", "import venv, ensurepip"]).output();
        probe.is_ok_and(|probe| probe.status.success())
    };
    std::iter::once(PathBuf::from(format!("python{version}"))).chain(kept).find(works)
}

fn install(python: &Path, requirements: &str) -> PathBuf {
    let requirements = source("pytest").join(requirements);
    let version = Command::new(python).arg("--version").output().unwrap().stdout;
    installed("pytest", &[&fs::read(&requirements).unwrap(), &version], |venv| {
        clients::install(Command::new(python).args(["-m", "venv"]).arg(venv));
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "-r"];
        clients::install(Command::new(venv.join("bin/python")).args(pip).arg(&requirements));
    })
}

/// The wheel, built from this checkout by `pip wheel .`, with the binary as quickly built as the tests' own.
pub(crate) fn wheel() -> PathBuf {
    static WHEEL: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, wheel) = WHEEL.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let python = packages().unwrap().join("bin/python");
        let mut path = python.parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        clients::install(
            Command::new(&python)
                .args(["-m", "pip", "wheel", ".", "--quiet", "--no-deps", "--no-build-isolation"])
                .args(["-C", "build-args=--profile dev --locked", "-w"])
                .arg(folder.path())
                .env("PATH", path)
                .current_dir(env!("CARGO_MANIFEST_DIR")),
        );
        let wheel = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        (folder, wheel)
    });
    wheel.clone()
}
