//! A checkout of a repository whose cassette is kept in an object store.

use crate::support::archive::archive;
use crate::support::binary::{Finished, ramtape};
use crate::support::cassette::copy_text;
use crate::support::object_server::ObjectServer;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// An entry of the cassette, and another.
pub(super) const ENTRY: &str = "get-resource-shares/itbgaowcfdyeqtpg.json";
pub(super) const OTHER: &str = "list-resource-types/3dom434vbyhusszh.json";

pub(super) struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// A repository with a recorded cassette that nobody has pushed, and a `ramtape.toml` that names `server`.
    pub(super) fn new(server: &ObjectServer) -> Self {
        let checkout = Self { folder: tempfile::tempdir().unwrap() };
        checkout.git(&["init", "-q", "-b", "main"]);
        checkout.set_user();
        fs::write(
            checkout.path("ramtape.toml"),
            format!("[remote]\nurl = \"s3://takes/team\"\nendpoint = \"{}\"\n", server.url),
        )
        .unwrap();
        copy_text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cassettes/quickstart"), &checkout.cassette());
        checkout
    }

    /// The same, pushed and committed.
    pub(super) fn pushed(server: &ObjectServer) -> Self {
        let checkout = Self::new(server);
        checkout.ramtape(&["push"]).success();
        checkout.commit("one");
        server.take_requests();
        checkout
    }

    pub(super) fn clone_repository(&self) -> Self {
        let clone = Self { folder: tempfile::tempdir().unwrap() };
        clone.git(&["clone", "-q", self.path("").to_str().unwrap(), "."]);
        clone.set_user();
        clone
    }

    fn set_user(&self) {
        self.git(&["config", "user.name", "A Tester"]);
        self.git(&["config", "user.email", "tester@example.test"]);
    }

    /// Sets the merge driver up as the manual says.
    pub(super) fn with_driver(self) -> Self {
        let driver = format!("{} merge-file %O %A %B %P", env!("CARGO_BIN_EXE_ramtape"));
        self.git(&["config", "merge.ramtape.driver", &driver]);
        self
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn cassette(&self) -> PathBuf {
        self.path("cassettes/default")
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ramtape(self.folder.path());
        command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
        command.args(arguments);
        command
    }

    pub(super) fn ramtape(&self, arguments: &[&str]) -> Finished {
        Finished::from(self.command(arguments).output().unwrap())
    }

    pub(super) fn try_git(&self, arguments: &[&str]) -> Finished {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").args(arguments).current_dir(self.folder.path());
        Finished::from(git.output().unwrap())
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments).success().stdout
    }

    pub(super) fn commit(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", subject]);
    }

    /// The cassette's files, but for the store.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.cassette(), "", &mut files);
        files
    }

    pub(super) fn lock(&self) -> String {
        fs::read_to_string(self.path("cassettes.lock")).unwrap()
    }

    /// Changes what an answer says.
    pub(super) fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.cassette().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Adds a take that `session` recorded to [`ENTRY`].
    pub(super) fn add_take(&self, session: &str) {
        let page =
            r#"{ "status": 400, "headers": { "content-type": "application/json" }, "body": { "message": "SAID" } }"#;
        let take = format!(r#""takes": [ {{ "session": "{session}", "pages": [ {page} ] }},"#);
        self.edit(ENTRY, r#""takes": ["#, &take.replace("SAID", &format!("recorded by {session}")));
    }

    /// Records a request that nobody has recorded, as far as a file is concerned.
    pub(super) fn add_entry(&self, number: usize) -> String {
        let other = tempfile::tempdir().unwrap();
        let har = other.path().join("x.har");
        let asked = format!(r#"{{"resourceOwner":"SELF","name":"share-{number}"}}"#);
        fs::write(&har, archive([(asked, r#"{"resourceShares":[]}"#.to_owned())])).unwrap();
        let imported = self.ramtape(&["import", har.to_str().unwrap()]);
        assert_eq!(imported.code, Some(0), "{imported:?}");
        format!("request-{number}")
    }

    /// The states that `status` prints.
    pub(super) fn status(&self) -> BTreeMap<String, String> {
        let status = self.ramtape(&["status"]).success();
        let line =
            |line: &str| line.split_once(' ').map(|(state, name)| (name.trim().to_owned(), state.to_owned())).unwrap();
        status.stdout.lines().map(line).collect()
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        match entry.path().is_dir() {
            _ if name.starts_with('.') => {}
            true => collect(&entry.path(), &format!("{prefix}{name}/"), files),
            false => drop(files.insert(format!("{prefix}{name}"), fs::read(entry.path()).unwrap())),
        }
    }
}
