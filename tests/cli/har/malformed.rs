//! Files that somebody else spelled: other characters, other cases, and what is no archive at all.

use crate::support::binary::{Finished, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A listing of RAM's that was asked at `host`.
fn entry(host: &str) -> Value {
    json!({
        "request": {
            "method": "POST",
            "url": format!("https://{host}/getresourceshares"),
            "headers": [],
            "postData": { "text": "{\"resourceOwner\":\"SELF\"}" },
        },
        "response": { "status": 200, "headers": [], "content": { "text": "{\"resourceShares\":[]}" } },
    })
}

fn archive(entries: &[Value]) -> String {
    json!({ "log": { "entries": entries } }).to_string()
}

fn imported(folder: &Path, file: impl AsRef<[u8]>) -> Finished {
    fs::write(folder.join("x.har"), file).unwrap();
    run(folder, &["import", "x.har", "--dry-run"])
}

#[test]
fn a_file_in_utf_16_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = archive(&[entry("ram.us-east-1.amazonaws.com")]);
    let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let whole = imported(folder.path(), &bytes);
    assert!(whole.code == Some(0) && whole.stderr.contains("1 take would be added"), "{whole:?}");
    let cut = imported(folder.path(), &bytes[..bytes.len() - 1]);
    assert!(cut.code == Some(1) && cut.stderr.contains("save it as UTF-8"), "{cut:?}");
}

#[test]
fn host_names_are_case_insensitive() {
    let folder = tempfile::tempdir().unwrap();
    let told = |host: &str, part: &str| {
        let finished = imported(folder.path(), archive(&[entry(host)]));
        assert!(finished.code == Some(0) && finished.stderr.contains(part), "{finished:?}");
        finished.stdout
    };
    let [lower, upper] =
        ["ram.us-east-1.amazonaws.com", "RAM.US-EAST-1.amazonaws.com"].map(|host| told(host, "1 take would be added"));
    assert_eq!(lower, upper, "the same fingerprint");
    told("EC2.us-east-1.amazonaws.com", "1 entry for other services: ec2.us-east-1.amazonaws.com (1)");
    let mut lacking = entry("RAM.us-east-1.AMAZONAWS.com");
    lacking["response"]["status"] = json!(0);
    let finished = imported(folder.path(), archive(&[lacking]));
    assert!(finished.code == Some(6) && finished.stderr.contains("it has no answer"), "{finished:?}");
}

#[test]
fn an_unreadable_entry_is_named_by_what_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = entry("ram.us-east-1.amazonaws.com");
    wrong["response"]["headers"] = json!(7);
    let wrong_at = |host: &str| {
        let mut entry = entry(host);
        entry["response"]["headers"] = json!(7);
        entry
    };
    let (recorded, foreign) = (wrong_at("sts.us-east-1.amazonaws.com"), wrong_at("ec2.us-east-1.amazonaws.com"));
    let finished = imported(folder.path(), archive(&[wrong, json!({ "request": 7 }), recorded, foreign]));
    assert_eq!(finished.code, Some(6), "{finished:?}");
    for part in [
        "skipped: entry 1, POST https://ram.us-east-1.amazonaws.com/getresourceshares: it cannot be read: invalid type",
        "skipped: entry 2: it cannot be read: invalid type",
        "skipped: entry 3, POST https://sts.us-east-1.amazonaws.com/getresourceshares: it cannot be read: invalid type",
        "1 entry for other services: ec2.us-east-1.amazonaws.com (1)",
    ] {
        assert!(finished.stderr.contains(part), "{part} in {finished:?}");
    }
}

#[test]
fn a_file_of_another_kind_is_refused_with_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    for (file, reason) in [("{\"log\":1}", "invalid type"), ("{}", "missing field"), ("GET /", "expected value")] {
        let finished = imported(folder.path(), file);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert_eq!(finished.stderr.matches(reason).count(), 1, "{finished:?}");
        assert!(
            finished.stderr.contains("x.har: not a HAR file (HTTP archive 1.2: JSON, as browsers'"),
            "{finished:?}"
        );
    }
}
