//! `ramtape run`: CMD's environment, signals and exit code.

use crate::support::binary::{Finished, file, folder, ramtape, ramtape_with_signals, run};
use crate::support::ctrf;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `env` under ramtape and gives what it saw.
fn environment(command: &mut Command) -> BTreeMap<String, String> {
    let finished = Finished::from(command.args(["--", "env"]).output().unwrap());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    finished.stdout.lines().filter_map(pair).collect()
}

/// `ramtape run --record-mode once` in `folder`, with `variables`.
fn run_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = ramtape(folder);
    command.arg("run").args(arguments).envs(variables.iter().copied());
    command
}

#[test]
fn cmds_code_is_the_exit_code() {
    let folder = folder();
    for code in [0, 1, 7, 255] {
        let finished = run(folder.path(), &["run", "--", "sh", "-c", &format!("exit {code}")]);
        assert_eq!(finished.code, Some(code), "{finished:?}");
    }
    let finished = run(folder.path(), &["run", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(finished.code, Some(128 + 15), "{finished:?}");
}

#[test]
fn cmd_inherits_the_standard_streams() {
    let folder = folder();
    let mut command = ramtape(folder.path());
    command.args(["run", "--", "sh", "-c", "cat; echo to-stderr >&2"]);
    std::fs::write(file(&folder, "in"), "from stdin").unwrap();
    command.stdin(std::fs::File::open(file(&folder, "in")).unwrap());
    let finished = Finished::from(command.output().unwrap());
    assert_eq!(finished.stdout, "from stdin", "stdout is CMD's alone");
    assert!(finished.stderr.contains("to-stderr"), "{}", finished.stderr);
}

#[test]
fn a_cmd_that_cannot_be_started_is_reported_as_a_shell_does() {
    let folder = folder();
    let absent = run(folder.path(), &["run", "--", "no-such-command-anywhere"]);
    assert_eq!(absent.code, Some(127));
    assert!(absent.stderr.contains("cannot start no-such-command-anywhere"), "{}", absent.stderr);
    let plain = file(&folder, "plain");
    std::fs::write(&plain, "text").unwrap();
    let denied = run(folder.path(), &["run", "--", plain.to_str().unwrap()]);
    assert_eq!(denied.code, Some(126));
    assert!(denied.stderr.contains("plain"), "{}", denied.stderr);
}

#[test]
fn a_cmd_that_sends_nothing_gets_the_likely_causes() {
    let folder = folder();
    let finished = run(folder.path(), &["-q", "run", "--", "true"]);
    for part in ["sent nothing", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ENDPOINT_URL_RAM", "other services"] {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
}

#[test]
fn recording_points_cmd_at_the_proxy_and_keeps_its_account() {
    let folder = folder();
    let variables = [("AWS_PROFILE", "mine"), ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("NO_PROXY", "corp.test")];
    let seen = environment(&mut run_in(folder.path(), &["--record-mode", "all"], &variables));
    assert!(seen["AWS_ENDPOINT_URL_RAM"].starts_with("http://127.0.0.1:"), "{seen:?}");
    assert!(seen["AWS_ENDPOINT_URL_RAM"].contains("/~key-"), "{seen:?}");
    assert_eq!((seen["AWS_PROFILE"].as_str(), seen["AWS_ACCESS_KEY_ID"].as_str()), ("mine", "AKIDEXAMPLE"));
    assert_eq!(seen["NO_PROXY"], "corp.test,127.0.0.1,localhost,::1,[::1],127.0.0.0/8");
    assert_eq!(seen["no_proxy"], seen["NO_PROXY"]);
    assert!(!seen.contains_key("AWS_CONFIG_FILE"));
}

#[test]
fn a_fixed_key_is_in_the_address() {
    let folder = folder();
    let key = "0123456789abcdefghijklmn";
    let seen = environment(&mut run_in(folder.path(), &["--record-mode", "all"], &[("RAMTAPE_KEY", key)]));
    assert!(seen["AWS_ENDPOINT_URL_RAM"].ends_with(&format!("/~{key}")), "{seen:?}");
}

#[test]
fn replaying_gives_cmd_nothing_of_an_account() {
    let folder = folder();
    let variables = [
        ("AWS_PROFILE", "mine"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "mine"),
        ("AWS_SESSION_TOKEN", "mine"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "mine"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("RAMTAPE_REGION", "eu-central-1"),
    ];
    let seen = environment(&mut run_in(folder.path(), &["--record-mode", "none"], &variables));
    assert!(seen.values().all(|value| value != "mine" && value != "AKIDEXAMPLE"), "{seen:?}");
    assert_eq!((seen["AWS_REGION"].as_str(), seen["AWS_DEFAULT_REGION"].as_str()), ("eu-central-1", "eu-central-1"));
    assert_eq!(seen["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"], "false");
    assert!(!seen["AWS_ENDPOINT_URL_RAM"].contains('~'), "no key is needed: {seen:?}");
    assert!(!Path::new(&seen["AWS_CONFIG_FILE"]).exists(), "the temporary files are gone");

    let kept = environment(&mut run_in(folder.path(), &["--record-mode", "none", "--keep-env"], &variables));
    assert_eq!(kept["AWS_PROFILE"], "mine");
    assert!(kept.contains_key("AWS_ENDPOINT_URL_RAM") && !kept.contains_key("AWS_CONFIG_FILE"));
}

#[test]
fn cmd_can_read_the_temporary_aws_files() {
    let folder = folder();
    let script = "cat \"$AWS_CONFIG_FILE\" \"$AWS_SHARED_CREDENTIALS_FILE\"";
    let finished = run(folder.path(), &["run", "--record-mode", "none", "--", "sh", "-c", script]);
    let expected = "[default]\n[default]\naws_access_key_id = ramtape\naws_secret_access_key = ramtape\n";
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), expected));
}

#[test]
fn ci_replays_unless_a_mode_was_given_anywhere() {
    let replays = |arguments: &[&str], variables: &[(&str, &str)], file_text: &str| {
        let folder = folder();
        std::fs::write(file(&folder, "ramtape.toml"), file_text).unwrap();
        let seen = environment(&mut run_in(folder.path(), arguments, variables));
        !seen["AWS_ENDPOINT_URL_RAM"].contains('~')
    };
    let ci = [("CI", "1")];
    assert!(!replays(&[], &[], ""));
    assert!(replays(&[], &ci, ""));
    assert!(!replays(&["--record-mode", "once"], &ci, ""));
    assert!(!replays(&[], &[("CI", "1"), ("RAMTAPE_RECORD_MODE", "once")], ""));
    assert!(!replays(&[], &ci, "record_mode = 'once'"));
}

#[test]
fn signals_reach_cmd_and_its_exit_code_counts() {
    for (name, code) in [("TERM", 41), ("INT", 42), ("HUP", 43), ("QUIT", 44)] {
        let folder = folder();
        // A shell that waits in `read` can miss a signal that comes right before: it sleeps, and looks in between.
        let script = "trap 'exit 41' TERM; trap 'exit 42' INT; trap 'exit 43' HUP; trap 'exit 44' QUIT
            echo ready; n=0; while [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done";
        let mut command = ramtape_with_signals(folder.path());
        // A group in the background: no terminal's keyboard could have sent the signal to CMD as well.
        command.process_group(0).args(["run", "--", "sh", "-c", script]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        crate::support::binary::signal(child.id(), name);
        let finished = Finished::from(child.wait_with_output().unwrap());
        assert_eq!(finished.code, Some(code), "{name}: {finished:?}");
    }
}

#[test]
fn an_ignored_signal_stays_ignored_for_cmd() {
    let folder = folder();
    let ramtape = ramtape(folder.path());
    let script = "trap '' HUP; exec \"$0\" run -- sh -c 'kill -HUP $$; echo alive'";
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(ramtape.get_program());
    shell.env_clear().envs(ramtape.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(folder.path());
    let finished = Finished::from(shell.output().unwrap());
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "alive\n"), "{}", finished.stderr);
}

#[test]
fn reports_are_written_at_the_end() {
    let folder = folder();
    let reports = ["--report", "junit", "out.xml", "--report", "json", "out.json", "--report", "ctrf", "out.ctrf.json"];
    assert_eq!(run(folder.path(), &[&["run"], &reports[..], &["--", "true"]].concat()).code, Some(0));
    assert!(std::fs::read_to_string(file(&folder, "out.xml")).unwrap().contains("failures=\"0\""));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file(&folder, "out.json")).unwrap()).unwrap();
    assert_eq!(json["missed"], 0);
    let summary = &ctrf::read(&file(&folder, "out.ctrf.json"))["results"]["summary"];
    assert_eq!((&summary["passed"], &summary["failed"]), (&1.into(), &0.into()), "{summary}");
    assert!(summary["start"].as_u64() > Some(1_700_000_000_000), "milliseconds since 1970: {summary}");
    assert!(summary["stop"].as_u64() >= summary["start"].as_u64(), "{summary}");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_cmds_code_wins() {
    let folder = folder();
    let finished = run(folder.path(), &["run", "--report", "json", "no/such/folder/x", "--", "true"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("no/such/folder/x"), "{}", finished.stderr);
    let finished = run(folder.path(), &["run", "--report", "json", "no/such/folder/x", "--", "false"]);
    assert_eq!(finished.code, Some(1));
    let finished = run(folder.path(), &["run", "--report", "json", "no/such/folder/x", "--", "sh", "-c", "exit 9"]);
    assert_eq!(finished.code, Some(9));
    assert!(finished.stderr.contains("no/such/folder/x"), "{}", finished.stderr);
}

#[test]
fn the_next_run_removes_temporary_files_of_a_killed_one() {
    let folder = folder();
    let temporary = file(&folder, "tmp");
    std::fs::create_dir(&temporary).unwrap();
    let start = |cmd: &str| {
        let mut command = ramtape(folder.path());
        command.args(["run", "--record-mode", "none", "--", "sh", "-c", cmd]).env("TMPDIR", &temporary);
        command
    };
    let left = || std::fs::read_dir(&temporary).unwrap().count();
    let mut killed = start("echo ready; exec sleep 60").stdout(Stdio::piped()).process_group(0).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(killed.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    // While it runs, another run leaves it what it has.
    assert_eq!(Finished::from(start("exit 0").output().unwrap()).code, Some(0));
    assert_eq!(left(), 1);
    let group = rustix::process::Pid::from_raw(i32::try_from(killed.id()).unwrap()).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    killed.wait().unwrap();
    assert_eq!(left(), 1, "nobody could take it away yet");
    assert_eq!(Finished::from(start("exit 0").output().unwrap()).code, Some(0));
    assert_eq!(left(), 0);
}

#[test]
fn a_recording_that_got_nothing_leaves_no_cassette() {
    let folder = folder();
    for mode in ["once", "new_episodes", "all"] {
        let finished = run(folder.path(), &["run", "--record-mode", mode, "--", "true"]);
        assert!(finished.stderr.contains("recording"), "{finished:?}");
        assert!(!file(&folder, "cassettes/default").exists(), "{mode}");
    }
    // What was there before stays: a file of somebody's, rules that somebody wrote.
    let own = file(&folder, "cassettes/own");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join(".gitignore"), "mine\n").unwrap();
    run(folder.path(), &["run", "--record-mode", "all", "--cassette", "cassettes/own", "--", "true"]);
    assert_eq!(std::fs::read_to_string(own.join(".gitignore")).unwrap(), "mine\n");
    let written = "mkdir -p cassettes/cmd && echo mine >> cassettes/cmd/.gitignore";
    run(folder.path(), &["run", "--record-mode", "all", "--cassette", "cassettes/cmd", "--", "sh", "-c", written]);
    assert!(std::fs::read_to_string(file(&folder, "cassettes/cmd/.gitignore")).unwrap().ends_with("mine\n"));
    let kept = file(&folder, "cassettes/default");
    std::fs::create_dir_all(&kept).unwrap();
    let rules = "{\n  \"ramtape\": \"2.0\",\n  \"service\": \"ram\",\n  \"redaction\": {\n    \"rules\": []\n  }\n}\n";
    std::fs::write(kept.join("cassette.json"), rules).unwrap();
    run(folder.path(), &["run", "--record-mode", "all", "--", "true"]);
    assert_eq!(std::fs::read_to_string(kept.join("cassette.json")).unwrap(), rules);
}
