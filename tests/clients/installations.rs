//! The real clients of the tests: installed at their pinned versions, able to talk to moto, and
//! the captures of what they put on the wire whole.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::clients::{Call, Moto, aws, boto3, judge_signature, node, python, source};
use serde_json::{Value, json};

/// The key pair of AWS's documentation, which the captures were made with.
const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const OWN_SHARES: &str = r#"{"resourceOwner":"SELF"}"#;

#[test]
fn python_clients_have_their_pinned_versions() {
    let Some(python) = python() else { return };
    let pinned = fs::read_to_string(source("python/requirements.txt")).unwrap();
    let version = |package: &str| {
        let pin = pinned.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
        pin.unwrap().to_owned()
    };

    let imported = Call::new(&python).args(["-c", "import boto3; print(boto3.__version__)"]).finish().success();
    assert_eq!(String::from_utf8(imported.stdout).unwrap().trim(), version("boto3"));

    let cli = aws(&python).args(["--version"]).finish().success();
    let cli = String::from_utf8(cli.stdout).unwrap();
    assert!(cli.starts_with(&format!("aws-cli/{} ", version("awscli"))), "{cli}");
}

#[test]
fn every_client_gets_the_same_answer_from_moto() {
    let Some(python) = python() else { return };
    let moto = Moto::start(&python);
    let against_moto = |call: Call| call.endpoint(&moto.url).credentials(ACCESS_KEY, SECRET).region("us-east-1");

    let name = "Größe 漢字";
    let create = json!({ "name": name }).to_string();
    against_moto(boto3(&python)).args(["call", "CreateResourceShare", &create]).finish().success();

    let by_boto3 = against_moto(boto3(&python)).args(["list", "GetResourceShares", OWN_SHARES]).finish().success();
    let bodies = by_boto3.bodies();
    assert_eq!(names(&serde_json::from_slice(&bodies[0]).unwrap()), [name]);

    let by_cli = against_moto(aws(&python)).args(["ram", "get-resource-shares", "--resource-owner", "SELF"]);
    let by_cli = by_cli.finish().success();
    assert_eq!(names(&serde_json::from_slice(&by_cli.stdout).unwrap()), [name]);

    let Some(node) = node() else { return };
    let by_node = against_moto(node.ram()).args(["list", "GetResourceShares", OWN_SHARES]).finish().success();
    assert_eq!(by_node.bodies(), bodies);
}

#[test]
fn an_error_is_a_line_and_an_exit_code() {
    let Some(python) = python() else { return };
    let moto = Moto::start(&python);
    let unknown = json!({ "resourceShareArn": "arn:aws:ram:us-east-1:123456789012:resource-share/none" }).to_string();
    let delete = ["call", "DeleteResourceShare", &unknown];
    let failed = |call: Call, pointer: &str| {
        let call = call.endpoint(&moto.url).credentials(ACCESS_KEY, SECRET).region("us-east-1");
        let finished = call.args(delete).finish();
        assert_eq!(finished.code, Some(1), "{finished}");
        finished.lines().last().unwrap().pointer(pointer).cloned()
    };

    assert_eq!(failed(boto3(&python), "/error/code"), Some("UnknownResourceException".into()));
    let Some(node) = node() else { return };
    assert_eq!(failed(node.ram(), "/error/name"), Some("UnknownResourceException".into()));
}

#[test]
fn captures_hold_every_member_of_every_operation_and_verify() {
    let Some(python) = python() else { return };
    let checked = Call::new(&python).args([source("capture.py").into(), std::ffi::OsString::from("--check")]);
    let checked = checked.finish().success();
    // Of 36: the pinned JavaScript SDK does not know the newest one yet.
    let checked = &checked.lines()[0];
    assert_eq!((&checked["operations"], &checked["newer"]), (&json!(35), &json!(["UpdatePermission"])));
}

#[test]
fn clients_send_to_other_services_what_was_captured() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let arguments = [source("capture_services.py"), "--check".into(), "--node-modules".into(), node.modules];
    let checked = Call::new(&python).args(arguments).finish().success();
    assert!(checked.lines()[0]["captures"].as_u64() > Some(80), "{checked}");
}

#[test]
fn botocore_refuses_a_changed_body_header_or_secret() {
    let Some(python) = python() else { return };
    let captured = captured_request(&source("../../fixtures/captures/get-resource-shares/boto3.http"));
    let verdict = |request: &Value, secret: &str| judge_signature(&python, request, secret)["match"].clone();
    assert_eq!(verdict(&captured, SECRET), true);
    assert_eq!(verdict(&captured, "another secret"), false);

    let mut changed = captured.clone();
    changed["body"] = data_encoding::BASE64.encode(b"{}").into();
    assert_eq!(verdict(&changed, SECRET), false);

    let mut changed = captured.clone();
    let headers = changed["headers"].as_array_mut().unwrap();
    headers.iter_mut().find(|header| header[0] == "Content-Type").unwrap()[1] = "text/plain".into();
    assert_eq!(verdict(&changed, SECRET), false);

    let mut changed = captured;
    changed["headers"].as_array_mut().unwrap().push(json!(["Host", "ram.us-east-1.amazonaws.com"]));
    assert_eq!(verdict(&changed, SECRET), false);
}

#[test]
#[should_panic(expected = "still running after")]
fn a_client_that_hangs_is_killed() {
    Call::new("sleep").args(["600"]).limit(Duration::from_millis(50)).finish();
}

#[test]
fn a_client_sees_nothing_of_this_environment() {
    let seen = Call::new("env").env("AWS_PROFILE", "asked-for").finish().success();
    let seen = String::from_utf8(seen.stdout).unwrap();
    let mut names: Vec<_> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    let expected =
        ["AWS_EC2_METADATA_DISABLED", "AWS_PROFILE", "HOME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUTF8"];
    assert_eq!(names, expected);
}

#[test]
fn a_wrapper_stands_before_the_client() {
    let wrapped = Call::new("cat").input("read from stdin").under(["env", "MARK=1"]).finish().success();
    assert_eq!(wrapped.stdout, b"read from stdin");
}

fn names(listing: &Value) -> Vec<&str> {
    let shares = listing["resourceShares"].as_array().unwrap();
    shares.iter().filter_map(|share| share["name"].as_str()).collect()
}

/// A captured request in the form that `verify_signature.py` reads.
fn captured_request(path: &Path) -> Value {
    let raw = String::from_utf8(fs::read(path).unwrap()).unwrap();
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let mut start = lines.next().unwrap().split(' ');
    let (method, target) = (start.next().unwrap(), start.next().unwrap());
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    json!({
        "method": method,
        "url": format!("http://127.0.0.1{target}"),
        "headers": headers,
        "body": data_encoding::BASE64.encode(body.as_bytes()),
    })
}
