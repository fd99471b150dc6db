//! EC2, IAM, Organizations and more beside RAM, through each door and by each client.

use super::{KEY_ID, SECRET, record, text_of};
use crate::support::clients::{Call, Moto, NodeClient, aws, node, python, source};
use crate::support::scene::Tape;

const SERVICES: [&str; 2] = ["--service", "ram,sts,iam,ec2,organizations,ssm,kms,dynamodb,sqs,s3"];

/// Creates, polls and shares across services: the ids and ARNs that one gives another is asked with.
fn suite(python: &std::path::Path) -> Call {
    Call::new(python).args([source("python/companions.py")])
}

#[test]
fn a_suite_over_ten_services_replays_whole() {
    let Some(python) = python() else { return };
    let (tape, moto) = (Tape::new(), Moto::start(&python));
    let recorded = record(&tape, &moto, &SERVICES, suite(&python)).success();
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    drop(moto);
    let replayed = tape.text_alone().replay(suite(&python));
    assert_eq!(replayed.lines(), recorded.lines());
    assert!(!text_of(tape.path()).contains("planted-secure-string"));
    let length = "größe".len();
    assert!(replayed.lines().iter().any(|seen| seen["length"] == length), "HEAD's answer lost its length: {replayed}");
}

#[test]
fn each_door_records_what_the_others_replay() {
    let Some(python) = python() else { return };
    for door in ["proxy", "intercept"] {
        let (tape, moto) = (Tape::new(), Moto::start(&python));
        let flags = [&["--service", "ram,sts,iam,ec2,organizations", "--door", door][..]].concat();
        let call = || Call::new(&python).args([source("python/companions.py")]).args(["few"]);
        let recorded = record(&tape, &moto, &flags, call()).success();
        assert!(recorded.stderr.contains(", 0 missed"), "{door}: {recorded}");
        drop(moto);
        for again in ["endpoint", "proxy", "intercept"] {
            let replayed = call().under(tape.run("none", &["--door", again])).finish().success();
            assert_eq!(replayed.lines(), recorded.lines(), "{door} {again}");
            assert!(replayed.stderr.contains(" 0 missed; 0 upstream connections"), "{door} {again}: {replayed}");
        }
    }
}

/// The same calls by the CLI: what boto3 recorded answers them.
const BY_CLI: &str = r#"
cli() { "$PYTHON" -m awscli "$@"; }
cli ec2 describe-subnets --filters Name=state,Values=available --query 'Subnets[].CidrBlock' --output text
cli iam list-roles --query 'Roles[].RoleName' --output text
cli organizations list-accounts --query 'Accounts[].Name' --output text
cli sts get-caller-identity --query Account --output text
"#;

fn by_cli(python: &std::path::Path) -> Call {
    Call::new("sh").args(["-c", BY_CLI]).env("PYTHON", python)
}

fn by_javascript(node: &NodeClient) -> Call {
    let script = Call::new("node").args(["--no-warnings".into(), source("node/companions.mjs")]);
    script.env("CLIENT_MODULES", &node.modules)
}

#[test]
fn every_client_records_through_the_doors_that_it_has() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let moto = Moto::start(&python);
    // There is something to list.
    let made = Call::new(&python).args([source("python/companions.py")]).args(["reads"]);
    made.env("AWS_ENDPOINT_URL", &moto.url).credentials(KEY_ID, SECRET).finish().success();
    for (call, doors) in [
        (by_cli(&python), &["endpoint", "proxy", "intercept"][..]),
        (by_javascript(&node), &["endpoint", "intercept"][..]),
    ] {
        for door in doors {
            let tape = Tape::new();
            let flags = ["--service", "ram,sts,iam,ec2,organizations", "--door", door];
            let recorded = record(&tape, &moto, &flags, call.clone()).success();
            assert!(recorded.stderr.contains(" 4 recorded, 0 missed"), "{door}: {recorded}");
            let replayed = call.clone().under(tape.run("none", &["--door", door])).finish().success();
            assert_eq!(replayed.stdout, recorded.stdout, "{door}: {recorded}");
            assert!(replayed.stderr.contains(" 0 missed; 0 upstream connections"), "{door}: {replayed}");
        }
    }
}

#[test]
fn what_one_client_recorded_another_replays() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (tape, moto) = (Tape::new(), Moto::start(&python));
    let flags = ["--service", "ram,sts,iam,ec2,organizations"];
    let by_boto3 = Call::new(&python).args([source("python/companions.py")]).args(["reads"]);
    record(&tape, &moto, &flags, by_boto3).success();
    drop(moto);
    let cli = tape.replay(by_cli(&python));
    let js = tape.replay(by_javascript(&node));
    let words = |text: &[u8]| -> Vec<String> {
        let mut words: Vec<String> = String::from_utf8_lossy(text).split_whitespace().map(str::to_owned).collect();
        words.sort();
        words
    };
    assert_eq!(words(&cli.stdout), words(&js.stdout));
    assert!(words(&cli.stdout).len() > 5, "{cli}");
}

#[test]
fn a_service_that_is_not_named_is_a_miss_that_names_the_flag() {
    let Some(python) = python() else { return };
    let (tape, moto) = (Tape::new(), Moto::start(&python));
    let whoami = || aws(&python).args(["sts", "get-caller-identity"]);
    record(&tape, &moto, &[], whoami()).success();
    let missed = tape.try_replay(aws(&python).args(["iam", "list-roles"]));
    assert!(missed.code != Some(0) && missed.stderr.contains("--service ram,sts,iam"), "{missed}");
}
