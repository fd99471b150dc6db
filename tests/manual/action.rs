//! action.yml, run as GitHub's runner would run its steps, with releases that a server on loopback has.

use crate::book::{blocks, root, rows, spans_in};
use crate::support::binary::{Finished, folder};
use crate::yaml;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use yaml_rust2::Yaml;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LINUX: &str = "x86_64-unknown-linux-gnu";

/// A machine that runs jobs, and a repository with releases.
struct Runner {
    folder: TempDir,
    releases: String,
    system: (&'static str, &'static str),
    /// What comes before the programs that are installed here.
    programs: PathBuf,
}

/// What a run of the action left.
struct Run {
    /// By step and name.
    outputs: BTreeMap<String, String>,
    /// What the following steps find on their `PATH`.
    path: String,
    summary: String,
    /// Of the last step that ran.
    finished: Finished,
}

impl Runner {
    /// On Linux, with no release yet.
    fn new() -> Self {
        let folder = folder();
        for name in ["temp", "tools", "releases", "programs"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let (releases, programs) = (serve(folder.path().join("releases")), folder.path().join("programs"));
        let runner = Self { folder, releases, system: ("Linux", "X64"), programs };
        // Wherever this test runs.
        runner.program("getconf", "echo glibc 2.36");
        runner
    }

    fn program(&self, name: &str, script: &str) {
        executable(&self.programs.join(name), script);
    }

    fn release(&self, version: &str) -> PathBuf {
        self.folder.path().join("releases").join(format!("v{version}"))
    }

    /// Puts a release there, with an archive for `target` in which ramtape is `script`.
    fn publish(&self, version: &str, target: &str, script: &str) {
        let (release, name) = (self.release(version), format!("ramtape-{version}-{target}"));
        let unpacked = self.folder.path().join("unpacked");
        fs::create_dir_all(unpacked.join(&name)).unwrap();
        fs::create_dir_all(&release).unwrap();
        executable(&unpacked.join(&name).join("ramtape"), script);
        let archive = format!("{name}.tar.gz");
        let lines = format!(
            "tar -czf '{0}/{archive}' -C '{1}' '{name}'\ncd '{0}'\n\
             if command -v sha256sum >/dev/null; then sha256sum -- *.tar.gz; else shasum -a 256 -- *.tar.gz; fi >SHA256SUMS",
            release.display(),
            unpacked.display()
        );
        assert!(Command::new("bash").args(["-euc", &lines]).status().unwrap().success());
    }

    /// Runs the action with these inputs.
    fn run(&self, inputs: &[(&str, &str)]) -> Run {
        let action = yaml::file("action.yml");
        let file = |name: &str| self.folder.path().join(name);
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, input) in yaml::members(&action["inputs"]) {
            values.insert(format!("inputs.{name}"), input["default"].as_str().unwrap().to_owned());
        }
        for (name, value) in inputs {
            assert!(values.insert(format!("inputs.{name}"), (*value).to_owned()).is_some(), "no input {name}");
        }
        let repository = "github.server_url }}/${{ github.action_repository || github.repository";
        values.insert(repository.to_owned(), self.releases.clone());
        let mut run = Run {
            outputs: BTreeMap::new(),
            path: String::new(),
            summary: String::new(),
            finished: Finished { code: Some(0), stdout: String::new(), stderr: String::new() },
        };
        for step in action["runs"]["steps"].as_vec().unwrap() {
            let condition = step["if"].as_str();
            assert!(condition.is_none_or(|condition| condition == "inputs.run != ''"), "{condition:?}");
            // Where a step uses another action, that is the cache's, of a folder that stays here anyhow.
            if step["run"].is_badvalue() || (condition.is_some() && values["inputs.run"].is_empty()) {
                continue;
            }
            for name in ["output", "path", "summary"] {
                fs::write(file(name), "").unwrap();
            }
            run.finished = Finished::from(self.step(step, &values).output().unwrap());
            let id = step["id"].as_str().unwrap_or_default();
            for line in fs::read_to_string(file("output")).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                values.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
            run.path.push_str(&fs::read_to_string(file("path")).unwrap());
            run.summary = fs::read_to_string(file("summary")).unwrap();
            if run.finished.code != Some(0) {
                return run;
            }
        }
        for (name, output) in yaml::members(&action["outputs"]) {
            run.outputs.insert(name.to_owned(), evaluate(output["value"].as_str().unwrap(), &values));
        }
        run
    }

    fn step(&self, step: &Yaml, values: &BTreeMap<String, String>) -> Command {
        assert_eq!(step["shell"].as_str(), Some("bash"));
        let file = |name: &str| self.folder.path().join(name);
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]).env_clear();
        let folder = step["working-directory"].as_str().map_or(".".to_owned(), |path| evaluate(path, values));
        command.current_dir(self.folder.path().join(folder));
        let inherited = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([self.programs.clone()].into_iter().chain(std::env::split_paths(&inherited)));
        command.env("PATH", path.unwrap()).env("HOME", self.folder.path());
        command.env("CI", "true").env("GITHUB_ACTIONS", "true").env("GITHUB_ACTION_PATH", root());
        command.env("RUNNER_OS", self.system.0).env("RUNNER_ARCH", self.system.1);
        command.env("RUNNER_TEMP", file("temp")).env("RUNNER_TOOL_CACHE", file("tools"));
        command.env("GITHUB_OUTPUT", file("output")).env("GITHUB_PATH", file("path"));
        command.env("GITHUB_STEP_SUMMARY", file("summary"));
        for (name, value) in yaml::members(&step["env"]) {
            command.env(name, evaluate(value.as_str().unwrap(), values));
        }
        command
    }

    /// What the action says where it fails.
    fn refusal(&self, inputs: &[(&str, &str)]) -> String {
        let run = self.run(inputs);
        assert_eq!(run.finished.code, Some(1), "{:?}", run.finished);
        assert_eq!(run.path, "", "nothing is installed");
        let last = run.finished.stdout.lines().last().unwrap_or_default().to_owned();
        last.strip_prefix("::error title=ramtape::").unwrap_or_else(|| panic!("{:?}", run.finished)).to_owned()
    }
}

/// `text` with its expressions replaced; one without a value fails the test.
fn evaluate(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("${{{{ {name} }}}}"), value);
    }
    assert!(!text.contains("${{"), "{text}");
    text
}

fn executable(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Serves the files below `folder` for as long as this process lives; gives its base URL.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &folder)));
    url
}

fn answer(mut stream: TcpStream, folder: &Path) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches("/releases/download/");
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // Whoever has hung up wants no more.
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}

/// The real binary, as a script that an archive can hold.
fn real() -> String {
    format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_ramtape"))
}

/// Whether this machine has what the action's scripts call; GitHub's runners do.
fn has_tools() -> bool {
    let found = ["bash", "curl", "tar"].iter().all(|tool| Command::new(tool).arg("--version").output().is_ok());
    if !found {
        assert!(std::env::var_os("CI").is_none(), "bash, curl and tar are needed");
        println!("skipped: bash, curl and tar are needed");
    }
    found
}

#[test]
fn a_release_is_installed_and_found_by_later_steps() {
    if !has_tools() {
        return;
    }
    let runner = Runner::new();
    runner.publish(VERSION, LINUX, &real());
    let run = runner.run(&[]);
    assert_eq!(run.finished.code, Some(0), "{:?}", run.finished);
    assert_eq!(run.finished.stdout, format!("ramtape {VERSION}\n"));
    assert_eq!(run.outputs["version"], VERSION);
    assert_eq!(Path::new(run.path.trim_end()).join("ramtape"), Path::new(&run.outputs["path"]));
    assert!(Command::new(&run.outputs["path"]).arg("--version").output().unwrap().status.success());

    // Another run has the archive from the cache, and needs no release.
    fs::remove_dir_all(runner.release(VERSION)).unwrap();
    assert_eq!(runner.run(&[("version", &format!("v{VERSION}"))]).outputs, run.outputs);
}

#[test]
fn an_archive_that_is_not_what_its_checksum_says_is_not_installed() {
    if !has_tools() {
        return;
    }
    let runner = Runner::new();
    runner.publish(VERSION, LINUX, &real());
    let archive = runner.release(VERSION).join(format!("ramtape-{VERSION}-{LINUX}.tar.gz"));
    let good = fs::read(&archive).unwrap();
    fs::write(&archive, [&good[..], b"\0"].concat()).unwrap();
    let told = format!(
        "ramtape-{VERSION}-{LINUX}.tar.gz is not what SHA256SUMS of release v{VERSION} says: it was not installed"
    );
    assert_eq!(runner.refusal(&[]), told);
    // It is not kept either.
    fs::write(&archive, good).unwrap();
    assert_eq!(runner.run(&[]).finished.code, Some(0));
    // What comes from a cache is checked too.
    let cached =
        runner.folder.path().join(format!("tools/ramtape/ramtape-{VERSION}-{LINUX}/ramtape-{VERSION}-{LINUX}.tar.gz"));
    fs::write(cached, "other").unwrap();
    assert_eq!(runner.refusal(&[]), told);
}

#[test]
fn what_cannot_be_installed_is_told() {
    if !has_tools() {
        return;
    }
    let mut runner = Runner::new();
    runner.publish("9.8.7", LINUX, "echo ramtape 9.8.6");
    runner.publish("9.8.8", LINUX, "echo 'no GLIBC_2.99' >&2; echo 'nor 3' >&2; exit 1");
    let refused = |runner: &Runner, version: &str, told: &str| {
        let refusal = runner.refusal(&[("version", version)]);
        assert!(refusal.starts_with(told), "{refusal}");
    };
    refused(&runner, "9.9.9", &format!("no release v9.9.9 at {}/releases/download: curl: (22)", runner.releases));
    refused(&runner, "latest", "the version is 'latest': give that of a release, such as 0.1.0");
    refused(&runner, "9.8.7", "release v9.8.7 holds another version: ramtape 9.8.6");
    refused(&runner, "9.8.8", "ramtape 9.8.8 does not start here: no GLIBC_2.99%0Anor 3");
    runner.system = ("Linux", "ARM64");
    refused(&runner, "9.8.7", "release v9.8.7 has no archive ramtape-9.8.7-aarch64-unknown-linux-gnu.tar.gz");
    for system in [("Windows", "X64"), ("Linux", "ARM")] {
        runner.system = system;
        refused(&runner, "9.8.7", &format!("there is no ramtape for {} on {}: ", system.0, system.1));
    }
    runner.system = ("Linux", "X64");
    runner.program("getconf", "exit 1");
    refused(&runner, "9.8.7", "ramtape needs glibc, which this container (Alpine?) does not have");
}

#[test]
fn a_command_replays_and_its_misses_are_annotated() {
    if !has_tools() {
        return;
    }
    let runner = Runner::new();
    runner.publish(VERSION, LINUX, &real());
    fs::create_dir(runner.folder.path().join("below")).unwrap();
    let flags = format!("--report junit ramtape.xml\n--cassette {}", root().join("cassettes/quickstart").display());
    let missing =
        "pwd\ncurl -sS -d '{\"resourceOwner\":\"OTHER-ACCOUNTS\"}' \"$AWS_ENDPOINT_URL_RAM/getresourceshares\"";
    let run = runner.run(&[("run", missing), ("flags", &flags), ("working-directory", "below")]);
    assert_eq!(run.finished.code, Some(3), "{:?}", run.finished);
    assert!(run.finished.stdout.lines().next().unwrap().ends_with("/below"), "{:?}", run.finished);
    assert!(run.finished.stderr.contains("\n::error title=ramtape miss%3A GetResourceShares::"), "{:?}", run.finished);
    assert!(run.summary.starts_with("### ramtape\n") && run.summary.contains("OTHER-ACCOUNTS"), "{}", run.summary);
    assert!(runner.folder.path().join("below/ramtape.xml").exists());
    // The command's lines are bash's, and the first that fails ends them.
    assert_eq!(runner.run(&[("run", "[[ a = a ]]\nfalse | cat\necho no")]).finished.code, Some(1));
    assert_eq!(runner.run(&[("run", "echo one && exit 0")]).finished.stdout, "one\n");
}

#[test]
fn the_manual_tells_of_the_actions_inputs() {
    let action = yaml::file("action.yml");
    let mut inputs: Vec<&str> = yaml::members(&action["inputs"]).into_iter().map(|(name, _)| name).collect();
    inputs.sort_unstable();
    let mut told: Vec<&str> =
        rows("docs/ci.md", "## GitHub Actions").into_iter().flat_map(|row| spans_in(row[0])).collect();
    told.sort_unstable();
    assert_eq!(told, inputs);
    let mut uses = 0;
    for block in blocks().iter().filter(|block| block.language == "yaml" && block.text.contains("OWNER/ramtape@v")) {
        assert!(block.text.contains(&format!("OWNER/ramtape@v{VERSION}\n")), "{}", block.text);
        for step in yaml::document(&block.text)["jobs"]["tests"]["steps"].as_vec().unwrap() {
            if step["uses"].as_str().is_some_and(|action| action.starts_with("OWNER/")) {
                uses += 1;
                assert!(yaml::members(&step["with"]).iter().all(|(name, _)| inputs.contains(name)), "{}", block.text);
            }
        }
    }
    assert_eq!(uses, 1);
}
