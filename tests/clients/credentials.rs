//! Who may have a request signed: by the capability URL, or by a signature that ramtape can check; nobody else.

use std::path::Path;

use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::{Value, json};

use crate::rust_sdk::{RustSdk, nobody};
use crate::support::binary::{Server, ramtape};
use crate::support::clients::{Call, aws, boto3, judge_signature, node, python};
use crate::support::scene::{Endpoint, REGION, Tape, as_nobody, as_owner, recording};
use crate::support::steps::{Step, batch, by_step, parsed, step};

fn own_shares() -> [Step; 1] {
    [step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF" }))]
}

fn by_cli(python: &Path) -> Call {
    aws(python).args(["ram", "get-resource-shares", "--resource-owner", "SELF"])
}

/// Temporary keys of one role, as a provider gives them out anew each time.
fn of_one_role(id: &str) -> Credential {
    Credential {
        access_key_id: format!("ASIAIOSFODNN7{id}"),
        secret: format!("secret/of+{id}"),
        session_token: Some(format!("IQoJb3JpZ2luX2VjE+token/of{id}==")),
        principal: "role".to_owned(),
        ..Credential::owner()
    }
}

fn endpoint_knowing(credentials: &[Credential]) -> Endpoint {
    Endpoint::with(SimulatorSettings { credentials: credentials.to_vec(), ..SimulatorSettings::default() })
}

/// A server's URL without its key.
fn without_key(server: &Server) -> String {
    assert!(server.url.contains("/~"), "{}", server.url);
    format!("http://{}", server.authority())
}

/// An AWS configuration in which each of these profiles has a process that gives its keys.
fn process_profiles(folder: &Path, profiles: &[(&str, &Credential)]) -> String {
    let mut config = String::new();
    for (name, keys) in profiles {
        let file = folder.join(format!("{name}.json"));
        let given = json!({
            "Version": 1,
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret,
            "SessionToken": keys.session_token,
            "Expiration": "2099-01-01T00:00:00Z",
        });
        std::fs::write(&file, given.to_string()).unwrap();
        config.push_str(&format!("[profile {name}]\ncredential_process = cat {}\n", file.display()));
    }
    let path = folder.join("aws-config");
    std::fs::write(&path, config).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn client_and_ramtape_with_different_keys_of_one_role_meet_by_the_capability_url() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (clients, own) = (of_one_role("CLIENT1"), of_one_role("RAMTAPE"));
    let (mut endpoint, tape) = (endpoint_knowing(&[clients.clone(), own.clone()]), Tape::new());
    let config = process_profiles(tape.folder(), &[("client", &clients), ("own", &own)]);
    let as_role = |call: Call| call.env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "client").region(REGION);
    let run = |mode: &str| tape.run(mode, &["--profile", "own", "--upstream", &endpoint.url()]);

    let recorded = as_role(batch(boto3(&python), &own_shares())).under(run("once")).finish().success();
    let again = as_role(batch(node.ram(), &own_shares())).under(run("all")).finish().success();
    assert_eq!(again.bodies(), recorded.bodies());
    let received = endpoint.running().received();
    assert_eq!(received.len(), 2);
    for request in &received {
        assert_eq!(request.headers["x-amz-security-token"], own.session_token.as_deref().unwrap());
        let verdict = judge_signature(&python, &endpoint.captured(request), &own.secret);
        assert_eq!((&verdict["match"], &verdict["accessKey"]), (&json!(true), &json!(own.access_key_id)), "{verdict}");
        assert_eq!(
            judge_signature(&python, &endpoint.captured(request), &clients.secret)["match"],
            false,
            "the judge is no judge"
        );
    }

    // The same client without the key: the keys are another's, and nothing is sent.
    let server = recording(&tape, "record", &endpoint.url(), &own);
    let stranger = as_role(batch(boto3(&python), &own_shares())).endpoint(&without_key(&server)).finish();
    assert_refused(&parsed(&stranger.lines(), "error")[0]["message"], "access key that ends in \"ENT1\"");
    let stopped = server.stop();
    assert!(stopped.stderr.contains("refused 1 request"), "{stopped:?}");
    assert_eq!(endpoint.running().requests(), 2);
    endpoint.stop();

    let replayed = tape.text_alone().replay(batch(boto3(&python), &own_shares()));
    assert_eq!(replayed.bodies(), recorded.bodies());
    assert_no_secret(&tape, &[&clients, &own]);
}

#[test]
fn without_key_and_verifiable_signature_nothing_is_sent() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let server = recording(&tape, "record", &endpoint.url(), &Credential::owner());
    let url = without_key(&server);

    let boto = as_nobody(batch(boto3(&python), &own_shares()), &url).finish();
    let lines = boto.lines();
    let error = parsed(&lines, "error")[0];
    assert_eq!((&error["status"], &error["retryAttempts"]), (&json!(403), &json!(0)));
    assert_refused(&error["message"], "whose secret ramtape does not have");

    let javascript = as_nobody(batch(node.ram(), &own_shares()), &url).finish();
    assert_refused(&parsed(&javascript.lines(), "error")[0]["message"], "whose secret ramtape does not have");

    let forged = by_cli(&python).credentials(&Credential::owner().access_key_id, "guessed").region(REGION);
    let forged = forged.endpoint(&url).finish();
    assert_refused(&json!(forged.stderr), "signature is not accepted");

    let unsigned = by_cli(&python).args(["--no-sign-request"]).region(REGION);
    let with_wrong_key = unsigned.clone().endpoint(&format!("{url}/~key-0123456789abcdefghijklmnop")).finish();
    assert_refused(&json!(with_wrong_key.stderr), "is not this proxy's");
    assert_refused(&json!(unsigned.endpoint(&url).finish().stderr), "neither this proxy's key nor a signature");

    let rust = RustSdk::new(&url, &nobody());
    let asked = rust.wait(rust.client.list_resource_types().send()).unwrap_err();
    assert_refused(&json!(format!("{asked:?}")), "whose secret ramtape does not have");

    let stopped = server.stop();
    assert_eq!((endpoint.running().requests(), endpoint.running().connections()), (0, 0), "{stopped:?}");
}

#[test]
fn a_fixed_key_and_a_session_stand_in_one_url() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let key = "as-in-a-compose-file-0123456789";
    let mut server = ramtape(tape.folder());
    server.args(["record", "--upstream", &endpoint.url(), "--cassette"]).arg(tape.path());
    let owner = Credential::owner();
    server.env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    let server = Server::start(server.env("RAMTAPE_KEY", key));
    assert_eq!(server.url, format!("{}/~{key}", without_key(&server)));

    as_nobody(batch(boto3(&python), &own_shares()), &format!("{}/~test_one", server.url)).finish().success();
    let stopped = server.stop();
    assert!(stopped.code == Some(0) && !stopped.stderr.contains(key), "{stopped:?}");
    let [file] = tape.files().try_into().unwrap();
    let text = std::fs::read_to_string(tape.path().join(file)).unwrap();
    assert!(text.contains("\"session\": \"test_one\"") && !text.contains(key), "{text}");
}

#[test]
fn every_clients_signature_verifies_with_a_session_in_the_path_too() {
    let (Some(python), Some(node)) = (python(), node()) else { return };
    let keys = of_one_role("SHARED1");
    let (endpoint, tape) = (endpoint_knowing(std::slice::from_ref(&keys)), Tape::new());
    let server = recording(&tape, "record", &endpoint.url(), &keys);
    let steps = [
        step("call", "GetResourceShares", &json!({ "resourceOwner": "SELF", "name": "données-partagées" })),
        // A write with its parameters in the query, and blanks and slashes in them.
        step(
            "call",
            "DeletePermission",
            &json!({ "permissionArn": "arn:aws:ram:us-east-1:111122223333:permission/a b" }),
        ),
    ];
    let with_keys = |call: Call, url: &str| {
        let call = call.credentials(&keys.access_key_id, &keys.secret).region(REGION).endpoint(url);
        call.env("AWS_SESSION_TOKEN", keys.session_token.as_deref().unwrap())
    };
    let cli = || {
        let name = ["--name", "données-partagées"];
        by_cli(&python).args(name)
    };
    let mut expected = 0;
    for url in [without_key(&server), format!("{}/~my.session", without_key(&server))] {
        for client in [boto3(&python), node.ram()] {
            let answers = by_step(&with_keys(batch(client, &steps), &url).finish());
            let statuses = answers.values().map(|lines| &parsed(lines, "http")[0]["status"]);
            assert_eq!(statuses.collect::<Vec<_>>(), [&json!(400), &json!(200)], "{answers:?}");
        }
        with_keys(cli(), &url).finish().success();
        let pages = RustSdk::new(&url, &keys).own_shares(Some("données-partagées"), None);
        assert_eq!(pages[0].resource_shares().len(), 1);
        expected += 6;
        assert_eq!(endpoint.running().requests(), expected);
    }
    let stopped = server.stop();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");

    let received = endpoint.running().received();
    for request in received.iter().take(6) {
        assert!(!request.target.contains('~'), "{}", request.target);
        let verdict = judge_signature(&python, &endpoint.captured(request), &keys.secret);
        assert_eq!(verdict["match"], true, "{verdict}");
    }
    let texts: Vec<String> =
        tape.files().iter().map(|file| std::fs::read_to_string(tape.path().join(file)).unwrap()).collect();
    assert!(texts.iter().all(|text| text.contains("\"session\": \"my.session\"")), "{texts:?}");
    assert_no_secret(&tape, &[&keys]);
}

#[test]
fn botocore_verifies_what_ramtape_signed_with_long_term_keys() {
    let Some(python) = python() else { return };
    let (endpoint, tape) = (Endpoint::start(), Tape::new());
    let delete = json!({ "resourceShareArn": "arn:aws:ram:us-east-1:111122223333:resource-share/a b+c/%41ü" });
    let steps = [own_shares()[0].clone(), step("call", "DeleteResourceShare", &delete)];
    let recorded = as_owner(batch(boto3(&python), &steps)).under(tape.run("once", &["--upstream", &endpoint.url()]));
    recorded.finish();
    let received = endpoint.running().received();
    assert_eq!(received.len(), 2);
    for request in &received {
        let verdict = judge_signature(&python, &endpoint.captured(request), &Credential::owner().secret);
        assert_eq!(verdict["match"], true, "{verdict}");
        assert_eq!((&verdict["service"], &verdict["region"]), (&json!("ram"), &json!(REGION)));
    }
}

/// Whether a message says that nothing was sent, and this reason.
#[track_caller]
fn assert_refused(message: &Value, reason: &str) {
    let message = message.as_str().unwrap();
    assert!(message.contains("not signed again and not sent to AWS") && message.contains(reason), "{message}");
}

/// Holds every file of the cassette, the store's too, to having neither secret, session token nor key id.
fn assert_no_secret(tape: &Tape, all: &[&Credential]) {
    let mut folders = vec![tape.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for keys in all {
                for secret in [Some(&keys.secret), keys.session_token.as_ref(), Some(&keys.access_key_id)] {
                    let secret = secret.unwrap().as_bytes();
                    let found = bytes.windows(secret.len()).any(|window| window == secret);
                    assert!(!found, "{} in {}", String::from_utf8_lossy(secret), path.display());
                }
            }
        }
    }
}
