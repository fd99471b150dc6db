//! `ramtape run` in the foreground of a terminal.

use crate::support::binary::{folder, ramtape};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Counts interrupts until a line comes, says how many there were, and ends with 5.
const COUNTER: &str =
    "n=0; trap 'n=$((n+1))' INT; echo ready; until read -r line; do :; done; echo \"interrupts: $n\"; exit 5";

#[test]
fn an_interrupt_from_the_keyboard_reaches_cmd_once() {
    let folder = folder();
    let ramtape = ramtape(folder.path());
    std::fs::write(folder.path().join("count.sh"), COUNTER).unwrap();
    // `script` gives its command a terminal of its own, and not the signals that the tests were started to ignore.
    let line =
        format!("exec env --default-signal=INT '{}' -vv run -- sh count.sh", ramtape.get_program().to_str().unwrap());
    let mut terminal = Command::new("script");
    terminal.args(["-q", "-e", "-c", &line, "/dev/null"]).current_dir(folder.path());
    terminal.env_clear().envs(ramtape.get_envs().filter_map(|(name, value)| Some((name, value?))));
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = terminal.spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut wait_for = |text: &str| {
        let shown = screen.by_ref().map(|line| line.unwrap()).find(|line| line.contains(text));
        shown.unwrap_or_else(|| panic!("the terminal never showed {text:?}"))
    };
    wait_for("ready");
    keyboard.write_all(b"\x03").unwrap();
    // What ramtape makes of its own copy of the signal, before CMD is asked how many it got.
    let made_of_it = wait_for("signal=");
    keyboard.write_all(b"go\n").unwrap();
    assert!(wait_for("interrupts: ").contains("interrupts: 1"), "{made_of_it}");
    assert!(made_of_it.contains("left to the terminal"), "{made_of_it}");
    assert_eq!(child.wait().unwrap().code(), Some(5));
}
