//! The key, and where it does not stand.

use super::recorder::{Endpoint, PATH, Recorder, as_owner, owner, request};
use crate::support::binary::{Server, folder, ramtape};
use crate::support::raw::Client;
use ramtape::config::{Config, Environment, RawConfig, RecordMode, Settings};
use ramtape::model::{Request, Secret};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Every file below `folder`, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push((entry.clone(), std::fs::read(&entry).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], key: &str) -> bool {
    bytes.windows(key.len()).any(|window| window == key.as_bytes())
}

/// No file below `folder` holds the key, whole or but for its beginning, nor the secret that signs.
fn assert_kept_out(folder: &Path, key: &str) {
    let found = files(folder);
    assert!(found.len() > 3, "{found:?}");
    let random = key.strip_prefix("key-").unwrap();
    for (path, bytes) in found {
        assert!(!holds(&bytes, random), "{}", path.display());
        assert!(!holds(&bytes, owner().secret.expose()), "{}", path.display());
    }
}

/// Requests of every fate: answered, refused by the gate, not proved, unknown, failed upstream, with the key in wrong places.
fn ask_everything(recorder: &Recorder) {
    let (prefix, key) = (recorder.prefix(), recorder.key());
    let good = recorder.proved("");
    let at = |target: &str| good.replacen(&format!("{prefix}{PATH}"), target, 1);
    for (bytes, status) in [
        (good.clone(), 200),
        (at(&format!("{prefix}/~session{PATH}")), 200),
        (at(&format!("{prefix}/unheard-of")), 404),
        (at(&format!("//~{key}{PATH}")), 400),
        (at(&format!("{prefix}{prefix}{PATH}")), 400),
        (at(&format!("/~{key}x{PATH}")), 403),
        (at(&format!("{prefix}{PATH}?key={key}")), 400),
        (at(&format!("{prefix}/_ramtape/sessions")).replacen("POST", "GET", 1), 200),
        (at(&format!("{prefix}/_ramtape/{key}")), 404),
        (good.replacen("SELF", "self", 1), 400),
        (good.replacen("Host: ", "Host: a\r\nHost: ", 1), 400),
        (good.replacen(r#""SELF""#, "\"SELF ", 1), 400),
        (recorder.proved(&format!("Referer: http://localhost{prefix}\r\n")), 400),
        (recorder.proved("nextToken: x\r\n"), 200),
    ] {
        let reply = recorder.ask(&bytes);
        assert_eq!(reply.status, status, "{bytes}: {reply:?}");
        assert!(!reply.head.contains(key) && !reply.body.contains(key), "{bytes}: {reply:?}");
    }
}

#[test]
fn the_key_is_in_no_log_cassette_report_or_answer() {
    for format in ["text", "json"] {
        let reports = ["--report", "json", "misses.json", "--report", "junit", "misses.xml"];
        let flags = [&["-vvv", "--log-format", format, "--ready-file", "ready"][..], &reports].concat();
        let recorder = Recorder::changed(&flags, |_| ());
        let key = recorder.key().to_owned();
        // It is for whoever started it, and for nobody else.
        let ready = recorder.folder().join("ready");
        assert!(holds(&std::fs::read(&ready).unwrap(), &key));
        assert_eq!(std::fs::metadata(&ready).unwrap().permissions().mode() & 0o777, 0o600);
        ask_everything(&recorder);
        let (finished, folder) = recorder.stop();
        // The log was as loud as it can be, and tells of the requests that hold the key in a wrong place.
        assert!(finished.stderr.contains("DEBUG") && finished.stderr.contains("//…"), "{}", finished.stderr);
        assert!(!finished.stderr.contains(&key[4..]) && !finished.stdout.contains(&key[4..]), "{}", finished.stderr);
        assert!(!finished.stderr.contains(owner().secret.expose()), "{}", finished.stderr);
        assert!(folder.path().join("misses.json").exists() && folder.path().join("misses.xml").exists());
        assert_kept_out(folder.path(), &key);
    }
}

/// One address serves clients in every mode, key included: a fixed key is worth as much while nothing is recorded.
#[test]
fn a_replay_never_shows_a_fixed_key() {
    const KEY: &str = "fixedkeyforeverymodeofall";
    let folder = folder();
    let mut command = ramtape(folder.path());
    command.args(["replay", "-vvv", "--report", "json", "misses.json", "--cassette", "tape"]).env("RAMTAPE_KEY", KEY);
    let server = Server::start(&mut command);
    let ask = |bytes: &str| {
        let mut client = Client::connect(server.authority().parse().unwrap());
        client.try_send(bytes);
        client.reply()
    };
    for (target, status) in [
        (format!("/~{KEY}{PATH}"), 400),
        (format!("//~{KEY}{PATH}"), 400),
        (format!("/~{KEY}/~{KEY}{PATH}"), 400),
        (format!("/~{KEY}/~session/~{KEY}{PATH}"), 400),
        (format!("{PATH}?key={KEY}"), 400),
        (format!("//~%66{}{PATH}", &KEY[1..]), 400),
    ] {
        let reply = ask(&request(&target, server.authority(), ""));
        assert_eq!(reply.status, status, "{target}: {reply:?}");
        let is_misplaced = target != format!("/~{KEY}{PATH}");
        assert_eq!(reply.body.contains("this proxy's key"), is_misplaced, "{target}: {reply:?}");
        assert!(!reply.head.contains(&KEY[1..]) && !reply.body.contains(&KEY[1..]), "{target}: {reply:?}");
    }
    let good = |more: &str| request(PATH, server.authority(), more);
    for (place, bytes) in [
        ("session", good(&format!("x-ramtape-session: {KEY}\r\n"))),
        ("application id", good(&format!("User-Agent: Boto3/1.43 app/{KEY} md/x\r\n"))),
        (
            "credential",
            good(&format!("Authorization: AWS4-HMAC-SHA256 Credential={KEY}/20261122/{KEY}/ram/aws4_request\r\n")),
        ),
        ("header's name", good(&format!("{KEY}: x\r\n"))),
        ("host", request(PATH, &format!("{KEY}.localhost"), "")),
        ("CONNECT", format!("CONNECT {KEY}:443 HTTP/1.0\r\n\r\n")),
        ("method", good("").replacen("POST", KEY, 1)),
        ("body", format!("POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{KEY}", KEY.len())),
    ] {
        let reply = ask(&bytes);
        assert!(reply.status == 400 && reply.body.contains("this proxy's key"), "{place}: {reply:?}");
        assert!(!reply.head.contains(&KEY[1..]) && !reply.body.contains(&KEY[1..]), "{place}: {reply:?}");
    }
    let sessions = ask(&request("/_ramtape/sessions", server.authority(), "").replacen("POST", "GET", 1));
    assert!(sessions.status == 200 && !sessions.body.contains(&KEY[1..]), "{sessions:?}");
    let finished = server.stop();
    assert!(!finished.stderr.contains(&KEY[1..]) && !finished.stdout.contains(&KEY[1..]), "{}", finished.stderr);
    let report = std::fs::read(folder.path().join("misses.json")).unwrap();
    assert!(!holds(&report, &KEY[1..]));
}

#[test]
fn the_key_is_in_no_process_but_cmd() {
    let (endpoint, folder) = (Endpoint::start(), tempfile::tempdir().unwrap());
    let look = r#"
        for file in cmdline environ status comm; do tr '\0' '\n' </proc/$PPID/$file; done >parents
        for task in /proc/$PPID/task/*; do tr '\0' '\n' <"$task/comm"; done >>parents
        env >own"#;
    let mut command = ramtape(folder.path());
    as_owner(command.args([
        "run",
        "-q",
        "--record-mode",
        "all",
        "--upstream",
        &endpoint.url(),
        "--",
        "sh",
        "-c",
        look,
    ]));
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let own = read("own");
    let url = own.lines().find_map(|line| line.strip_prefix("AWS_ENDPOINT_URL_RAM=")).unwrap();
    let key = url.split_once("/~").unwrap().1;
    assert!(key.starts_with("key-") && own.matches(key).count() == 2, "{own}");
    let parents = read("parents");
    assert!(parents.contains("AWS_ACCESS_KEY_ID=") && parents.contains("--record-mode"), "{parents}");
    assert!(
        !parents.contains(key)
            && !parents.contains("AWS_ENDPOINT_URL_RAM")
            && !parents.contains("AWS_ENDPOINT_URL_STS"),
        "{parents}"
    );
}

#[test]
fn a_servers_key_is_in_nothing_that_the_system_shows() {
    let recorder = Recorder::start();
    recorder.assert_serves();
    for file in ["cmdline", "environ", "status", "comm", "maps"] {
        let shown = std::fs::read(format!("/proc/{}/{file}", recorder.id())).unwrap();
        assert!(!holds(&shown, &recorder.key()[4..]), "{file}");
    }
}

#[test]
fn every_start_makes_another_key() {
    let keys = [Recorder::start(), Recorder::start()].map(|recorder| recorder.key().to_owned());
    assert_ne!(keys[0], keys[1]);
    // 128 bits in base32.
    assert!(keys.iter().all(|key| key.len() == "key-".len() + 26), "{keys:?}");
}

#[test]
fn a_replay_needs_and_prints_no_key() {
    let recorder = Recorder::start();
    recorder.assert_serves();
    let (_, folder) = recorder.stop();
    let server = Server::start(ramtape(folder.path()).args(["replay", "-q", "--cassette", "tape"]));
    assert_eq!(server.url, format!("http://{}", server.authority()));
}

#[test]
fn debug_output_never_shows_the_key() {
    const KEY: &str = "key-shownbynodebugoutputatall";
    let environment = Environment::from_variables([("RAMTAPE_KEY", KEY)], "/nowhere");
    let settings = Settings::load(RawConfig::default(), &environment).unwrap();
    let shown = format!("{settings:?}");
    assert!(shown.contains("Settings") && !shown.contains(KEY), "{shown}");
    let config = Config::from_settings(settings, RecordMode::All).unwrap();
    assert_eq!(config.key.expose(), KEY);
    assert!(!format!("{config:?} {config:#?}").contains(KEY));

    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", "AWS4-HMAC-SHA256 Signature=0123".parse().unwrap());
    headers.insert("x-amz-security-token", "the-token".parse().unwrap());
    let request = Request {
        method: http::Method::POST,
        path: PATH.to_owned(),
        query: String::new(),
        headers,
        body: bytes::Bytes::new(),
        signed_target: format!("/~{KEY}{PATH}"),
        authority: "localhost".to_owned(),
        door: ramtape::model::Door::Endpoint,
        key: Some(Secret::new(KEY)),
        session_prefix: None,
    };
    let shown = format!("{request:?} {request:#?}");
    for secret in [KEY, "Signature", "the-token"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains(PATH), "{shown}");
}
