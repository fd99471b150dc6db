//! What the command line says and refuses, before any proxy starts.

use crate::support::binary::{file, folder, ramtape, run};

#[test]
fn help_documents_every_exit_code_and_command() {
    let folder = folder();
    let help = run(folder.path(), &["--help"]);
    assert_eq!(help.code, Some(0));
    for part in ["0  success", "1  failed", "2  usage", "3  a miss", "4  a secret", "5  the cassette", "6  something"] {
        assert!(help.stdout.contains(part), "{part} in {}", help.stdout);
    }
    for command in
        ["run", "record", "replay", "serve", "demo", "ls", "show", "seal", "doctor", "health", "completions", "man"]
    {
        let help = run(folder.path(), &[command, "--help"]);
        assert_eq!(help.code, Some(0), "{command}");
        assert!(help.stdout.contains("Usage: ramtape"), "{command}");
        // Terminals are 100 columns wide at least; what is written by hand is not wrapped twice.
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 100), "{}", help.stdout);
    }
}

#[test]
fn usage_errors_exit_with_2() {
    let folder = folder();
    for arguments in [
        &["bogus"][..],
        &[],
        &["run"],
        &["replay", "--listen", "nowhere"],
        &["serve"],
        &["serve", "--record-mode", "sometimes"],
        &["replay", "--report", "html", "x"],
        &["replay", "--report", "junit"],
        &["replay", "--listen", "0.0.0.0:0"],
        &["replay", "--upstream", "example.test"],
        &["-q", "-v", "replay"],
        &["man", "bogus"],
    ] {
        let finished = run(folder.path(), arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(finished.stdout.is_empty() && !finished.stderr.is_empty(), "{arguments:?}: {finished:?}");
    }
}

#[test]
fn a_wrong_file_is_reported_with_place_and_accepted_keys() {
    let folder = folder();
    std::fs::write(file(&folder, "ramtape.toml"), "region = 'eu-west-1'\ncassete = 'x'\n").unwrap();
    let below = file(&folder, "below");
    std::fs::create_dir(&below).unwrap();
    let finished = run(&below, &["replay"]);
    assert_eq!(finished.code, Some(2));
    for part in ["ramtape: error: ", "ramtape.toml", "line 2", "cassete", "`cassette`", "`allowed_hosts`"] {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
}

#[test]
fn a_wrong_variable_is_named() {
    let folder = folder();
    for (name, value, part) in [
        ("RAMTAPE_RECORD_MODE", "sometimes", "new_episodes"),
        ("RAMTAPE_KEY", "too-short", "at least 22"),
        ("RAMTAPE_LIMITS_CONNECTIONS", "0", "at least 1"),
    ] {
        let finished = ramtape(folder.path()).arg("replay").env(name, value).output().unwrap();
        let finished = crate::support::binary::Finished::from(finished);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
        assert!(!finished.stderr.contains("too-short"), "a key is never shown: {}", finished.stderr);
    }
}

#[test]
fn a_misspelt_variable_is_mentioned() {
    let folder = folder();
    let output = ramtape(folder.path()).args(["man"]).env("RAMTAPE_CASSETE", "x").output().unwrap();
    let finished = crate::support::binary::Finished::from(output);
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("RAMTAPE_CASSETE"), "{}", finished.stderr);
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = run(folder.path(), &["completions", shell]);
        assert_eq!(finished.code, Some(0));
        assert!(finished.stdout.contains("record-mode"), "{shell}");
    }
    let page = run(folder.path(), &["man"]);
    assert!(page.stdout.contains(".TH ramtape 1") && page.stdout.contains("Exit codes"), "{}", page.stdout);
    assert!(run(folder.path(), &["man", "run"]).stdout.contains("keep\\-env"));
}

#[test]
fn a_closed_output_pipe_is_not_an_error() {
    let folder = folder();
    let mut command = ramtape(folder.path());
    let mut child = command.args(["completions", "bash"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_last_error_follows_the_log_format() {
    let folder = folder();
    // The second is of several lines.
    std::fs::write(file(&folder, "wrong.toml"), "cassete = 'x'\n").unwrap();
    let below = file(&folder, "below");
    std::fs::create_dir(&below).unwrap();
    std::fs::rename(file(&folder, "wrong.toml"), below.join("ramtape.toml")).unwrap();
    for (place, part) in [(folder.path(), "there is no cassette in nope"), (below.as_path(), "unknown field `cassete`")]
    {
        let finished = run(place, &["--log-format", "json", "ls", "--cassette", "nope"]);
        let lines: Vec<&str> = finished.stderr.lines().collect();
        let [line] = lines.as_slice() else { panic!("{finished:?}") };
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(object["level"] == "error" && object["message"].as_str().unwrap().contains(part), "{object}");
        let plain = run(place, &["ls", "--cassette", "nope"]);
        assert_eq!(plain.code, finished.code);
        assert!(plain.stderr.starts_with("ramtape: error: ") && plain.stderr.contains(part), "{plain:?}");
    }
}

#[test]
fn a_wrong_table_is_reported_with_its_file() {
    let folder = folder();
    let place = folder.path().canonicalize().unwrap().join("ramtape.toml");
    for (toml, part) in [
        ("[[redact.rules]]\nmember = 'a'\npointer = '/a'\n", "rule 1 of [[redact.rules]] cannot be used"),
        ("[[scan.allow]]\npattern = 'x'\n", "entry 1 of [[scan.allow]] cannot be used"),
        ("[operations.X]\nvolatile = 'a'\n", "[operations] or services cannot be used"),
        ("[actors.a]\naccount = 'x'\n", "[actors.a] cannot be used"),
    ] {
        std::fs::write(&place, toml).unwrap();
        let finished = run(folder.path(), &["replay"]);
        let told = format!("ramtape: error: {}: {part}", place.display());
        assert!(finished.code == Some(2) && finished.stderr.starts_with(&told), "{told} in {finished:?}");
    }
}
