//! `.github`, `.ci` and xtask: the files can be read, and what they name exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The only document of a file.
fn yaml(path: &Path) -> Yaml {
    let documents = YamlLoader::load_from_str(&fs::read_to_string(path).unwrap());
    let mut documents = documents.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(documents.len(), 1, "{}", path.display());
    documents.remove(0)
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "yml")).collect()
}

/// Every step of every job of every workflow, and of the action.
fn steps() -> Vec<Yaml> {
    let mut steps = yaml(&root().join("action.yml"))["runs"]["steps"].as_vec().unwrap().clone();
    for file in yaml_files(".github/workflows") {
        for job in yaml(&file)["jobs"].as_hash().unwrap().values() {
            steps.extend(job["steps"].as_vec().unwrap().iter().cloned());
        }
    }
    assert!(steps.len() > 10);
    steps
}

/// The values of `key` in all steps that have it.
fn values(key: &str) -> Vec<String> {
    steps().iter().filter_map(|step| step[key].as_str().map(str::to_owned)).collect()
}

/// The strings of an array of xtask's, by its name.
fn xtask_strings(name: &str) -> BTreeSet<String> {
    let source = read("xtask/src/main.rs");
    let (_, rest) = source.split_once(&format!("const {name}: &[&str] = &[")).unwrap();
    let (strings, _) = rest.split_once("];").unwrap();
    strings.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_template_and_workflow_is_yaml() {
    for file in yaml_files(".github/ISSUE_TEMPLATE") {
        assert!(yaml(&file).as_hash().is_some(), "{}", file.display());
    }
    for file in yaml_files(".github/workflows") {
        let workflow = yaml(&file);
        assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"), "{}", file.display());
        assert!(workflow["on"].as_hash().is_some(), "{}", file.display());
    }
}

#[test]
fn actions_are_pinned_to_a_commit() {
    for action in values("uses") {
        let (_, commit) = action.split_once('@').unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
    }
}

#[test]
fn scripts_and_xtask_commands_that_workflows_run_exist() {
    let commands = read("xtask/src/main.rs");
    let runs = values("run").join("\n");
    let words: Vec<&str> = runs.split_whitespace().collect();
    let scripts = words.iter().filter_map(|word| word.find(".ci/").map(|at| word[at..].trim_end_matches('"')));
    let scripts: BTreeSet<&str> = scripts.collect();
    assert!(scripts.len() >= 7, "{words:?}");
    for script in scripts {
        assert!(root().join(script).is_file(), "{script}");
    }
    for command in words.windows(3).filter(|words| words[..2] == ["cargo", "xtask"]).map(|words| words[2]) {
        assert!(commands.contains(&format!("[\"{command}\"")), "{command}");
    }
}

#[test]
fn files_that_caches_depend_on_exist() {
    let mut hashed = 0;
    for step in steps() {
        let Some((_, rest)) = step["with"]["key"].as_str().and_then(|key| key.split_once("hashFiles(")) else {
            continue;
        };
        for file in rest.split('\'').skip(1).step_by(2) {
            assert!(root().join(file).is_file(), "{file}");
            hashed += 1;
        }
    }
    assert!(hashed > 2);
}

#[test]
fn releases_are_built_for_targets_that_rust_has() {
    let known = Command::new("rustc").args(["--print", "target-list"]).output().unwrap();
    let known = String::from_utf8(known.stdout).unwrap();
    let release = yaml(&root().join(".github/workflows/release.yml"));
    let builds = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_vec().unwrap();
    assert_eq!(builds.len(), 4);
    for build in builds {
        let target = build["target"].as_str().unwrap();
        assert!(known.lines().any(|line| line == target), "{target}");
    }
}

#[test]
fn nextest_and_cargo_test_leave_out_the_same_for_quick() {
    let config: toml::Table = read(".config/nextest.toml").parse().unwrap();
    let filter = config["profile"]["quick"]["default-filter"].as_str().unwrap();
    let mut named = BTreeSet::new();
    for pattern in filter.split("test(/^").skip(1) {
        let (pattern, _) = pattern.split_once("/)").unwrap();
        match pattern.split_once('(') {
            None => drop(named.insert(pattern.to_owned())),
            Some((before, rest)) => {
                let (names, after) = rest.split_once(')').unwrap();
                named.extend(names.split('|').map(|name| format!("{before}{name}{after}")));
            }
        }
    }
    assert_eq!(named, xtask_strings("QUICK"));
    let guide = read("CONTRIBUTING.md");
    for name in &named {
        assert!(guide.contains(&format!("--skip {name}")), "{name}");
    }
}

#[test]
fn the_changelog_names_the_format_that_is_written() {
    let version = ramtape::cassette::VERSION;
    assert!(read("CHANGELOG.md").contains(&format!("\n| {version} |")), "{version}");
}
