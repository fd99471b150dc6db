//! `cargo xtask COMMAND`: what is done often, by one name.

use std::path::Path;
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask COMMAND
  quick [FILTER…]   the tests without real clients and without the slow ones
  test [FLAG…]      all tests, or those that the flags of `cargo test` name
  lint              format and lints
  docs              the documentation of the code, and of the manual where mdbook is installed
  bench             how fast replaying and recording are, and how that grows with the cassette
  ci                everything that must hold before a change lands";

/// What `cargo test` leaves out for `quick`; `.config/nextest.toml` says the same for nextest.
const QUICK: &[&str] = &[
    "attacks::addresses::",
    "attacks::browser::",
    "attacks::crowds::",
    "attacks::http2::",
    "attacks::offline::",
    "determinism::",
    "durability::cassette_crash::",
    "durability::interrupted::",
    "durability::killed::",
    "fuzz::",
    "replay_model::limits::",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["quick", filters @ ..] => quick(filters),
        ["test", flags @ ..] => cargo(&[&["test", "--locked"], flags].concat()),
        ["lint"] => {
            cargo(&["fmt", "--all", "--check"])
                && cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
        }
        ["docs"] => {
            cargo(&["doc", "--no-deps", "--locked", "--document-private-items"])
                && (!is_installed("mdbook") || run("mdbook", &["build", "docs"]))
        }
        ["bench"] => cargo(&["bench", "--locked"]),
        ["ci"] => run(".ci/run", &[]),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn quick(filters: &[&str]) -> bool {
    if is_installed("cargo-nextest") {
        return cargo(&[&["nextest", "run", "--locked", "--profile", "quick"], filters].concat());
    }
    let programs = ["test", "--locked", "--lib", "--test", "it", "--test", "cli", "--test", "safety", "--"];
    let skipped = QUICK.iter().flat_map(|name| ["--skip", name]);
    cargo(&programs.into_iter().chain(filters.iter().copied()).chain(skipped).collect::<Vec<_>>())
}

/// Runs cargo, at the root of the workspace.
fn cargo(arguments: &[&str]) -> bool {
    run(env!("CARGO"), arguments)
}

/// Runs a program at the root of the workspace; whether it ended well. Where it does not start, this says so.
fn run(program: &str, arguments: &[&str]) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match Command::new(program).args(arguments).current_dir(root).status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{program} does not start: {error}");
            false
        }
    }
}

fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}
