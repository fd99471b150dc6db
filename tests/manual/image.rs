//! The Dockerfile and the compose file of the manual: as much of them as can be run without Docker.

use crate::book::{blocks, root};
use crate::support::binary::{Finished, Server, folder, ramtape};
use crate::yaml;
use std::fs;
use std::net::TcpListener;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// An instruction of the Dockerfile, its lines joined.
struct Instruction {
    name: String,
    rest: String,
}

fn instructions() -> Vec<Instruction> {
    let file = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let instructions = joined.lines().filter(|line| !line.is_empty());
    instructions
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, rest)| Instruction { name: name.to_owned(), rest: rest.trim().to_owned() })
        .collect()
}

/// What the only instruction of this name says.
fn the(name: &str) -> String {
    let mut found = instructions().into_iter().filter(|instruction| instruction.name == name);
    let one = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "several {name}");
    one.rest
}

/// The list that an instruction in its exec form has.
fn exec_form(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap()
}

/// What a COPY of files of the repository copies, and where to.
fn copied(instruction: &Instruction) -> Option<(Vec<&str>, &str)> {
    let is_own = instruction.name == "COPY" && !instruction.rest.contains("--from=");
    let mut words: Vec<&str> = instruction.rest.split_whitespace().collect();
    let target = words.pop()?;
    is_own.then_some((words, target))
}

/// The environment that the image gives.
fn environment() -> Vec<(String, String)> {
    let pairs = the("ENV");
    pairs.split_whitespace().map(|pair| pair.split_once('=').unwrap()).map(|(a, b)| (a.into(), b.into())).collect()
}

#[test]
fn versions_are_those_of_the_crate_and_of_one_debian() {
    let froms: Vec<String> = instructions().into_iter().filter(|it| it.name == "FROM").map(|it| it.rest).collect();
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let rust = manifest["package"]["rust-version"].as_str().unwrap();
    // bookworm is Debian 12: what is linked to its glibc runs with it.
    assert_eq!(froms, [format!("rust:{rust}-bookworm AS build"), "gcr.io/distroless/cc-debian12:nonroot".to_owned()]);
    assert!(the("LABEL").contains(&format!("image.base.name=\"{}\"", froms[1])));
    assert!(the("LABEL").contains(&format!("image.licenses=\"{}\"", manifest["package"]["license"].as_str().unwrap())));
    assert_ne!(the("USER").split(':').next().unwrap().parse::<u32>().unwrap(), 0);
}

#[test]
fn what_is_copied_is_there_and_is_not_ignored() {
    let ignore = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let mut rules = ignore.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(rules.next(), Some("*"));
    let let_through: Vec<&str> = rules.map(|rule| rule.strip_prefix('!').unwrap()).collect();
    let instructions = instructions();
    let sources: Vec<&str> = instructions.iter().filter_map(copied).flat_map(|(sources, _)| sources).collect();
    assert!(sources.contains(&"src"), "{sources:?}");
    for source in &sources {
        assert!(root().join(source).exists(), "{source}");
        assert!(let_through.iter().any(|rule| Path::new(source).starts_with(rule)), "{source} is ignored");
    }
    for rule in let_through {
        assert!(sources.iter().any(|source| Path::new(source).starts_with(rule)), "nobody copies {rule}");
    }
}

/// Cargo takes the stubs of the first layer for the whole workspace, with the same Cargo.lock.
#[test]
fn the_layer_of_dependencies_can_be_built_without_the_sources() {
    let folder = folder();
    for instruction in &instructions() {
        if let Some((sources, target)) = copied(instruction) {
            for source in sources {
                let target = folder.path().join(target);
                fs::create_dir_all(&target).unwrap();
                fs::copy(root().join(source), target.join(Path::new(source).file_name().unwrap())).unwrap();
            }
        } else if instruction.name == "RUN" {
            let build = "cargo build --release --locked --bin ramtape";
            let lines =
                instruction.rest.replace(build, "cargo metadata --offline --locked --format-version 1 >resolved");
            assert_ne!(lines, instruction.rest);
            let stubs = Command::new("sh").args(["-euc", &lines]).current_dir(&folder).output().unwrap();
            assert!(stubs.status.success(), "{stubs:?}");
            let resolved = fs::read(folder.path().join("resolved")).unwrap();
            let resolved: serde_json::Value = serde_json::from_slice(&resolved).unwrap();
            let own =
                resolved["packages"].as_array().unwrap().iter().find(|package| package["name"] == "ramtape").unwrap();
            let kinds = own["targets"].as_array().unwrap().iter().map(|target| &target["kind"][0]);
            assert_eq!(kinds.filter(|kind| **kind == "lib" || **kind == "bin").count(), 2, "{own}");
            return;
        }
    }
    panic!("no RUN");
}

#[test]
fn what_the_sources_include_is_copied_too() {
    let instructions = instructions();
    let folders: Vec<&str> = instructions.iter().filter_map(copied).flat_map(|(sources, _)| sources).collect();
    let mut pending = vec![root().join("src")];
    let mut included = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for name in ["include_str!(\"", "include_bytes!(\""].iter().flat_map(|macro_| code.split(macro_).skip(1)) {
            let file = normal(&path.parent().unwrap().join(name.split('"').next().unwrap()));
            let file = file.strip_prefix(root()).unwrap();
            assert!(
                folders.iter().any(|folder| file.starts_with(folder)),
                "{} needs {}",
                path.display(),
                file.display()
            );
            included += 1;
        }
    }
    assert!(included >= 4);
}

/// `path` without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

/// A container of the image, without the container: its environment and its command line, with `/cassettes` as a folder of the test
/// and a port that is free.
struct Container {
    folder: tempfile::TempDir,
    port: u16,
}

impl Container {
    fn new() -> Self {
        let folder = folder();
        let quickstart = root().join("cassettes/quickstart");
        let copy = Command::new("cp").arg("-R").arg(quickstart).arg(folder.path().join("default")).status();
        assert!(copy.unwrap().success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { folder, port }
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = ramtape(self.folder.path());
        command.args(arguments).env_remove("HOME");
        for (name, value) in environment() {
            let value = value.replace("/cassettes", self.folder.path().to_str().unwrap());
            command.env(name, value.replace(&the("EXPOSE"), &self.port.to_string()));
        }
        command
    }

    /// Whether the health check of the image is content.
    fn is_healthy(&self) -> bool {
        let check = the("HEALTHCHECK");
        let check = exec_form(check.split_once(" CMD ").unwrap().1);
        assert_eq!(vec![check[0].clone()], exec_form(&the("ENTRYPOINT")));
        Finished::from(self.command(&check[1..]).output().unwrap()).code == Some(0)
    }
}

#[test]
fn a_container_replays_and_is_healthy_until_it_stops() {
    let container = Container::new();
    assert!(!container.is_healthy());
    let server = Server::start(&mut container.command(&exec_form(&the("CMD"))));
    assert!(server.url.ends_with(&format!(":{}", container.port)), "{}", server.url);
    assert!(container.is_healthy());
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("no cassette"), "{finished:?}");
    // What records has to say again that it may be reached.
    let recording = container.command(&["serve".into(), "--record-mode".into(), "all".into()]).output().unwrap();
    let refused = Finished::from(recording);
    assert!(refused.code == Some(2) && refused.stderr.contains("--allow-remote"), "{refused:?}");
}

#[test]
fn the_services_of_the_compose_file_are_healthy() {
    let block = blocks().into_iter().find(|block| block.text.starts_with("services:\n")).unwrap();
    let compose = yaml::document(&block.text);
    let services = yaml::members(&compose["services"]);
    let mut started = 0;
    for (name, service) in services {
        if service["image"].as_str() != Some("ramtape") {
            continue;
        }
        let container = Container::new();
        let arguments: Vec<String> = yaml::strings(&service["command"]).into_iter().map(str::to_owned).collect();
        let mut command = container.command(&arguments);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "none");
        let is_recording = !service["environment"]["RAMTAPE_KEY"].is_badvalue();
        if is_recording {
            // As `openssl rand -hex 16` makes it.
            command.env("RAMTAPE_KEY", "0123456789abcdef".repeat(2));
        }
        let server = Server::start(&mut command);
        assert_eq!(server.url.contains("/~0123456789abcdef"), is_recording, "{}", server.url);
        assert!(container.is_healthy(), "{name}");
        // The name that other containers know it by.
        assert!(arguments.windows(2).any(|pair| pair == ["--allow-host", name]), "{arguments:?}");
        assert_eq!(server.stop().code, Some(0));
        started += 1;
    }
    assert_eq!(started, 2);
}
