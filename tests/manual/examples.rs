//! What README.md and the manual tell people to type, typed: in a folder of its own, with the simulated endpoint, and without it.

use crate::book::{blocks, marked, page, root, spans_of};
use crate::rust_client;
use crate::support::binary::{Finished, Server, folder};
use crate::support::clients::Moto;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The ports in the pages' lines, of the endpoint and of a server; here the system chooses them.
const PORT: &str = "4599";
const SERVER_PORT: &str = "8181";
/// Where moto is in the pages' lines.
const MOTO: &str = "http://127.0.0.1:5000";
/// Where the test is to write what its Rust client lists: set where this process is that client.
const RUST_CLIENT: &str = "RAMTAPE_TEST_RUST_CLIENT";

/// Somebody who reads the manual: a folder with the files that it gives, and a terminal.
pub(crate) struct Reader {
    pub(crate) folder: TempDir,
    path: OsString,
}

impl Reader {
    /// With `programs` before what `PATH` holds.
    pub(crate) fn new(programs: Option<PathBuf>) -> Self {
        let folder = folder();
        for block in blocks() {
            if let Some((_, name)) = block.mark.and_then(|mark| mark.split_once(" file ")) {
                std::fs::write(folder.path().join(name), &block.text).unwrap();
            }
        }
        let own = Path::new(env!("CARGO_BIN_EXE_ramtape")).parent().unwrap().to_owned();
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = [own].into_iter().chain(programs).chain(std::env::split_paths(&inherited));
        let path = std::env::join_paths(folders).unwrap();
        Self { folder, path }
    }

    fn shell(&self, lines: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-eu", "-c", lines]).current_dir(self.folder.path()).stdin(Stdio::null()).env_clear();
        command.env("PATH", &self.path).env("HOME", self.folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        // The output is not all ASCII.
        command.env("LANG", "C.UTF-8").env("PYTHONUTF8", "1");
        command
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let server = self.server(&marked("endpoint").replace(PORT, "0"));
        Endpoint { port: port(&server), server }
    }

    /// Types `line`, which starts a server.
    fn server(&self, line: &str) -> Server {
        Server::start(&mut self.shell(&format!("exec {line}")))
    }

    /// Types `lines` and expects them to do well.
    pub(crate) fn types(&self, lines: &str) -> Finished {
        let finished = Finished::from(self.shell(lines).output().unwrap());
        assert_eq!(finished.code, Some(0), "{lines}\n{finished:?}");
        finished
    }

    /// Types the block of `client` with the endpoint up, and again without it and without any keys: the output is the same.
    fn both(&self, client: &str) -> String {
        let block = marked(&format!("{client} both"));
        let endpoint = self.endpoint();
        let recorded = self.types(&endpoint.lines(&[&marked("setup"), &block]));
        endpoint.stop();
        let replayed = self.types(&block);
        assert_eq!(recorded.stdout, replayed.stdout);
        assert!(recorded.stderr.contains("0 replayed, 2 recorded, 0 missed"), "{recorded:?}");
        assert!(replayed.stderr.contains("2 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{replayed:?}");
        replayed.stdout
    }
}

/// `ramtape demo --endpoint`, as the README starts it.
pub(crate) struct Endpoint {
    server: Server,
    port: String,
}

impl Endpoint {
    /// Blocks, one after the other, with this endpoint's port.
    pub(crate) fn lines(&self, blocks: &[&str]) -> String {
        blocks.concat().replace(PORT, &self.port)
    }

    pub(crate) fn stop(self) {
        assert_eq!(self.server.stop().code, Some(0));
    }
}

/// The port that a server chose.
fn port(server: &Server) -> String {
    server.authority().rsplit(':').next().unwrap().to_owned()
}

/// Where `python` and the AWS CLI are.
pub(crate) fn python() -> Option<PathBuf> {
    crate::support::clients::python().map(|python| python.parent().unwrap().to_owned())
}

#[test]
fn the_first_recording() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    let endpoint = reader.endpoint();
    let recorded = reader.types(&endpoint.lines(&[&marked("setup"), &marked("boto3 record")]));
    endpoint.stop();
    let replayed =
        reader.types(&marked("setup").lines().chain(marked("boto3 replay").lines()).collect::<Vec<_>>().join("\n"));
    assert_eq!(recorded.stdout, replayed.stdout);
    assert!(recorded.stdout.lines().count() > 5, "{recorded:?}");

    let promised: Vec<&str> =
        spans_of(page("docs/getting-started.md")).into_iter().filter(|span| span.contains(" replayed, ")).collect();
    let [of_recording, of_replaying] = promised.as_slice() else { panic!("{promised:?}") };
    let told = |first: &str, last: &str| format!("ramtape: {first} cassettes/default (once: it {last}");
    assert_eq!(recorded.stderr.trim_end(), told("recording into", &format!("is empty)\nramtape: {of_recording}")));
    // How much time was saved is another each time.
    let ending = told("replaying", &format!("has takes)\nramtape: {of_replaying}"));
    assert!(replayed.stderr.starts_with(&ending), "{replayed:?}");

    let shown = reader.types(&marked("boto3 look")).stdout;
    assert!(shown.starts_with("GetResourceShares") && shown.contains("fingerprint"), "{shown}");

    let miss = "sed s/SELF/OTHER-ACCOUNTS/ list_shares.py > other.py; ramtape run -- python other.py";
    let missed = Finished::from(reader.shell(miss).output().unwrap());
    assert_eq!(missed.code, Some(1), "{missed:?}");
    assert!(missed.stderr.contains(marked("miss").trim_end()), "{missed:?}");
    // As the manual says, a miss that CMD swallows is not lost.
    let swallowed = reader.shell("ramtape run -- sh -c 'python other.py || true'").output().unwrap();
    assert_eq!(swallowed.status.code(), Some(3));
    let explained = reader.types(&marked("explain")).stdout;
    let (missed, answered) = explained.split_once("To see the nearest recorded request: ramtape show ").unwrap();
    assert!(missed.contains("+ /resourceOwner: \"OTHER-ACCOUNTS\""), "{explained}");
    assert!(answered.contains("Take 1 of 1 answers."), "{explained}");

    let server = reader.server(&marked("server").replace(SERVER_PORT, "0"));
    let listed = reader.types(&marked("its client").replace(SERVER_PORT, &port(&server))).stdout;
    assert_eq!(listed.matches("\"resourceShareArn\"").count(), recorded.stdout.lines().count(), "{listed}");
    assert!(server.stop().stderr.contains("2 replayed, 0 recorded, 0 missed"));
}

#[test]
fn the_aws_cli() {
    let Some(programs) = python() else { return };
    assert!(Reader::new(Some(programs)).both("cli").split_whitespace().count() > 5);
}

#[test]
fn a_named_session() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    reader.both("session");
    let shown = reader.types("ramtape show --cassette cassettes/session GetResourceShares").stdout;
    assert!(shown.contains("test_list"), "{shown}");
}

#[test]
fn an_http_proxy() {
    let Some(programs) = python() else { return };
    assert!(Reader::new(Some(programs)).both("proxy").lines().count() > 5);
}

#[test]
fn an_https_proxy() {
    let Some(programs) = python() else { return };
    assert!(Reader::new(Some(programs)).both("intercept").lines().count() > 5);
}

#[test]
fn random_names_and_polls() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    let endpoint = reader.endpoint();
    let recorded = reader.types(&endpoint.lines(&[&marked("setup"), &marked("random record")]));
    endpoint.stop();
    assert!(recorded.stderr.contains("0 replayed, 4 recorded, 0 missed"), "{recorded:?}");
    let replayed = reader.types(&marked("random replay"));
    assert!(replayed.stderr.contains("4 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{replayed:?}");
    // One poll instead of two.
    let finally = reader.types(&marked("poll"));
    assert!(finally.stderr.contains("3 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{finally:?}");
    assert!([&replayed, &finally].iter().all(|it| it.stdout == recorded.stdout), "{recorded:?}");
}

#[test]
fn recorded_variables() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    // The section says that they need no volatile member.
    std::fs::remove_file(reader.folder.path().join("ramtape.toml")).unwrap();
    let endpoint = reader.endpoint();
    let recorded = reader.types(&endpoint.lines(&[&marked("setup"), &marked("variables record")]));
    let names: Vec<&str> = recorded.stdout.lines().collect();
    let [suffix, derived] = names.as_slice() else { panic!("{recorded:?}") };
    assert_eq!(*derived, format!("team-{suffix}-other"));
    let replayed = reader.types(&marked("variables replay"));
    let shown =
        format!("variables of callers without a session, in cassettes/variables/variables.json\nSUFFIX={suffix}\n");
    assert_eq!(replayed.stdout, format!("{}{shown}", recorded.stdout));
    assert!(replayed.stderr.contains("2 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{replayed:?}");

    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: curl is not installed");
        return;
    }
    std::fs::write(reader.folder.path().join("post.sh"), marked("variables post")).unwrap();
    let run = "ramtape run --cassette cassettes/post --upstream http://127.0.0.1:4599 -- sh post.sh; sed -i s/abc/xyz/ post.sh\n";
    let replay = "ramtape run --cassette cassettes/post --record-mode none -- sh post.sh";
    let told = reader.types(&endpoint.lines(&[&marked("setup"), run, replay]));
    assert_eq!(told.stdout, "{\"SUFFIX\":\"abc\"}".repeat(2));
    endpoint.stop();
}

#[test]
fn several_services() {
    let Some(programs) = python() else { return };
    let moto = Moto::start(&programs.join("python"));
    let reader = Reader::new(Some(programs));
    let record = marked("services record").replace(MOTO, &moto.url);
    let recorded = reader.types(&[marked("setup"), record].concat());
    assert!(recorded.stderr.contains("0 replayed, 4 recorded, 0 missed"), "{recorded:?}");
    drop(moto);
    let replayed = reader.types(&marked("services replay"));
    assert!(replayed.stderr.contains("4 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{replayed:?}");
    assert_eq!(recorded.stdout, replayed.stdout);
    assert!(recorded.stdout.starts_with("444455556666 ACTIVE arn:"), "{recorded:?}");

    let missed = reader.shell("ramtape run --cassette cassettes/services -- aws iam list-roles").output().unwrap();
    let missed = Finished::from(missed);
    assert!(missed.stderr.contains(marked("services miss").trim_end()), "{missed:?}");
}

#[test]
fn pruning() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    let endpoint = reader.endpoint();
    let other = "sed s/SELF/OTHER-ACCOUNTS/ list_shares.py > other.py\n\
                 ramtape run --record-mode new_episodes --upstream http://127.0.0.1:4599 -- python other.py\n";
    reader.types(&endpoint.lines(&[&marked("setup"), &marked("boto3 record"), other]));
    endpoint.stop();
    let requests = || reader.types("ramtape ls").stdout.lines().count();
    assert_eq!(requests(), 2);
    let pruned = reader.types(&marked("prune"));
    assert!(pruned.stderr.contains("1 take would be removed"), "{pruned:?}");
    assert!(pruned.stderr.contains("1 take removed"), "{pruned:?}");
    assert_eq!(requests(), 1);
}

#[test]
fn sharing() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    let endpoint = reader.endpoint();
    reader.types(&endpoint.lines(&[&marked("setup"), &marked("boto3 record")]));
    endpoint.stop();
    let store = reader.folder.path().join("store");
    let setup = format!(
        "export RAMTAPE_REMOTE_URL={} GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@example.test\n\
         export GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@example.test\n",
        store.display()
    );
    let pushed = reader.types(&format!("{setup}git init -q\n{}git status --porcelain", marked("sharing push")));
    assert!(pushed.stderr.contains("cassettes.lock names 2 files anew"), "{pushed:?}");
    assert!(!pushed.stdout.contains("cassettes/"), "{pushed:?}");
    // Not below: the reader's ramtape.toml would count there.
    let (elsewhere, block) = (folder(), marked("sharing clone"));
    let clone = elsewhere.path().display();
    let cloned = format!("{setup}git clone -q . {clone}/x\ncp list_shares.py {clone}/x\ncd {clone}/x\n{block}");
    let cloned = reader.types(&cloned);
    assert!(cloned.stderr.contains("pulled 2 files"), "{cloned:?}");
    assert!(cloned.stderr.contains("0 recorded, 0 missed"), "{cloned:?}");
    assert!(cloned.stderr.contains("cassettes/default: 2 files as cassettes.lock says"), "{cloned:?}");
}

#[test]
fn python_blocks_are_python() {
    let Some(programs) = python() else { return };
    let reader = Reader::new(Some(programs));
    for block in blocks().into_iter().filter(|block| block.language == "python") {
        std::fs::write(reader.folder.path().join("block.py"), &block.text).unwrap();
        reader.types("python -c 'import ast; ast.parse(open(\"block.py\", encoding=\"utf-8\").read())'");
    }
}

#[test]
fn the_javascript_sdk() {
    let Some(node) = crate::support::clients::node() else { return };
    let reader = Reader::new(None);
    std::os::unix::fs::symlink(node.modules.join("node_modules"), reader.folder.path().join("node_modules")).unwrap();
    assert!(reader.both("javascript").lines().count() > 5);
}

/// This test is two processes: the test itself, and, started by it below `ramtape run`, the client.
#[tokio::test]
async fn the_rust_sdk() {
    if let Some(answer) = std::env::var_os(RUST_CLIENT) {
        let printed = rust_client::list().await.unwrap();
        std::fs::write(answer, printed.join("\n")).unwrap();
        return;
    }
    assert_stands_in(&marked("rust"), include_str!("rust_client.rs"));

    let reader = Reader::new(None);
    let client = std::env::current_exe().unwrap();
    let run = |answer: &str| {
        format!(
            "export {RUST_CLIENT}={answer}\n\
             ramtape run --upstream http://127.0.0.1:{PORT} -- '{}' --exact examples::the_rust_sdk\n",
            client.display()
        )
    };
    let endpoint = reader.endpoint();
    reader.types(&endpoint.lines(&[&marked("setup"), &run("recorded")]));
    endpoint.stop();
    reader.types(&run("replayed"));
    let [recorded, replayed] =
        ["recorded", "replayed"].map(|name| std::fs::read_to_string(reader.folder.path().join(name)).unwrap());
    assert_eq!(recorded, replayed);
    assert!(recorded.lines().count() > 5, "{recorded}");
}

/// Asserts that the lines of `block` stand in `source`, a test, in this order.
pub(crate) fn assert_stands_in(block: &str, source: &str) {
    let mut rest = source;
    for line in block.lines() {
        let at = rest.find(line.trim()).unwrap_or_else(|| panic!("not what the test runs: {line}"));
        rest = &rest[at + line.trim().len()..];
    }
}

#[test]
fn every_mark_has_a_test() {
    let known = |mark: &str| {
        ["endpoint", "setup", "miss", "rust", "server", "its client", "boto3 record", "boto3 look", "boto3 replay"]
            .contains(&mark)
            || ["cli both", "javascript both", "session both", "proxy both", "intercept both"].contains(&mark)
            || ["random record", "random replay", "poll", "explain", "prune", "sharing push", "sharing clone"].contains(&mark)
            || ["services record", "services replay", "services miss"].contains(&mark)
            || ["variables record", "variables replay", "variables post"].contains(&mark)
            || ["rust guard", "rust config", "rust session", "rust variable"].contains(&mark)
            || ["npm vitest", "npm node"].contains(&mark)
            || ["first record", "first replay", "python pytest", "python program"].contains(&mark)
            // Typed by tests/merge, in a repository.
            || mark == "merge driver"
            || mark.contains(" file ")
            || mark.starts_with("text ")
    };
    for block in blocks() {
        assert!(block.mark.is_none_or(known), "{block:?}");
    }
    assert!(
        page("README.md").text.contains("cargo run --release -- demo\ncargo test\n")
            && root().join("Cargo.toml").exists()
    );
}
