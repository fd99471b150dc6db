//! Real AWS clients for the tests: boto3, the AWS CLI and the JavaScript SDK, moto as an upstream, and
//! Vitest and TypeScript for the npm packages. They are installed once, at the versions pinned in `tests/clients/pinned`, below the build
//! folder, and run in an environment that holds nothing of the machine's own AWS set-up.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// A client that is still running after this is killed, and its test fails.
const CALL_LIMIT: Duration = Duration::from_secs(120);
const INSTALL_LIMIT: Duration = Duration::from_secs(900);
const START_LIMIT: Duration = Duration::from_secs(60);

/// The interpreter of a virtual environment with everything in `requirements.txt`; `None`, having
/// said why on stderr, where Python is missing. Under `CI` a missing Python is a failure.
pub(crate) fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(install_python).clone()
}

/// Node.js with the JavaScript SDK; `None` as for [`python`].
pub(crate) fn node() -> Option<NodeClient> {
    static NODE: OnceLock<Option<NodeClient>> = OnceLock::new();
    NODE.get_or_init(|| Some(NodeClient { modules: install_modules("node")? })).clone()
}

/// Where Vitest, TypeScript and the JavaScript SDK are installed for suites; `None` as for [`python`].
pub(crate) fn node_suites() -> Option<PathBuf> {
    static SUITES: OnceLock<Option<PathBuf>> = OnceLock::new();
    SUITES.get_or_init(|| install_modules("npm")).clone()
}

/// Node.js and the folder that the packages of `@aws-sdk` are installed in.
#[derive(Clone, Debug)]
pub(crate) struct NodeClient {
    pub(crate) modules: PathBuf,
}

impl NodeClient {
    /// `ram.mjs`, to be given its verb and arguments.
    pub(crate) fn ram(&self) -> Call {
        Call::new("node").args(["--no-warnings".into(), source("node/ram.mjs")]).env("CLIENT_MODULES", &self.modules)
    }
}

/// `ram.py`, to be given its verb and arguments.
pub(crate) fn boto3(python: &Path) -> Call {
    Call::new(python).args([source("python/ram.py")])
}

/// The AWS CLI, to be given `ram …`.
pub(crate) fn aws(python: &Path) -> Call {
    Call::new(python).args(["-m", "awscli"])
}

/// What botocore says of the signatures of a captured request, or of a list of them; see `verify_signature.py` for the forms.
pub(crate) fn judge_signature(python: &Path, captured: &Value, secret: &str) -> Value {
    let judged = Call::new(python)
        .args([source("python/verify_signature.py")])
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .input(captured.to_string())
        .finish();
    assert_ne!(judged.stdout, b"", "no verdict: {}", judged.stderr);
    serde_json::from_slice(&judged.stdout).unwrap()
}

/// A file below `tests/clients/pinned`.
pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/pinned").join(path)
}

/// One run of a client: what to start, with which environment, and for how long at most.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    argv: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    folder: PathBuf,
    input: Vec<u8>,
    limit: Duration,
}

impl Call {
    /// Starts `program` with `PATH`, an empty `HOME` and no metadata service, and nothing else of
    /// this process's environment: no proxies, no AWS set-up.
    pub(crate) fn new(program: impl Into<OsString>) -> Self {
        Self {
            argv: vec![program.into()],
            env: BTreeMap::new(),
            folder: ".".into(),
            input: Vec::new(),
            limit: CALL_LIMIT,
        }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.argv.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    pub(crate) fn endpoint(self, url: &str) -> Self {
        self.env("AWS_ENDPOINT_URL_RAM", url)
    }

    pub(crate) fn credentials(self, access_key: &str, secret: &str) -> Self {
        self.env("AWS_ACCESS_KEY_ID", access_key).env("AWS_SECRET_ACCESS_KEY", secret)
    }

    /// Both variables: boto3 reads only the second, JavaScript only the first.
    pub(crate) fn region(self, region: &str) -> Self {
        self.env("AWS_REGION", region).env("AWS_DEFAULT_REGION", region)
    }

    /// The working directory.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// What the client reads from stdin.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The same call with another command in front of it, such as `ramtape run --`.
    pub(crate) fn under(mut self, wrapper: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.argv.splice(0..0, wrapper.into_iter().map(Into::into));
        self
    }

    /// Runs the client to its end; panics with all it printed if it outlives the limit. It blocks: beside
    /// a server that runs in this process, call it on a thread of its own or in `spawn_blocking`.
    pub(crate) fn finish(&self) -> Finished {
        let home = tempfile::tempdir().unwrap();
        bounded(&mut self.command(&home), self.limit)
    }

    /// What runs the client, for a test that does more than wait for its end.
    pub(crate) fn command(&self, home: &TempDir) -> Command {
        let (program, args) = self.argv.split_first().unwrap();
        let mut command = Command::new(program);
        clean_environment(&mut command, home);
        command.args(args).envs(&self.env).current_dir(&self.folder).stdin(file_with(&self.input));
        command
    }
}

/// What a client left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Finished {
    /// Panics with all that was printed unless the client exited with 0.
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "the client failed: {self}");
        self
    }

    /// The JSON lines that `ram.py` and `ram.mjs` print.
    pub(crate) fn lines(&self) -> Vec<Value> {
        serde_json::Deserializer::from_slice(&self.stdout)
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| panic!("not JSON lines ({error}): {self}"))
    }

    /// The bodies of all HTTP answers, as received, in order.
    pub(crate) fn bodies(&self) -> Vec<Vec<u8>> {
        let decode = |line: &Value| {
            let body = line.pointer("/http/body")?.as_str()?;
            Some(data_encoding::BASE64.decode(body.as_bytes()).unwrap())
        };
        self.lines().iter().filter_map(decode).collect()
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        write!(f, "exit code {:?}\n--- stdout\n{stdout}\n--- stderr\n{}", self.code, self.stderr)
    }
}

/// A running moto, which knows 8 of RAM's operations; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Moto {
    pub(crate) url: String,
    process: Child,
    _home: TempDir,
}

impl Moto {
    /// Returns once it listens, on a free port of 127.0.0.1.
    pub(crate) fn start(python: &Path) -> Self {
        Self::with(python, None)
    }

    /// The same, for whom everything is of `account`.
    pub(crate) fn of_account(python: &Path, account: &str) -> Self {
        Self::with(python, Some(account))
    }

    fn with(python: &Path, account: Option<&str>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let log = tempfile::tempfile().unwrap();
        let mut command = Command::new(python);
        clean_environment(&mut command, &home);
        command.envs(account.map(|account| ("MOTO_ACCOUNT_ID", account)));
        // Its stdin stays open while `process` lives: should this process be killed, moto ends too.
        command
            .arg(source("python/moto_serve.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().unwrap());
        let mut process = command.spawn().unwrap();
        let stdout = process.stdout.take().unwrap();
        let mut moto = Self { url: String::new(), process, _home: home };

        match first_line(stdout) {
            Ok(url) => moto.url = url,
            Err(found) => panic!("moto did not start ({found}): {}", String::from_utf8_lossy(&whole(log))),
        }
        moto
    }
}

/// A running Azurite, which is Azure's blob storage, with the container `takes`; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Azurite {
    /// The base URL of its account.
    pub(crate) url: String,
    process: Child,
}

impl Azurite {
    /// The account that every Azurite has, and its key, which is no secret.
    pub(crate) const ACCOUNT: &str = "devstoreaccount1";
    pub(crate) const KEY: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// Returns once it listens, on a free port of 127.0.0.1; `None` where Node.js is missing.
    pub(crate) fn start() -> Option<Self> {
        let modules = install_modules("azurite")?;
        let mut command = Command::new("node");
        // Its stdin stays open while `process` lives.
        command.arg(source("azurite/serve.mjs")).env("CLIENT_MODULES", modules);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let url = first_line(process.stdout.take().unwrap());
        Some(Self { url: url.unwrap_or_else(|found| panic!("Azurite did not start: {found}")), process })
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // It ends its server, and itself, when its stdin ends.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The first line that a server prints.
fn first_line(stdout: impl io::Read + Send + 'static) -> Result<String, String> {
    let (found, line) = mpsc::channel();
    thread::spawn(move || found.send(BufReader::new(stdout).lines().next()));
    match line.recv_timeout(START_LIMIT) {
        Ok(Some(Ok(line))) => Ok(line),
        other => Err(format!("{other:?}")),
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn install_python() -> Option<PathBuf> {
    // pip reads the file; what it asks of Python is the highest of its packages' requirements.
    const PROBE: &str = "import sys, venv, ensurepip; print(sys.version); sys.exit(sys.version_info < (3, 11))";
    let version = match Command::new("python3").args(["-c", PROBE]).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return skipped("python3 is not installed");
        }
        Err(error) => panic!("python3 does not start: {error}"),
        Ok(probe) if probe.status.success() => probe.stdout,
        Ok(probe) if probe.stdout.is_empty() => return skipped("python3 has no venv module"),
        Ok(_) => return skipped("python3 is older than 3.11"),
    };
    let requirements = source("python/requirements.txt");
    let pinned = fs::read(&requirements).unwrap();
    // A virtual environment holds absolute paths, so it is made where it stays.
    let venv = installed("python", &[&pinned, &version], |venv| {
        install(Command::new("python3").args(["-m", "venv"]).arg(venv));
        let python = venv.join("bin/python");
        install(Command::new(&python).args(["-m", "pip", "install", "--no-deps", "-r"]).arg(&requirements));
        install(Command::new(&python).args(["-m", "pip", "check"]));
    });
    Some(venv.join("bin/python"))
}

/// The folder with what `kind` of `tests/clients/pinned` names.
pub(crate) fn install_modules(kind: &str) -> Option<PathBuf> {
    for program in ["node", "npm"] {
        match Command::new(program).arg("--version").output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return skipped(&format!("{program} is not installed"));
            }
            Err(error) => panic!("{program} does not start: {error}"),
            Ok(_) => {}
        }
    }
    let pinned = source(kind);
    let lock = fs::read(pinned.join("package-lock.json")).unwrap();
    Some(installed(kind, &[&lock], |folder| {
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            fs::copy(pinned.join(file), folder.join(file)).unwrap();
        }
        install(Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(folder));
    }))
}

/// Says why a test does not run; in continuous integration it has to.
pub(crate) fn skipped<T>(reason: &str) -> Option<T> {
    let in_ci = env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    assert!(!in_ci, "in CI the real clients have to run, but {reason}");
    eprintln!("skipped: {reason}");
    None
}

/// The folder for what `key` describes, filled by `fill` unless an earlier run did. Test binaries
/// run in parallel processes: a lock lets one of them fill it while the others wait.
pub(crate) fn installed(kind: &str, key: &[&[u8]], fill: impl FnOnce(&Path)) -> PathBuf {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(key.concat()));
    // The build folder, wherever it is configured to be.
    let clients = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("clients");
    fs::create_dir_all(&clients).unwrap();
    let folder = clients.join(format!("{kind}-{}", &digest[..16]));

    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let complete = folder.join(".complete");
    if !complete.exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        fill(&folder);
        File::create(complete).unwrap();
    }
    folder
}

/// Runs one step of an installation, in this process's own environment: it may need its proxies.
pub(crate) fn install(command: &mut Command) {
    let done = bounded(command.stdin(Stdio::null()), INSTALL_LIMIT);
    assert_eq!(done.code, Some(0), "{command:?} failed: {done}");
}

fn clean_environment(command: &mut Command, home: &TempDir) {
    command
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", home.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1");
}

/// Output goes to files: a client that was killed has still said all it said, and no pipe fills up.
fn bounded(command: &mut Command, limit: Duration) -> Finished {
    let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));

    let deadline = Instant::now() + limit;
    let status = loop {
        match child.try_wait().unwrap() {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            status => break status,
        }
    };
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let finished = Finished {
        code: status.and_then(|status| status.code()),
        stdout: whole(stdout),
        stderr: String::from_utf8_lossy(&whole(stderr)).into_owned(),
    };
    assert!(status.is_some(), "killed, as it was still running after {limit:?}: {command:?}: {finished}");
    finished
}

fn file_with(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn whole(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}
