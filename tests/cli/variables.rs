//! Recorded variables, and sessions that a whole run is given, through the real binary.

use crate::support::binary::{Finished, Server, file, folder, ramtape, run};
use crate::support::endpoint::{Endpoint, post, with_keys};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const OWN: &str = "{\"resourceOwner\":\"SELF\"}";

/// A client that a shell can be: bash speaks TCP. `ask PATH BODY` prints the body of the answer.
const CLIENT: &str = r#"
ask() {
  a=${AWS_ENDPOINT_URL_RAM#http://}; h=${a%%/*}; p=${a#"$h"}
  exec 3<>"/dev/tcp/${h%:*}/${h#*:}"
  printf 'POST %s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
    "$p" "$1" "$h" "${#2}" "$2" >&3
  sed '1,/^\r$/d' <&3; echo
}
"#;

/// Shares with names made of the variable `SUFFIX`: alone, and inside longer strings.
const SHARES: &str = r#"
echo "$SUFFIX"
ask /createresourceshare "{\"name\":\"$SUFFIX\"}"
ask /createresourceshare "{\"name\":\"team-$SUFFIX-other\"}"
ask /getresourceshares "{\"resourceOwner\":\"SELF\",\"name\":\"team-$SUFFIX-other\"}"
"#;

/// `ramtape run` with `flags`, of a script that has the client.
fn run_script(mut ramtape: Command, flags: &[&str], script: &str) -> Finished {
    ramtape.arg("run").args(flags).args(["--", "bash", "-eu", "-c", &format!("{CLIENT}{script}")]);
    Finished::from(ramtape.output().unwrap())
}

/// Records `script` once, with `flags`.
fn record(folder: &TempDir, endpoint: &Endpoint, flags: &[&str], script: &str) -> Finished {
    let url = endpoint.url();
    let finished = run_script(with_keys(folder.path()), &[&["--upstream", &url], flags].concat(), script);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished
}

fn replay(folder: &TempDir, flags: &[&str], script: &str) -> Finished {
    run_script(ramtape(folder.path()), &[&["--record-mode", "none"], flags].concat(), script)
}

fn variables(folder: &TempDir, cassette: &str) -> Value {
    let text = fs::read_to_string(file(folder, &format!("{cassette}/variables.json"))).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["sessions"].clone()
}

/// The status, and the answer as JSON.
fn ask_for(base_url: &str, path: &str, values: &Value) -> (u16, Value) {
    let (status, body) = post(base_url, path, &values.to_string());
    (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
}

#[test]
fn a_random_value_is_kept_and_is_the_same_on_replay() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let random = ["--variable", "SUFFIX=random"];
    let recorded = record(&folder, &endpoint, &random, SHARES);
    let value = recorded.stdout.lines().next().unwrap().to_owned();
    assert!(value.len() == 8 && value.starts_with(|c: char| c.is_ascii_lowercase()), "{recorded:?}");
    assert!(recorded.stdout.contains(&format!("\"name\":\"team-{value}-other\"")), "{recorded:?}");
    let told = format!("variable SUFFIX={value}, random, stored in cassettes/default/variables.json");
    assert!(recorded.stderr.contains(&told), "{recorded:?}");
    assert_eq!(variables(&folder, "cassettes/default"), json!({ "": { "SUFFIX": value } }));
    endpoint.stop();

    // In mode none, and under once over what is recorded.
    let once = run_script(ramtape(folder.path()), &random, SHARES);
    for replayed in [replay(&folder, &random, SHARES), once] {
        assert_eq!((replayed.code, &replayed.stdout), (Some(0), &recorded.stdout), "{replayed:?}");
        assert!(replayed.stderr.contains(&format!("variable SUFFIX={value}, as recorded")), "{replayed:?}");
        assert!(replayed.stderr.contains("3 replayed, 0 recorded, 0 missed"), "{replayed:?}");
    }
}

#[test]
fn a_recorded_value_wins_and_an_unrecorded_one_is_reported() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    record(&folder, &endpoint, &["--variable", "SUFFIX=abc"], SHARES);
    let given = replay(&folder, &["--variable", "SUFFIX=other"], SHARES);
    assert_eq!((given.code, given.stdout.lines().next()), (Some(0), Some("abc")), "{given:?}");
    assert!(given.stderr.contains("variable SUFFIX=abc, as recorded: the given value differs"), "{given:?}");

    let random = replay(&folder, &["--variable", "SEED=random"], "echo ran");
    assert_eq!((random.code, random.stdout.as_str()), (Some(2), ""), "{random:?}");
    for part in ["was recorded without this variable", "--record-mode all", "new_episodes"] {
        assert!(random.stderr.contains(part), "{part} in {random:?}");
    }
    let given = replay(&folder, &["--variable", "SEED=7"], &format!("echo $SEED; ask /getresourceshares '{OWN}'"));
    assert_eq!((given.code, given.stdout.lines().next()), (Some(3), Some("7")), "{given:?}");
    assert!(given.stderr.contains("variable SEED as given"), "{given:?}");
    // What a miss tells to do sets the variable too.
    let advice = "--variable SEED=7 --cassette cassettes/default -- bash";
    assert!(given.stderr.contains(advice), "{given:?}");
    let elsewhere = replay(&folder, &["--session", "apply", "--variable", "SUFFIX=random"], "true");
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("callers without a session has SUFFIX"), "{elsewhere:?}");
}

#[test]
fn a_miss_by_a_random_name_suggests_a_variable() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let look = |name: &str| format!("ask /getresourceshares '{{\"resourceOwner\":\"SELF\",\"name\":\"{name}\"}}'");
    record(&folder, &endpoint, &[], &look("share-k3v9x2mq"));
    let missed = replay(&folder, &[], &look("share-p0d7ra1z"));
    assert_eq!(missed.code, Some(3), "{missed:?}");
    let advice = ["/name looks random in each run", "--variable NAME=random", "`volatile`", "To record it:"];
    let places: Vec<usize> =
        advice.iter().map(|part| missed.stderr.find(part).unwrap_or_else(|| panic!("{part}: {missed:?}"))).collect();
    assert!(places.is_sorted(), "{missed:?}");
    let missed = replay(&folder, &[], &look("other"));
    assert!(missed.code == Some(3) && !missed.stderr.contains("at random"), "{missed:?}");
}

#[test]
fn each_mode_keeps_the_right_variables() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let mode = |mode: &'static str, variable: &'static str| {
        record(&folder, &endpoint, &["--record-mode", mode, "--variable", variable], SHARES).stdout
    };
    let value = |stdout: &str| stdout.lines().next().unwrap().to_owned();
    let first = value(&mode("once", "SUFFIX=random"));
    // new_episodes: the recorded one counts, and a new one is added.
    assert_eq!(value(&mode("new_episodes", "SUFFIX=random")), first);
    mode("new_episodes", "SUFFIX=other");
    record(&folder, &endpoint, &["--record-mode", "new_episodes", "--variable", "SEED=7"], "true");
    assert_eq!(variables(&folder, "cassettes/default"), json!({ "": { "SEED": "7", "SUFFIX": first } }));
    // all: anew, and what nobody asked for stays.
    let second = value(&mode("all", "SUFFIX=random"));
    assert_ne!(second, first);
    assert_eq!(variables(&folder, "cassettes/default"), json!({ "": { "SEED": "7", "SUFFIX": second } }));
    // A run that records nothing leaves the takes that are there, and so the variables of those.
    let url = endpoint.url();
    let flags = ["--record-mode", "all", "--upstream", &url, "--variable", "SUFFIX=random"];
    assert_eq!(run_script(with_keys(folder.path()), &flags, "exit 1").code, Some(1));
    assert_eq!(variables(&folder, "cassettes/default"), json!({ "": { "SEED": "7", "SUFFIX": second } }));
    assert_eq!(replay(&folder, &["--variable", "SUFFIX=random"], SHARES).code, Some(0));
}

#[test]
fn an_invalid_variable_is_a_usage_error() {
    let folder = folder();
    for (flag, part) in [
        ("SUFFIX", "NAME=random or NAME=VALUE"),
        ("1A=x", "not a variable name"),
        ("AWS_REGION=x", "AWS_REGION cannot be a recorded variable"),
        ("PATH=x", "PATH cannot be a recorded variable"),
    ] {
        let refused = run(folder.path(), &["run", "--variable", flag, "--", "true"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(part), "{part} in {refused:?}");
    }
    assert!(!file(&folder, "cassettes").exists());
}

#[test]
fn no_secret_becomes_a_variable() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let url = endpoint.url();
    // In two parts, so that no scanner takes this file for a leak.
    let key = ["AKIA", "QYLPMN5HABCDEFGH"].concat();
    for variable in [format!("SUFFIX=x-{key}"), "DB_PASSWORD=random".to_owned()] {
        let flags = ["--upstream", &url, "--variable", &variable];
        let refused = run_script(with_keys(folder.path()), &flags, "echo ran");
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(4), ""), "{refused:?}");
        assert!(refused.stderr.contains("as an ordinary environment variable"), "{refused:?}");
        assert!(!refused.stderr.contains(&key), "{refused:?}");
        assert!(!file(&folder, "cassettes/default/variables.json").exists());
    }
    // A person can put one there.
    record(&folder, &endpoint, &["--variable", "SUFFIX=abc"], SHARES);
    let path = file(&folder, "cassettes/default/variables.json");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(run(folder.path(), &["scan"]).code, Some(0));
    fs::write(&path, text.replace("abc", &key)).unwrap();
    let scanned = run(folder.path(), &["scan"]);
    assert_eq!(scanned.code, Some(4), "{scanned:?}");
    assert!(scanned.stdout.contains("variables.json") && scanned.stdout.contains("/sessions//SUFFIX"), "{scanned:?}");
}

#[test]
fn accounts_are_refused_where_they_are_pseudonymised() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let url = endpoint.url();
    let flags = ["--upstream", &url, "--variable", "PEER=444455556666"];
    fs::write(file(&folder, "ramtape.toml"), "[redact]\npseudonymize = 'accounts'\n").unwrap();
    let refused = run_script(with_keys(folder.path()), &flags, "echo ran");
    assert_eq!(refused.code, Some(4), "{refused:?}");
    fs::remove_file(file(&folder, "ramtape.toml")).unwrap();
    let other = [&flags[..], &["--cassette", "other"]].concat();
    assert_eq!(run_script(with_keys(folder.path()), &other, "echo ran").code, Some(0));
    assert_eq!(variables(&folder, "other"), json!({ "": { "PEER": "444455556666" } }));
}

#[test]
fn a_damaged_file_is_named_with_line_and_reason() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    record(&folder, &endpoint, &["--variable", "SUFFIX=abc"], SHARES);
    let path = file(&folder, "cassettes/default/variables.json");
    fs::write(&path, "{\n  \"sessions\": {\n    \"\": {\n      \"SUFFIX\": 7\n    }\n  }\n}\n").unwrap();
    let said = "cassettes/default/variables.json:4: sessions[\"\"]: member \"SUFFIX\": expected a string";
    let replayed = replay(&folder, &["--variable", "SUFFIX=random"], "echo ran");
    assert_eq!((replayed.code, replayed.stdout.as_str()), (Some(5), ""), "{replayed:?}");
    assert!(replayed.stderr.contains(said), "{replayed:?}");
    for command in [&["show", "--variables"][..], &["verify"], &["merge", "cassettes/default", "new"]] {
        if command[0] == "merge" {
            record(&folder, &endpoint, &["--cassette", "new", "--variable", "SUFFIX=abc"], SHARES);
        }
        let finished = run(folder.path(), command);
        assert_eq!(finished.code, Some(5), "{finished:?}");
        assert!(finished.stderr.contains(said), "{finished:?}");
    }
    let scanned = run(folder.path(), &["scan"]);
    assert_eq!(scanned.code, Some(5), "{scanned:?}");
    assert!(scanned.stdout.contains(said), "{scanned:?}");
}

#[test]
fn show_and_diff_print_variables() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    for (cassette, value) in [("a", "abc"), ("b", "xyz")] {
        let variable = format!("SUFFIX={value}");
        record(&folder, &endpoint, &["--cassette", cassette, "--session", "apply", "--variable", &variable], "true");
    }
    let shown = run(folder.path(), &["show", "--variables", "--cassette", "a"]).stdout;
    assert_eq!(shown, "variables of session apply, in a/variables.json\nSUFFIX=abc\n");
    let shown = run(folder.path(), &["show", "--variables", "--json", "--cassette", "a"]).stdout;
    let expected = json!({ "session": "apply", "variables": { "SUFFIX": "abc" }, "file": "a/variables.json" });
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), expected);
    let none = run(folder.path(), &["show", "--variables", "--session", "other", "--cassette", "a"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    let differing = run(folder.path(), &["diff", "a", "b"]);
    assert_eq!(differing.code, Some(5), "{differing:?}");
    for part in ["changed  variables.json", "- /sessions/apply/SUFFIX: \"abc\"", "+ /sessions/apply/SUFFIX: \"xyz\""] {
        assert!(differing.stdout.contains(part), "{part} in {differing:?}");
    }
    assert_eq!(run(folder.path(), &["diff", "a", "a"]).code, Some(0));
}

#[test]
fn merge_adds_variables_and_reports_two_values() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let script = format!("ask /getresourceshares '{OWN}'");
    for (cassette, session, value) in [("a", "x", "1"), ("b", "y", "2"), ("c", "x", "3")] {
        let variable = format!("SUFFIX={value}");
        record(&folder, &endpoint, &["--cassette", cassette, "--session", session, "--variable", &variable], &script);
        // One key: else they are no cassettes that can be merged.
        fs::remove_file(file(&folder, &format!("{cassette}/redaction.key"))).ok();
    }
    let merge = |arguments: &[&str]| run(folder.path(), &[&["merge"], arguments].concat());
    let merged = merge(&["all", "a", "b"]);
    assert_eq!(merged.code, Some(0), "{merged:?}");
    assert!(merged.stdout.contains("variables of session y  SUFFIX"), "{merged:?}");
    assert!(merged.stderr.contains("2 recorded variables added to all"), "{merged:?}");
    assert_eq!(variables(&folder, "all"), json!({ "x": { "SUFFIX": "1" }, "y": { "SUFFIX": "2" } }));
    let again = merge(&["all", "a", "b"]);
    assert!(again.code == Some(0) && again.stderr.contains("already has everything"), "{again:?}");

    let clash = merge(&["all", "c"]);
    assert_eq!(clash.code, Some(1), "{clash:?}");
    assert!(clash.stderr.contains("nothing was added") && clash.stderr.contains("SUFFIX of session x"), "{clash:?}");
    assert_eq!(variables(&folder, "all"), json!({ "x": { "SUFFIX": "1" }, "y": { "SUFFIX": "2" } }));
    // Each session replays with its own.
    for (session, value) in [("x", "1\n"), ("y", "2\n")] {
        let flags = ["--cassette", "all", "--session", session, "--variable", "SUFFIX=random"];
        assert_eq!(replay(&folder, &flags, "echo $SUFFIX").stdout, value);
    }
}

#[test]
fn a_sessions_variables_are_removed_with_its_last_take() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let script = format!("ask /getresourceshares '{OWN}'");
    for session in ["x", "y"] {
        // In new_episodes the second one would replay what the first recorded.
        let flags = ["--record-mode", "all", "--session", session, "--variable", "SUFFIX=abc"];
        record(&folder, &endpoint, &flags, &script);
    }
    let x = json!({ "x": { "SUFFIX": "abc" }, "y": { "SUFFIX": "abc" } });
    assert_eq!(variables(&folder, "cassettes/default"), x);
    let removed = run(folder.path(), &["rm", "--session", "x"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(
        removed.stderr.contains("the recorded variables of session x were removed with the last take"),
        "{removed:?}"
    );
    assert_eq!(variables(&folder, "cassettes/default"), json!({ "y": { "SUFFIX": "abc" } }));
    assert_eq!(run(folder.path(), &["rm", "*"]).code, Some(0));
    assert!(!file(&folder, "cassettes/default/variables.json").exists());
}

#[test]
fn programs_agree_on_variables_by_session() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let record = || {
        Server::start(with_keys(folder.path()).args(["serve", "--record-mode", "once", "--upstream", &endpoint.url()]))
    };
    let server = record();
    let a = "/_ramtape/sessions/test_a/variables";
    let wanted = json!({ "SUFFIX": "abc", "SEED": "7" });
    assert_eq!(ask_for(&server.url, a, &wanted), (200, wanted.clone()));
    // The first value of the run counts: for another try, for another worker.
    assert_eq!(ask_for(&server.url, a, &json!({ "SUFFIX": "xyz" })), (200, json!({ "SUFFIX": "abc" })));
    let b = format!("{}/~test_b", server.url);
    assert_eq!(ask_for(&b, "/_ramtape/variables", &json!({ "SUFFIX": "b" })), (200, json!({ "SUFFIX": "b" })));
    assert_eq!(ask_for(&server.url, "/_ramtape/variables", &json!({ "SUFFIX": "c" })), (200, json!({ "SUFFIX": "c" })));
    assert_eq!(post(&server.url, "/getresourceshares", OWN).0, 200);
    assert_eq!(server.stop().code, Some(0));
    let kept = json!({ "": { "SUFFIX": "c" }, "test_a": wanted, "test_b": { "SUFFIX": "b" } });
    assert_eq!(variables(&folder, "cassettes/default"), kept);

    // On replay: what was recorded, without a key, as often as asked.
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    for _ in 0..2 {
        assert_eq!(ask_for(&server.url, a, &json!({ "SUFFIX": "new" })), (200, json!({ "SUFFIX": "abc" })));
    }
    let (status, answer) = ask_for(&server.url, a, &json!({ "SUFFIX": "new", "OTHER": "new" }));
    assert_eq!(status, 409);
    let message = answer["message"].as_str().unwrap();
    for part in ["without a value of OTHER for session test_a", "--record-mode all", "new_episodes"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(variables(&folder, "cassettes/default"), kept);
}

#[test]
fn variables_cannot_be_written_without_the_key() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let server = Server::start(with_keys(folder.path()).args(["record", "--upstream", &endpoint.url()]));
    let open = format!("http://{}", server.authority());
    let a = "/_ramtape/sessions/test_a/variables";
    for url in [open.clone(), format!("{open}/~key-wrong")] {
        let (status, answer) = ask_for(&url, a, &json!({ "SUFFIX": "abc" }));
        assert_eq!((status, &answer["__type"]), (403, &json!("RamtapeCallerNotProvedException")));
        assert!(answer["message"].as_str().unwrap().contains("does not have this proxy's key"), "{answer}");
    }
    assert!(!file(&folder, "cassettes/default/variables.json").exists());
    assert_eq!(ask_for(&server.url, a, &json!({ "SUFFIX": "abc" })).0, 200);
    // What is settled is told to anybody, as recorded answers are.
    assert_eq!(ask_for(&open, a, &json!({ "SUFFIX": "x" })), (200, json!({ "SUFFIX": "abc" })));
    let (path, key) = ("/_ramtape/variables", server.url.rsplit("/~").next().unwrap());
    assert_eq!(ask_for(&server.url, path, &json!({ "X": key })).0, 400, "the key would stand in the cassette");
    for (body, part) in [
        ("{\"X\": 1}", "a JSON object of strings"),
        ("X=1", "a JSON object of strings"),
        ("{\"PATH\": \"x\"}", "PATH cannot be"),
        ("{\"X\": \"\\u0000\"}", "NUL"),
    ] {
        let (status, answer) = post(&server.url, path, body);
        assert!(status == 400 && answer.contains(part), "{body}: {status} {answer}");
    }
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("X{n}"), json!("x"))).collect();
    let (status, answer) = ask_for(&server.url, path, &many.into());
    assert!(status == 400 && answer["message"].as_str().unwrap().contains("100 recorded variables"), "{answer}");
    let long = json!({ "X": "x".repeat(4097) });
    assert_eq!(ask_for(&server.url, path, &long).0, 400);
    // A program that reads its answer before it has sent everything gets the limit's: 413.
    let huge = json!({ "X": "x".repeat(1 << 20) });
    assert_eq!(post(&server.url, path, &huge.to_string()).0, 413);
    // A run in mode all that records nothing would leave everything as it was.
    assert_eq!(post(&server.url, "/getresourceshares", OWN).0, 200);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(variables(&folder, "cassettes/default"), json!({ "test_a": { "SUFFIX": "abc" } }));
}

#[test]
fn with_a_cassette_per_session_variables_are_kept_in_each() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let serve = |mode: &str| {
        let mut command = with_keys(folder.path());
        command.args(["serve", "--record-mode", mode, "--cassette-per-session", "--cassette", "tapes"]);
        Server::start(command.args(["--upstream", &endpoint.url()]))
    };
    let path = |name: &str| format!("/_ramtape/sessions/{name}/variables");
    let server = serve("once");
    let open = format!("http://{}", server.authority());
    assert_eq!(ask_for(&open, &path("a"), &json!({ "X": "1" })).0, 403);
    assert!(!file(&folder, "tapes/a").exists());
    assert_eq!(ask_for(&server.url, &path(".a"), &json!({ "X": "1" })).0, 400);
    for (name, value) in [("a", "1"), ("b", "2")] {
        assert_eq!(ask_for(&server.url, &path(name), &json!({ "X": value })).0, 200);
        assert_eq!(post(&format!("{}/~{name}", server.url), "/getresourceshares", OWN).0, 200);
    }
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(variables(&folder, "tapes/a"), json!({ "a": { "X": "1" } }));
    assert_eq!(variables(&folder, "tapes/b"), json!({ "b": { "X": "2" } }));
    for mode in ["once", "none"] {
        let server = serve(mode);
        assert_eq!(ask_for(&server.url, &path("b"), &json!({ "X": "3" })), (200, json!({ "X": "2" })));
        assert_eq!(ask_for(&server.url, &path("b"), &json!({ "Y": "3" })).0, 409);
        assert_eq!(server.stop().code, Some(0));
    }
    // What `run` sets is of its own session, and is kept while the sessions of its command are recorded one by one.
    let flags = ["--cassette-per-session", "--cassette", "tapes", "--variable", "SUFFIX=random"];
    let first = record(&folder, &endpoint, &flags, "echo $SUFFIX").stdout;
    let again = record(&folder, &endpoint, &flags, "echo $SUFFIX").stdout;
    assert_eq!((&again, &replay(&folder, &flags, "echo $SUFFIX").stdout), (&first, &first));
    assert_eq!(variables(&folder, "tapes/default"), json!({ "": { "SUFFIX": first.trim() } }));
}

#[test]
fn commands_share_a_cassette_by_the_sessions_that_they_are_given() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let create = "ask /createresourceshare '{\"name\":\"one\"}'";
    let script = format!("ask /getresourceshares '{OWN}'; {create}; ask /getresourceshares '{OWN}'");
    let look = format!("ask /getresourceshares '{OWN}'");
    let own = format!("AWS_ENDPOINT_URL_RAM=$AWS_ENDPOINT_URL_RAM/~own; {look}");
    let commands = [("apply", &script), ("plan", &look), ("apply2", &own)];
    let mode = ["--record-mode", "all"];
    let recorded = commands
        .map(|(name, script)| record(&folder, &endpoint, &[&mode[..], &["--session", name]].concat(), script).stdout);
    endpoint.stop();
    let listed = run(folder.path(), &["show", "*"]).stdout;
    // A caller that names itself keeps its own name.
    for (session, is_there) in [("apply", true), ("plan", true), ("own", true), ("apply2", false)] {
        assert_eq!(listed.contains(&format!("session {session}")), is_there, "{session} in {listed}");
    }
    for ((name, script), recorded) in commands.iter().zip(recorded) {
        let replayed = replay(&folder, &["--session", name], script);
        assert_eq!((replayed.code, replayed.stdout), (Some(0), recorded), "{name}");
    }
    // As a setting.
    let mut by_variable = ramtape(folder.path());
    by_variable.env("RAMTAPE_SESSION", "apply");
    let replayed = run_script(by_variable, &["--record-mode", "none", "-v"], create);
    assert!(replayed.code == Some(0) && replayed.stderr.contains("session apply: 1 replayed"), "{replayed:?}");
    let server = Server::start(ramtape(folder.path()).args(["replay", "--session", "plan"]));
    assert_eq!(post(&server.url, "/getresourceshares", OWN).0, 200);
    let listed = get_sessions(&server);
    assert_eq!(listed[0]["name"], "plan");
    assert!(!server.stop().stderr.contains("callers without a session"));
    // A miss tells the command that records it, with its session.
    let missed =
        replay(&folder, &["--session", "apply"], "ask /getresourceshares '{\"resourceOwner\":\"OTHER-ACCOUNTS\"}'");
    assert_eq!(missed.code, Some(3));
    assert!(missed.stderr.contains("new_episodes --session apply --cassette"), "{missed:?}");
}

fn get_sessions(server: &Server) -> Value {
    let mut curl = Command::new("bash");
    let (host, port) = server.authority().split_once(':').unwrap();
    let script = format!(
        "exec 3<>/dev/tcp/{host}/{port}; printf 'GET /_ramtape/sessions HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: \
         close\\r\\n\\r\\n' >&3; sed '1,/^\\r$/d' <&3"
    );
    let output = curl.args(["-c", &script]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_wrong_session_is_a_usage_error_that_says_what_is_allowed() {
    let folder = folder();
    for name in ["", "a b", "ä", &"a".repeat(65)] {
        let refused = run(folder.path(), &["run", "--session", name, "--", "true"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("1 to 64 characters of A-Z a-z 0-9 . _ -"), "{refused:?}");
    }
    let refused = run(folder.path(), &["replay", "--session", ".a", "--cassette-per-session"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("begin with a dot"), "{refused:?}");
}

#[test]
fn a_second_process_and_a_read_only_checkout_replay_variables() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let random = ["--variable", "SUFFIX=random"];
    let recorded = record(&folder, &endpoint, &random, SHARES);
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    let second = replay(&folder, &random, SHARES);
    assert_eq!((second.code, &second.stdout), (Some(0), &recorded.stdout), "{second:?}");
    assert_eq!(server.stop().code, Some(0));
    fs::remove_dir_all(file(&folder, "cassettes/default/.store")).unwrap();
    let cassette = file(&folder, "cassettes/default");
    set_mode(&cassette, 0o555);
    let read_only = replay(&folder, &random, SHARES);
    set_mode(&cassette, 0o755);
    assert_eq!((read_only.code, &read_only.stdout), (Some(0), &recorded.stdout), "{read_only:?}");
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_merge_driver_merges_variables() {
    let folder = folder();
    let text = |values: &Value| {
        let text = serde_json::to_string_pretty(&json!({ "sessions": values })).unwrap();
        format!("{text}\n")
    };
    let merge = |base: Option<Value>, ours: Value, theirs: Value| {
        fs::write(file(&folder, "base"), base.map(|base| text(&base)).unwrap_or_default()).unwrap();
        fs::write(file(&folder, "ours"), text(&ours)).unwrap();
        fs::write(file(&folder, "theirs"), text(&theirs)).unwrap();
        let merged = run(folder.path(), &["merge-file", "base", "ours", "theirs", "c/variables.json"]);
        (merged, fs::read_to_string(file(&folder, "ours")).unwrap())
    };
    let (merged, text) = merge(None, json!({ "a": { "X": "1" } }), json!({ "b": { "X": "2" } }));
    assert_eq!(merged.code, Some(0), "{merged:?}");
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["sessions"],
        json!({ "a": { "X": "1" }, "b": { "X": "2" } })
    );
    let (merged, text) = merge(None, json!({ "a": { "X": "1" } }), json!({ "a": { "X": "2" } }));
    assert_eq!(merged.code, Some(1), "{merged:?}");
    assert!(merged.stderr.contains("c/variables.json: 1 variable has different values on the two sides"), "{merged:?}");
    assert!(text.contains("<<<<<<< ours\n") && text.contains(">>>>>>> theirs\n"), "{text}");
}
