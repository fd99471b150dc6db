//! What the commands over a cassette say of other services.

use std::path::Path;

use super::record;
use crate::support::binary::{Finished, run};
use crate::support::clients::{Call, Moto, python, source};
use crate::support::scene::Tape;
use serde_json::Value;

const SERVICES: &str = "ram,sts,iam,ec2,organizations,ssm,kms,dynamodb,sqs,s3";

fn recorded(tape: &Tape, python: &Path) -> Value {
    let (moto, report) = (Moto::start(python), tape.folder().join("report.json"));
    let flags = ["--service", SERVICES, "--report", "json", report.to_str().unwrap()];
    record(tape, &moto, &flags, Call::new(python).args([source("python/companions.py")])).success();
    serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap()
}

#[test]
fn every_command_takes_other_services() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    let report = recorded(&tape, &python);
    let command = |arguments: &str| -> Finished { run(tape.folder(), &arguments.split(' ').collect::<Vec<_>>()) };
    let printed = |arguments: &str| {
        let finished = command(arguments);
        assert_eq!(finished.code, Some(0), "{arguments}: {finished:?}");
        finished.stdout
    };
    assert_eq!(report["recorded"], report["requests"], "{report:#}");

    let listed = printed("ls --cassette cassettes/tape");
    for name in ["CreateResourceShare ", "iam:GetRole ", "ec2:CreateVpc ", "s3:PUT /bucket "] {
        assert!(listed.contains(name), "{name} in {listed}");
    }
    assert!(listed.contains("404 NoSuchEntity, 200"), "the error's code of an XML answer: {listed}");
    assert_eq!(printed("ls --cassette cassettes/tape ec2:*").lines().count(), 3);

    let role = printed("show --cassette cassettes/tape iam:GetRole");
    assert!(role.contains("\n    <Code>NoSuchEntity</Code>\n"), "an element a line: {role}");
    assert!(role.contains("request      {\"RoleName\":\"reader\"}"), "the form as its parameters: {role}");
    assert_eq!(printed("show --cassette cassettes/tape iam.get-role"), role);
    assert!(role.contains("#1, given 3 times in a row"), "polls are one take: {role}");

    let coverage = printed("coverage --cassette cassettes/tape");
    let of_role = coverage.lines().find(|line| line.starts_with("iam:GetRole")).unwrap();
    assert!(of_role.ends_with("of a service without a model; errors: NoSuchEntity"), "{of_role}");
    let verified = printed("verify --offline --cassette cassettes/tape");
    assert!(verified.contains("iam:GetRole") && verified.contains("of a service without a model"), "{verified}");
    printed("scan cassettes/tape");

    printed("merge cassettes/merged cassettes/tape");
    assert_eq!(printed("diff cassettes/tape cassettes/merged"), "");
    printed("rm --cassette cassettes/merged iam:GetRole");
    let missing = command("diff cassettes/tape cassettes/merged");
    assert!(missing.code == Some(5) && missing.stdout.contains("iam:GetRole"), "{missing:?}");
}

#[test]
fn a_har_carries_other_services_there_and_back() {
    let Some(python) = python() else { return };
    let tape = Tape::new();
    recorded(&tape, &python);
    let command = |arguments: &[&str]| {
        let finished = run(tape.folder(), arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        finished.stdout
    };
    command(&["export", "--har", "all.har", "--cassette", "cassettes/tape"]);
    std::fs::create_dir_all(tape.folder().join("cassettes/back")).unwrap();
    let key = Path::new("cassettes/tape/redaction.key");
    std::fs::copy(tape.folder().join(key), tape.folder().join("cassettes/back/redaction.key")).unwrap();
    command(&["import", "all.har", "--cassette", "cassettes/back", "--service", SERVICES]);
    // An archive does not say where the commands ran.
    for cassette in ["tape", "back"] {
        let path = tape.folder().join(format!("cassettes/{cassette}/cassette.json"));
        let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        manifest.as_object_mut().unwrap().remove("regions");
        std::fs::write(path, manifest.to_string()).unwrap();
    }
    assert_eq!(command(&["diff", "cassettes/tape", "cassettes/back"]), "");
}
