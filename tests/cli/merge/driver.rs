//! What `ramtape merge-file` does to the file that it is given.

use crate::support::binary::run;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn our_side_is_replaced_at_once_and_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, text) in [("base", ""), ("ours", "ours\n"), ("theirs", "theirs\n")] {
        fs::write(at(name), text).unwrap();
    }
    fs::set_permissions(at("ours"), fs::Permissions::from_mode(0o640)).unwrap();
    // Whoever had it open reads it whole: another name of the old file shows that.
    fs::hard_link(at("ours"), at("before")).unwrap();
    let merged = run(folder.path(), &["merge-file", "base", "ours", "theirs"]);
    assert_eq!(merged.code, Some(1), "{merged:?}");
    let text = fs::read_to_string(at("ours")).unwrap();
    assert!(text.contains("ours\n") && text.contains("theirs\n"), "{text}");
    assert_eq!(fs::read_to_string(at("before")).unwrap(), "ours\n");
    assert_eq!(fs::metadata(at("ours")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing is left beside it");
}

#[test]
fn files_of_other_kinds_stay_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("base", &b""[..]), ("ours", b"a\xff\n"), ("theirs", b"{}\n")] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let merged = run(folder.path(), &["merge-file", "base", "ours", "theirs"]);
    assert!(merged.code == Some(1) && merged.stderr.contains("not UTF-8"), "{merged:?}");
    assert_eq!(fs::read(folder.path().join("ours")).unwrap(), b"a\xff\n");
}

#[test]
fn regions_of_both_sides_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let cassette = |regions: &str, rules: &str| {
        format!(
            "{{\"ramtape\": \"2.1\", \"service\": \"ram\", \"regions\": [{regions}], \"redaction\": {{\"rules\": [{rules}]}}}}\n"
        )
    };
    let (name, tag) = ("{\"member\": \"name\"}", "{\"member\": \"tagValue\"}");
    fs::write(at("base"), "").unwrap();
    fs::write(at("ours"), cassette("\"us-east-1\"", name)).unwrap();
    fs::write(at("theirs"), cassette("\"eu-west-1\"", name)).unwrap();
    assert_eq!(run(folder.path(), &["merge-file", "base", "ours", "theirs"]).code, Some(0));
    let merged = fs::read_to_string(at("ours")).unwrap();
    assert!(merged.contains("\"eu-west-1\",\n    \"us-east-1\"") && merged.contains("\"name\""), "{merged}");

    fs::write(at("theirs"), cassette("\"eu-west-1\"", tag)).unwrap();
    let refused = run(folder.path(), &["merge-file", "base", "ours", "theirs", "tape/cassette.json"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("different redaction rules"), "{refused:?}");
    let text = fs::read_to_string(at("ours")).unwrap();
    assert!(text.contains("name") && text.contains("tagValue"), "{text}");
}
