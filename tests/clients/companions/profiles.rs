//! Profiles that ask as a role: the SDK itself asks STS for it, and ramtape signs that with the source's keys, never with the
//! role's. A replay gives the command profiles of the same names.

use std::fs;
use std::path::Path;

use super::text_of;
use crate::support::clients::{Call, Finished, Moto, aws, python, source};
use crate::support::scene::Tape;
use serde_json::json;

const CONFIG: &str = "\
[profile deploy]
role_arn = arn:aws:iam::444444444444:role/deploy
source_profile = base
external_id = planted
duration_seconds = 900
region = us-east-1
[profile process]
role_arn = arn:aws:iam::555555555555:role/process
source_profile = program
region = us-east-1
[profile program]
credential_process = sh PROGRAM
[profile chained]
role_arn = arn:aws:iam::666666666666:role/chained
source_profile = deploy
region = us-east-1
";
const CREDENTIALS: &str =
    "[base]\naws_access_key_id = AKIAPLANTEDBASEKEY00\naws_secret_access_key = planted-base-secret\n";
/// Another key every time, as an SSO session gives.
const PROGRAM: &str = "echo '{\"Version\":1,\"AccessKeyId\":\"ASIAPLANTED'$$'\",\"SecretAccessKey\":\"planted-secret\",\"SessionToken\":\"planted-token\"}'";

/// Records `call` with these profiles, and as `profile`.
fn record(tape: &Tape, moto: &Moto, profile: &str, call: Call) -> Finished {
    let folder = tape.folder();
    fs::write(folder.join("program.sh"), PROGRAM).unwrap();
    let program = folder.join("program.sh");
    fs::write(folder.join("config"), CONFIG.replace("PROGRAM", program.to_str().unwrap())).unwrap();
    fs::write(folder.join("credentials"), CREDENTIALS).unwrap();
    let file = |name: &str| folder.join(name).into_os_string();
    call.env("AWS_CONFIG_FILE", file("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", file("credentials"))
        .env("AWS_PROFILE", profile)
        .under(tape.run("once", &["--upstream", &moto.url]))
        .finish()
        .success()
}

fn by_boto3(python: &Path) -> Call {
    Call::new(python).args([source("python/profiles.py")]).args(["", "deploy", "process", "chained"])
}

#[test]
fn boto3_asks_as_each_role_and_does_so_again_on_replay() {
    let Some(python) = python() else { return };
    let (tape, moto) = (Tape::new(), Moto::start(&python));
    let recorded = record(&tape, &moto, "deploy", by_boto3(&python));
    let accounts: Vec<_> = recorded.lines().iter().map(|line| line["account"].clone()).collect();
    assert_eq!(accounts, [json!("444444444444"), json!("444444444444"), json!("555555555555"), json!("666666666666")]);
    assert!(recorded.stderr.contains(", 0 missed"), "{recorded}");
    drop(moto);
    let text = text_of(tape.path());
    for secret in ["planted-base-secret", "planted-secret", "planted-token", "AKIAPLANTEDBASEKEY00", "ASIAPLANTED"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let replayed = tape.text_alone().replay(by_boto3(&python));
    assert_eq!(replayed.lines(), recorded.lines());
}

#[test]
fn the_aws_cli_does_too_and_keeps_no_stand_ins_where_real_credentials_are_kept() {
    let Some(python) = python() else { return };
    let (tape, moto) = (Tape::new(), Moto::start(&python));
    let call = || aws(&python).args(["sts", "get-caller-identity", "--region", "us-east-1"]);
    let recorded = record(&tape, &moto, "deploy", call());
    assert!(String::from_utf8_lossy(&recorded.stdout).contains("assumed-role/deploy"), "{recorded}");
    drop(moto);
    let replayed = tape.replay(call());
    assert!(String::from_utf8_lossy(&replayed.stdout).contains("assumed-role/deploy"), "{replayed}");
}

#[test]
fn the_role_of_the_environments_web_identity_is_asked_for_again() {
    let Some(python) = python() else { return };
    for door in ["endpoint", "proxy", "intercept"] {
        let (tape, moto) = (Tape::new(), Moto::start(&python));
        let token = tape.folder().join("web-token");
        fs::write(&token, "planted.identity.token").unwrap();
        let call = || Call::new(&python).args([source("python/profiles.py"), "".into()]);
        let recorded = call()
            .env("AWS_ROLE_ARN", "arn:aws:iam::777777777777:role/web")
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
            .region("us-east-1")
            .under(tape.run("once", &["--door", door, "--upstream", &moto.url]))
            .finish()
            .success();
        assert_eq!(recorded.lines()[0]["account"], "777777777777", "{door}: {recorded}");
        drop(moto);
        let text = text_of(tape.path());
        assert!(!text.contains("planted") && text.contains("\"actor\": \"role-web\""), "{door}: {text}");
        assert_eq!(tape.text_alone().replay(call()).lines(), recorded.lines(), "{door}");
    }
}
