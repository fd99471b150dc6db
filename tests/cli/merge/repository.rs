//! A git repository with a cassette in it, and the runs that are recorded there.

use crate::support::binary::{Finished, folder, ramtape};
use crate::support::stage::{Asking, Ramtape, Stage};
use ramtape::config::RecordMode;
use serde_json::json;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) const LISTING: &str = "GetResourceShares";

/// What somebody does in a session: the bodies that came back.
pub(crate) type Run = Vec<String>;

/// The cassette `tape` in a repository of its own.
pub(crate) struct Repository {
    pub(crate) stage: Stage,
}

impl Repository {
    /// With one listing recorded and committed on `main`.
    pub(crate) async fn new() -> Self {
        let repository = Self { stage: Stage::new().await };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["config", "user.name", "A Tester"]);
        repository.git(&["config", "user.email", "tester@example.test"]);
        let ramtape = repository.stage.ramtape("tape", RecordMode::Once).await;
        list(&ramtape, None).await;
        ramtape.stop().await;
        repository.commit("the listing");
        repository
    }

    /// Sets the merge driver up with the lines that the manual gives.
    pub(crate) fn with_driver(self) -> Self {
        let page = include_str!("../../../docs/git.md");
        let block = page.split_once("<!-- tested: merge driver -->\n```sh\n").unwrap().1.split_once("```").unwrap().0;
        let done = self.shell(block);
        assert_eq!(done.code, Some(0), "{done:?}");
        self
    }

    /// Records a life of a share in `session`, on a new branch from `main`.
    pub(crate) async fn branch(&self, branch: &str, session: Option<&str>, share: &str) -> Run {
        self.git(&["checkout", "-q", "-b", branch, "main"]);
        let ramtape = self.stage.ramtape("tape", RecordMode::NewEpisodes).await;
        let run = live(&ramtape, session, share).await;
        let summary = ramtape.stop().await;
        assert!(summary.not_recorded.is_empty(), "{summary:?}");
        self.commit(branch);
        run
    }

    /// The same, replayed from what is in the work tree.
    pub(crate) async fn replay(&self, session: Option<&str>, share: &str) -> Run {
        let ramtape = self.stage.ramtape("tape", RecordMode::None).await;
        let run = live(&ramtape, session, share).await;
        let summary = ramtape.stop().await;
        assert_eq!((summary.missed, summary.damaged, summary.upstream_connections), (0, 0, 0), "{summary:?}");
        run
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// Runs git, and expects it to do well.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let done = self.try_git(arguments);
        assert_eq!(done.code, Some(0), "{arguments:?}: {done:?}");
        done.stdout
    }

    pub(crate) fn try_git(&self, arguments: &[&str]) -> Finished {
        Finished::from(self.command("git").args(arguments).output().unwrap())
    }

    pub(crate) fn shell(&self, lines: &str) -> Finished {
        Finished::from(self.command("sh").args(["-eu", "-c", lines]).output().unwrap())
    }

    /// `ramtape doctor`'s check of git: verdict and advice.
    pub(crate) fn doctor(&self) -> Option<(String, String)> {
        let mut command = ramtape(self.stage.folder());
        let done = Finished::from(command.args(["doctor", "--json", "--cassette", "tape"]).output().unwrap());
        let checks = done.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let check = checks.into_iter().find(|check| check["check"] == "git")?;
        Some((check["verdict"].as_str()?.to_owned(), check["advice"].as_str().unwrap_or_default().to_owned()))
    }

    /// `program` in the repository, which finds this ramtape and nobody's configuration.
    fn command(&self, program: &str) -> Command {
        let own = Path::new(env!("CARGO_BIN_EXE_ramtape")).parent().unwrap();
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path: OsString =
            std::env::join_paths([own.to_owned()].into_iter().chain(std::env::split_paths(&inherited))).unwrap();
        let mut command = Command::new(program);
        command.env_clear().env("PATH", path).env("HOME", self.stage.folder()).env("GIT_CONFIG_NOSYSTEM", "1");
        command.current_dir(self.stage.folder()).stdin(Stdio::null());
        command
    }
}

/// Creates a share, lists twice.
async fn live(ramtape: &Ramtape, session: Option<&str>, share: &str) -> Run {
    let mut run = Vec::new();
    let create = json!({ "name": share }).to_string();
    run.push(body(ramtape.ask("CreateResourceShare", create, asking(session)).await));
    run.push(list(ramtape, session).await);
    run.push(list(ramtape, session).await);
    run
}

async fn list(ramtape: &Ramtape, session: Option<&str>) -> String {
    body(ramtape.ask(LISTING, json!({ "resourceOwner": "SELF" }).to_string(), asking(session)).await)
}

fn asking(session: Option<&str>) -> Asking {
    session.map_or_else(Asking::default, Asking::session)
}

fn body(answer: crate::support::stage::Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Nothing of this folder is in a repository.
pub(crate) fn outside() -> tempfile::TempDir {
    folder()
}
