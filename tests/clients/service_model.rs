//! `config/ram.toml` against the API model that boto3 brings.

use crate::support::clients::{Call, python, source};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// Compares the table in `table` with the model, as `more` says.
fn compare(python: &Path, table: &Path, more: &[&str]) -> Call {
    let script: [OsString; 3] = [source("compare_model.py").into(), "--table".into(), table.into()];
    Call::new(python).args(script).args(more)
}

fn table() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ram.toml")
}

/// A table that knows more or less than the API would record an operation as unknown, and let `ramtape verify` cry wolf.
#[test]
fn the_operation_table_matches_botocore() {
    let Some(python) = python() else { return };
    let compared = compare(&python, &table(), &[]).finish().success();
    assert_eq!(String::from_utf8(compared.stdout).unwrap(), "");
}

#[test]
fn every_difference_is_named() {
    let Some(python) = python() else { return };
    let mut text = fs::read_to_string(table()).unwrap();
    for (own, other) in [
        ("[operations.UpdatePermission]", "[operations.ChangePermission]"),
        ("\"/getpermission\"", "\"/readpermission\""),
        ("query = [\"permissionArn\", \"clientToken\"]", "query = [\"permissionArn\"]"),
        ("page_items = \"principals\"", "page_items = \"people\""),
        ("PermissionAlreadyExistsException = 409", "PermissionAlreadyExistsException = 400"),
        ("members = [\"tagKey\", \"tagValues\"]", "members = [\"tagKey\"]"),
        ("types = { tagKeys = \"[string]\" }", "types = { tagKeys = \"string\" }"),
        ("\"PermissionVersionsLimitExceededException\",\n", ""),
        ("answer = { returnValue = \"boolean\" }", "answer = { value = \"boolean\" }"),
    ] {
        assert!(text.contains(own), "{own}");
        text = text.replacen(own, other, 1);
    }
    text = text.replacen("volatile = [\"clientToken\"]\n", "", 1);
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.toml");
    fs::write(&other, text.replace("types = { tagValues = \"[string]\" }", "")).unwrap();

    let compared = compare(&python, &other, &[]).finish();
    assert_eq!(compared.code, Some(1), "{compared}");
    let said = String::from_utf8(compared.stdout.clone()).unwrap();
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "operation UpdatePermission: the model has it, the table has not",
            "operation ChangePermission: the table has it, the model has not",
            "operation AcceptResourceShareInvitation: idempotency tokens: the model has clientToken, the table has not",
            "operation CreatePermissionVersion: errors: the model has PermissionVersionsLimitExceededException, the table has not",
            "operation DeletePermission: query parameters: the model has clientToken, the table has not",
            "operation EnableSharingWithAwsOrganization: members of the answer: the model has returnValue, the table has not",
            "operation EnableSharingWithAwsOrganization: members of the answer: the table has value, the model has not",
            "operation GetPermission: path: /getpermission in the model, /readpermission in the table",
            "operation ListPrincipals: page items: principals in the model, people in the table",
            "operation UntagResource: members: tagKeys: [string] in the model, string in the table",
            "structure TagFilter: members: the model has tagValues, the table has not",
            "error PermissionAlreadyExistsException: HTTP status: 409 in the model, 400 in the table",
        ]
    );
    let reported = compare(&python, &other, &["--report"]).finish();
    assert_eq!((reported.code, reported.stdout), (Some(0), compared.stdout));
}
