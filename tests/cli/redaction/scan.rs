//! `ramtape scan`: what stands in cassettes and other files already.

use crate::support::binary::{Finished, folder, ramtape, run};
use crate::support::secrets::SECRETS;
use serde_json::Value;
use std::path::Path;

/// A cassette with one entry, in `folder`/NAME, written as it is shown.
pub(crate) fn cassette(folder: &Path, name: &str, rules: &str, session: &str, body: &str) -> std::path::PathBuf {
    let root = folder.join(name);
    std::fs::create_dir_all(root.join("get-resource-shares")).unwrap();
    let head = format!("{{\"ramtape\": \"2.0\", \"service\": \"ram\", \"redaction\": {{{rules}\"rules\": []}}}}\n");
    std::fs::write(root.join("cassette.json"), head).unwrap();
    let request = "{\"resourceOwner\":\"SELF\"}";
    let canonical = ramtape::fingerprint::canonical_text(
        &ramtape::model::OperationName::Known("GetResourceShares".into()),
        "us-east-1",
        "default",
        request,
    );
    let file =
        root.join("get-resource-shares").join(format!("{}.json", ramtape::fingerprint::Fingerprint::hash(&canonical)));
    let text = format!(
        "{{\"operation\":\"GetResourceShares\",\"region\":\"us-east-1\",\"actor\":\"default\",\"request\":{request},\
         \"takes\":[{{\"session\":\"{session}\",\"pages\":[{{\"status\":200,\"body\":{body}}}]}}]}}\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn lines(finished: &Finished) -> Vec<Value> {
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_secret_is_reported_by_file_and_place_and_never_shown() {
    let folder = folder();
    let (_, secret) = SECRETS[0];
    let policy = serde_json::to_string(&format!("{{\"Sid\":\"{secret}\"}}")).unwrap();
    let file = cassette(folder.path(), "cassettes/a", "", "s", &format!("{{\"p\":[{policy}],\"m\":\"x@corp.com\"}}"));
    cassette(folder.path(), "cassettes/b", "", "s", "{\"p\":\"plain\"}");
    std::fs::create_dir(folder.path().join("cassettes/.git")).unwrap();
    std::fs::write(folder.path().join("cassettes/.git/x"), secret).unwrap();
    std::fs::write(
        folder.path().join("cassettes/notes.md"),
        format!("x@corp.com\n{secret}\nok {secret} ramtape:allow\n"),
    )
    .unwrap();
    let found = run(folder.path(), &["scan", "cassettes"]);
    assert_eq!(found.code, Some(4), "{found:?}");
    let shown = file.strip_prefix(folder.path()).unwrap().display().to_string();
    assert_eq!(
        found.stdout,
        format!(
            "{shown}: e-mail address at /takes/0/pages/0/body/m\n{shown}: access key id at /takes/0/pages/0/body/p/0/Sid\n\
             cassettes/notes.md:2: access key id\n"
        )
    );
    assert!(found.stderr.contains("5 files scanned: 3 secrets, 0 invalid files"), "{found:?}");
    assert!(!found.stderr.contains(secret));
    let json = lines(&run(folder.path(), &["scan", "--json", "cassettes/notes.md", &shown]));
    assert_eq!(json.len(), 3);
    let json: Vec<Value> = json.into_iter().filter(|line| line["found"] == "access key id").collect();
    assert_eq!(json[0]["pointer"], "/takes/0/pages/0/body/p/0/Sid");
    assert_eq!((json[1]["file"].as_str(), json[1]["line"].as_u64()), (Some("cassettes/notes.md"), Some(2)));
    assert_eq!(run(folder.path(), &["scan", "cassettes/b"]).code, Some(0));
}

#[test]
fn a_cassettes_own_rules_decide_and_need_no_key() {
    let folder = folder();
    let body = "{\"a\":\"123456789012\",\"b\":\"999912345678\"}";
    cassette(folder.path(), "c", "", "s", body);
    assert_eq!(run(folder.path(), &["scan", "--cassette", "c"]).code, Some(0));
    cassette(folder.path(), "c", "\"pseudonymize\": \"accounts\", \"key\": \"aaaaaaaaaaaaaaaa\", ", "s", body);
    let found = run(folder.path(), &["scan", "--cassette", "c"]);
    assert_eq!(found.code, Some(4), "{found:?}");
    assert!(found.stdout.ends_with("account number at /takes/0/pages/0/body/a\n"), "{found:?}");
    // The key that stands beside it is meant to.
    std::fs::write(folder.path().join("c/redaction.key"), SECRETS[2].1).unwrap();
    assert_eq!(run(folder.path(), &["scan", "c/redaction.key"]).code, Some(0));
    std::fs::write(folder.path().join("c/other.key"), SECRETS[2].1).unwrap();
    assert_eq!(run(folder.path(), &["scan", "c/other.key"]).code, Some(4));
}

#[test]
fn an_invalid_file_is_reported_after_secrets() {
    let folder = folder();
    let file = cassette(folder.path(), "c", "", "s", "{}");
    let text = std::fs::read_to_string(&file).unwrap();
    for (broken, part) in [
        (text.replace("SELF", "OTHER"), "its content belongs in"),
        (text.replace("{\"status\"", "{\"state\""), "member \"status\" is missing"),
        (format!("<<<<<<< HEAD\n{text}"), "unresolved merge conflict"),
        (text.replace("{}}]", "{}},{\"status\":200,\"body\":{}}]"), "/takes/0/pages/0: it has no token"),
    ] {
        std::fs::write(&file, broken).unwrap();
        let found = run(folder.path(), &["scan", "c"]);
        assert!(found.code == Some(5) && found.stdout.contains(part), "{part} in {found:?}");
        let json = lines(&run(folder.path(), &["scan", "--json", "c"]));
        assert!(json[0]["invalid"].as_str().unwrap().contains(part), "{json:?}");
    }
    std::fs::write(folder.path().join("c/x.txt"), SECRETS[0].1).unwrap();
    assert_eq!(run(folder.path(), &["scan", "c"]).code, Some(4));
    assert_eq!(run(folder.path(), &["scan", "nowhere"]).code, Some(1));
}

#[test]
fn what_is_allowed_has_a_reason_and_is_not_reported() {
    let folder = folder();
    cassette(folder.path(), "c", "", "s", "{\"m\":\"alerts@corp.com\",\"n\":\"bob@corp.com\"}");
    let scan = |allow: &str| {
        std::fs::write(folder.path().join("ramtape.toml"), format!("[[scan.allow]]\n{allow}\n")).unwrap();
        run(folder.path(), &["scan", "c"])
    };
    let one = scan("pattern = '^alerts@corp\\.com$'\nreason = 'public'");
    assert!(one.stdout.ends_with("body/n\n") && one.stdout.lines().count() == 1, "{one:?}");
    assert_eq!(scan("path = '^c/get-'\nreason = 'all of it is made up'").code, Some(0));
    assert_eq!(scan("path = '^d/'\nreason = 'elsewhere'").stdout.lines().count(), 2);
    let refused = scan("pattern = 'x'");
    assert!(refused.code == Some(2) && refused.stderr.contains("give a reason"), "{refused:?}");
}

#[test]
fn text_in_utf_16_is_read() {
    let folder = folder();
    cassette(folder.path(), "c", "", "s", "{}");
    let text = format!("nothing\r\n\u{20ac} = {}\r\n", SECRETS[0].1);
    let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
    for (name, bytes) in [
        ("c/le.txt", units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>()),
        ("c/be.txt", units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let found = run(folder.path(), &["scan", name]);
        assert_eq!(found.code, Some(4), "{found:?}");
        assert_eq!(found.stdout, format!("{name}:2: access key id\n"));
    }
}

#[test]
fn pipes_and_devices_are_named_and_not_read() {
    let folder = folder();
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let entry = cassette(folder.path(), "c", "", "s", "{}");
    std::fs::write(folder.path().join("plain"), "x").unwrap();
    for (name, what) in [("pipe", "a pipe"), ("socket", "a socket"), ("/dev/zero", "a device")] {
        let found = run(folder.path(), &["scan", name, "plain"]);
        assert_eq!(found.code, Some(1), "{found:?}");
        assert!(found.stderr.contains(&format!("{name} is {what} and cannot be scanned: ")), "{found:?}");
        assert!(found.stderr.contains("1 file scanned"), "the others are: {found:?}");
    }
    std::fs::write(folder.path().join("plain"), SECRETS[0].1).unwrap();
    assert_eq!(run(folder.path(), &["scan", "pipe", "plain"]).code, Some(4));
    // Where nobody named them they are nobody's concern.
    std::fs::write(folder.path().join("plain"), "x").unwrap();
    assert_eq!(run(folder.path(), &["scan", "."]).code, Some(0));
    // In the place of an entry they are.
    std::fs::remove_file(&entry).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&entry).status().unwrap().success());
    assert_eq!(run(folder.path(), &["scan", "."]).code, Some(5));
}

#[test]
fn only_cassettes_and_what_is_beside_them_are_scanned() {
    let folder = folder();
    let entry = cassette(folder.path(), "tapes/c", "", "s", "{}");
    std::fs::create_dir_all(folder.path().join("src/deep")).unwrap();
    for name in ["src/a.rs", "src/b.rs", "src/c.rs", "src/deep/d.rs", "tapes/notes.md"] {
        std::fs::write(folder.path().join(name), SECRETS[0].1).unwrap();
    }
    // A folder in which there is nothing to scan was named in error.
    let found = run(folder.path(), &["scan", "src"]);
    assert_eq!((found.code, found.stdout.as_str()), (Some(1), ""), "{found:?}");
    assert!(found.stderr.contains("there is no cassette in src: `ramtape scan` checks cassettes"), "{found:?}");
    assert!(found.stderr.contains("gitleaks"), "{found:?}");
    // Files that are in no cassette can be among those that git has staged.
    let entry = entry.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned();
    let found = run(folder.path(), &["scan", "src/a.rs", "src/b.rs", "src/c.rs", "src/deep/d.rs", &entry]);
    assert_eq!((found.code, found.stdout.as_str()), (Some(0), ""), "{found:?}");
    let note =
        "not scanned, because in no cassette: src/a.rs, src/b.rs, src/c.rs, 1 more. `ramtape scan` checks cassettes";
    assert!(found.stderr.contains(note) && found.stderr.contains("1 file scanned"), "{found:?}");
    // What stands beside a cassette is committed with it.
    let found = run(folder.path(), &["scan", "."]);
    assert_eq!((found.code, found.stdout.as_str()), (Some(4), "./tapes/notes.md:1: access key id\n"), "{found:?}");
    assert_eq!(run(folder.path(), &["scan", "tapes/notes.md"]).code, Some(4));
}

#[test]
fn the_hook_runs_what_it_says() {
    let hooks = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    let field =
        |name: &str| hooks.lines().find_map(|line| line.trim_start_matches("- ").trim().strip_prefix(name)).unwrap();
    let entry: Vec<&str> = field("entry: ").split(' ').collect();
    assert_eq!((entry[0], field("id: "), field("language: ")), ("ramtape", "ramtape-scan", "rust"));
    let folder = folder();
    let file = cassette(folder.path(), "cassettes/c", "", "s", "{\"m\":\"bob@corp.com\"}");
    let mut command = ramtape(folder.path());
    let finished =
        Finished::from(command.args(&entry[1..]).arg(file.strip_prefix(folder.path()).unwrap()).output().unwrap());
    assert_eq!(finished.code, Some(4), "{finished:?}");
}

#[test]
fn a_text_full_of_findings_is_scanned_once() {
    let lines: Vec<String> = (0..50_000).map(|n| format!("{n};jane{n}@corp.com")).collect();
    let found = ramtape::redact::scan_text(&lines.join("\n"));
    assert_eq!(found.len(), lines.len());
    for (at, (line, finding)) in found.into_iter().enumerate() {
        assert_eq!((line, finding.value.expose()), (at + 1, format!("jane{at}@corp.com").as_str()));
    }
}
