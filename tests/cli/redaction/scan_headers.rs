//! `ramtape scan`: of an answer's headers few are ever stored, so what else stands there came from somewhere else.

use super::scan::cassette;
use crate::support::binary::{Finished, folder, run};
use std::path::Path;

/// Scans a cassette of this version, with this header in its one answer.
fn scanned(folder: &Path, version: &str, header: &str) -> Finished {
    let file = cassette(folder, "c", "", "s", "{}");
    let text = std::fs::read_to_string(&file).unwrap();
    let header = format!("\"headers\":{{{header}}},\"body\"");
    std::fs::write(&file, text.replace("\"body\"", &header)).unwrap();
    let head = folder.join("c/cassette.json");
    let text = std::fs::read_to_string(&head).unwrap();
    std::fs::write(&head, text.replace("\"2.0\"", &format!("\"{version}\""))).unwrap();
    run(folder, &["scan", "--cassette", "c"])
}

#[test]
fn a_header_named_like_a_credential_is_a_finding() {
    let folder = folder();
    let secret = "hunter2secretvalue";
    for (name, value) in [
        ("authorization", format!("Bearer {secret}")),
        ("proxy-authorization", secret.to_owned()),
        ("set-cookie", format!("session={secret}")),
        ("cookie", secret.to_owned()),
        ("x-amz-security-token", secret.to_owned()),
        ("x-auth-token", secret.to_owned()),
        ("x-api-key", secret.to_owned()),
    ] {
        for version in ["2.0", "2.1", "2.9"] {
            let found = scanned(folder.path(), version, &format!("\"{name}\":\"{value}\""));
            assert_eq!(found.code, Some(4), "{name}: {found:?}");
            let told = format!(": credential at /takes/0/pages/0/headers/{name}\n");
            assert!(found.stdout.ends_with(&told) && !found.stdout.contains(secret), "{name}: {found:?}");
            assert_eq!(found.stdout.lines().count(), 1, "{found:?}");
        }
    }
    // What is known by its look is told as that, once.
    let key = crate::support::secrets::SECRETS[0].1;
    let found = scanned(folder.path(), "2.0", &format!("\"authorization\":\"AWS4 Credential={key}/x\""));
    assert!(found.code == Some(4) && found.stdout.contains("access key id at /takes/0"), "{found:?}");
    assert_eq!(found.stdout.lines().count(), 1, "{found:?}");
}

#[test]
fn any_other_header_that_recording_never_keeps_is_a_finding() {
    let folder = folder();
    let kept = "\"content-type\":\"application/json\",\"x-amzn-errortype\":\"X\"";
    assert_eq!(scanned(folder.path(), "2.0", kept).code, Some(0));
    for header in ["\"x-team~1\":\"a\"", "\"authorization\":\"redacted-aaaaaaaaaaaaaaaaaaaa\""] {
        let found = scanned(folder.path(), "2.0", header);
        assert_eq!(found.code, Some(5), "{found:?}");
        assert!(found.stdout.contains(".json: /takes/0/pages/0/headers/"), "{found:?}");
        assert!(found.stdout.contains("do not keep this header (only content-type and x-amzn-errortype)"), "{found:?}");
        // A later ramtape may keep it.
        assert_eq!(scanned(folder.path(), "2.9", header).code, Some(0));
    }
}
