//! What a replay answers to calls to services that are not recorded: nothing leaves, and each client shows what was asked and the
//! flag that records it.

use crate::support::clients::{Call, aws, boto3, python, source};
use crate::support::scene::{Endpoint, Tape};

fn recorded(python: &std::path::Path) -> Tape {
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    tape.record(&endpoint.url(), boto3(python).args(["call", "ListResourceTypes"]));
    tape
}

#[test]
fn boto3_shows_service_and_operation_at_once_whatever_the_protocol() {
    let Some(python) = python() else { return };
    let tape = recorded(&python);
    let finished = tape.try_replay(Call::new(&python).args([source("python/other_services.py")]));
    assert_eq!(finished.code, Some(3), "misses that the client swallowed: {finished}");
    let operations = [
        "GetCallerIdentity",
        "ListRoots",
        "DescribeSubnets",
        "ListRoles",
        "GET /",
        "ListTables",
        "GET /2015",
        "ListMetrics",
    ];
    let lines = finished.lines();
    assert_eq!(lines.len(), operations.len());
    for (line, operation) in lines.iter().zip(operations) {
        assert_eq!(
            (line["code"].as_str(), line["retries"].as_u64()),
            (Some("CassetteMissException"), Some(0)),
            "{line}"
        );
        let (service, message) = (line["service"].as_str().unwrap(), line["message"].as_str().unwrap());
        assert!(message.contains(operation), "{line}");
        if service == "sts" {
            // It is among the services that are recorded by default.
            assert!(message.contains("no recorded answer for sts:GetCallerIdentity"), "{line}");
            continue;
        }
        assert!(message.contains("a replay sends nothing to AWS") && message.contains("--service ram,sts,"), "{line}");
    }
    assert!(finished.stderr.contains("ListRoles of iam"), "{finished}");
    assert!(finished.stderr.contains("0 upstream connections"), "{finished}");
}

#[test]
fn the_aws_cli_shows_it_too() {
    let Some(python) = python() else { return };
    let tape = recorded(&python);
    let list_roles = || aws(&python).args(["iam", "list-roles"]);
    let cli = tape.try_replay(list_roles());
    assert!(cli.code != Some(0) && cli.stderr.contains("ListRoles of iam was sent to ramtape"), "{cli}");
    assert!(cli.stderr.contains("--service ram,sts,iam"), "{cli}");
    // An endpoint that the environment has for other services is left to them.
    let elsewhere = list_roles().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let cli = tape.try_replay(elsewhere.env("AWS_MAX_ATTEMPTS", "1"));
    assert!(cli.stderr.contains("http://127.0.0.1:9"), "{cli}");
}
