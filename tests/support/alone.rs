//! Tests that need a process of their own: they change what the whole process has one of.

use std::env;
use std::process::Command;

const ALONE: &str = "RAMTAPE_TEST_ALONE";

/// Whether the running test has its process to itself. If not, the test is run again in a process of its own, and this fails
/// where that fails; the caller then returns. `module` is its `module_path!()`.
pub(crate) fn is_alone(module: &str, test: &str) -> bool {
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", &test_path(module, test), "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    false
}

/// The name by which this program runs `test` of `module`, a `module_path!()`.
pub(crate) fn test_path(module: &str, test: &str) -> String {
    let (_program, module) = module.split_once("::").unwrap();
    format!("{module}::{test}")
}
