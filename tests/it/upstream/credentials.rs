//! Where keys come from. Each test runs itself again in a process of its own: only there can the environment be chosen.

use super::server::{Server, Then, split};
use super::{LONG, SHORT, request, settings, to};
use crate::support::alone::test_path;
use ramtape::aws::{CredentialSource, CredentialsError, Keys, Upstream, UpstreamError, UpstreamSettings};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;
use tempfile::TempDir;

/// Says to a test that it is the one in the process of its own.
const CHILD: &str = "RAMTAPE_TEST_CHILD";

/// Where the test's folder is, in the child.
fn child_folder() -> Option<String> {
    std::env::var(CHILD).ok()
}

/// Runs the test `name` of this module again, in `folder` and with nothing but `variables` in its environment.
fn run_in_child(name: &str, folder: &TempDir, variables: &[(&str, &str)]) {
    let path = folder.path();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &test_path(module_path!(), name), "--nocapture", "--test-threads=1"]);
    child.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("HOME", path).env(CHILD, path);
    child.env("AWS_CONFIG_FILE", path.join("config")).env("AWS_SHARED_CREDENTIALS_FILE", path.join("credentials"));
    child.env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().copied());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
}

fn folder(config: &str, credentials: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config"), config).unwrap();
    std::fs::write(folder.path().join("credentials"), credentials).unwrap();
    folder
}

/// A program in `folder` that counts its runs in the file `runs` and prints `output`.
fn process(folder: &TempDir, output: &str) -> String {
    let path = folder.path();
    std::fs::write(path.join("output"), output).unwrap();
    format!("sh -c 'echo run >> {0}/runs; cat {0}/output'", path.display())
}

fn upstream(credentials: CredentialSource) -> Upstream {
    Upstream::new(UpstreamSettings { credentials, ..settings("http://127.0.0.1:9") }).unwrap()
}

async fn keys_of(credentials: CredentialSource) -> Result<Keys, CredentialsError> {
    upstream(credentials).credentials("default").current(SystemTime::now()).await.map(|keys| Keys::clone(&keys))
}

fn shown(keys: &Keys) -> [&str; 3] {
    [&keys.access_key_id, keys.secret.expose(), keys.session_token.as_ref().map_or("", |token| token.expose())]
}

const PROFILES: &str = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = of-default\n\
                        [other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = of-other\n";

#[tokio::test]
async fn the_environment_comes_first_but_a_named_profile_beats_it() {
    if child_folder().is_none() {
        let environment = [
            ("AWS_ACCESS_KEY_ID", "AKIAENV"),
            ("AWS_SECRET_ACCESS_KEY", "of-env"),
            ("AWS_SESSION_TOKEN", "token-of-env"),
            ("AWS_PROFILE", "absent"),
        ];
        let name = "the_environment_comes_first_but_a_named_profile_beats_it";
        return run_in_child(name, &folder("", PROFILES), &environment);
    }
    let keys = keys_of(CredentialSource::DefaultChain { profile: None }).await.unwrap();
    assert_eq!(shown(&keys), ["AKIAENV", "of-env", "token-of-env"]);
    let keys = keys_of(CredentialSource::Profile("other".to_owned())).await.unwrap();
    assert_eq!(shown(&keys), ["AKIAOTHER", "of-other", ""]);
}

#[tokio::test]
async fn a_profile_of_the_environment_is_used_and_an_absent_one_named() {
    if child_folder().is_none() {
        let name = "a_profile_of_the_environment_is_used_and_an_absent_one_named";
        return run_in_child(name, &folder("", PROFILES), &[("AWS_PROFILE", "other")]);
    }
    let keys = keys_of(CredentialSource::DefaultChain { profile: None }).await.unwrap();
    assert_eq!(shown(&keys), ["AKIAOTHER", "of-other", ""]);
    let error = keys_of(CredentialSource::Profile("absent".to_owned())).await.unwrap_err();
    assert!(matches!(error, CredentialsError::Missing { .. }), "{error:?}");
    assert!(error.to_string().contains("profile `absent` was not defined"), "{error}");
}

#[tokio::test]
async fn without_any_credentials_nothing_is_sent() {
    if child_folder().is_none() {
        return run_in_child("without_any_credentials_nothing_is_sent", &folder("", ""), &[]);
    }
    let server = Server::start("HTTP/1.1 200 OK\r\n\r\n", Then::Close).await;
    let credentials = CredentialSource::DefaultChain { profile: None };
    let upstream = Upstream::new(UpstreamSettings { credentials, ..settings(&server.url()) }).unwrap();
    let request = request(&[]);
    let error = upstream.send(&to("default", "us-east-1"), &request, request.body.clone()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Credentials(CredentialsError::Missing { .. })), "{error:?}");
    assert!(!error.is_transient());
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_process_is_run_once_until_its_keys_expire() {
    let name = "a_process_is_run_once_until_its_keys_expire";
    let Some(path) = child_folder() else {
        let folder = folder("", "");
        let output = r#"{"Version": 1, "AccessKeyId": "ASIAPROC", "SecretAccessKey": "of-process",
                         "SessionToken": "token-of-process", "Expiration": "2222-02-02T02:02:02Z"}"#;
        let config = format!("[default]\ncredential_process = {}\n", process(&folder, output));
        std::fs::write(folder.path().join("config"), config).unwrap();
        return run_in_child(name, &folder, &[]);
    };
    let runs = || std::fs::read_to_string(Path::new(&path).join("runs")).unwrap_or_default().lines().count();
    let upstream = upstream(CredentialSource::DefaultChain { profile: None });
    assert_eq!(runs(), 0, "nothing is fetched before it is needed");
    let credentials = upstream.credentials("default");
    let now = SystemTime::now();
    let (one, two) = tokio::join!(credentials.current(now), credentials.current(now));
    assert_eq!(shown(&one.clone().unwrap()), ["ASIAPROC", "of-process", "token-of-process"]);
    assert_eq!(one, two);
    assert_eq!(runs(), 1, "two at once share one fetch");
    let expiry = one.unwrap().expiry.unwrap();
    credentials.current(expiry - 6 * LONG).await.unwrap();
    assert_eq!(runs(), 1);
    credentials.current(expiry - 4 * LONG).await.unwrap();
    assert_eq!(runs(), 2, "fetched anew before they expire");
    // A process that fails now: what is at hand still serves, until it expires.
    std::fs::remove_file(Path::new(&path).join("output")).unwrap();
    credentials.current(expiry - SHORT).await.unwrap();
    credentials.current(expiry - SHORT).await.unwrap();
    assert_eq!(runs(), 3, "one that failed is left alone for a while");
    let error = credentials.current(expiry).await.unwrap_err();
    assert!(matches!(error, CredentialsError::Failed { .. }), "{error:?}");
    assert_eq!(runs(), 3);
    let error = credentials.current(expiry + LONG).await.unwrap_err();
    assert!(matches!(error, CredentialsError::Failed { .. }), "{error:?}");
    assert_eq!(runs(), 4, "and then asked again");
}

#[tokio::test]
async fn a_process_that_fails_is_named_without_what_it_says() {
    let name = "a_process_that_fails_is_named_without_what_it_says";
    if child_folder().is_none() {
        let config = "[default]\ncredential_process = sh -c 'echo it is s3cret >&2; exit 3'\n\
                      [profile slow]\ncredential_process = sleep 20\n\
                      [profile garbled]\ncredential_process = echo '{\"Version\": 1, \"SecretAccessKey\": \"s3cret\"'\n";
        return run_in_child(name, &folder(config, ""), &[]);
    }
    for source in [CredentialSource::DefaultChain { profile: None }, CredentialSource::Profile("garbled".to_owned())] {
        let error = keys_of(source).await.unwrap_err();
        assert!(matches!(error, CredentialsError::Failed { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("external process") && !text.contains("s3cret"), "{text}");
    }
    let credentials = CredentialSource::Profile("slow".to_owned());
    let settings = UpstreamSettings { credentials, credentials_time: SHORT, ..settings("http://127.0.0.1:9") };
    let error = Upstream::new(settings).unwrap().credentials("default").current(SystemTime::now()).await.unwrap_err();
    assert_eq!(error, CredentialsError::TimedOut { limit: SHORT });
}

#[tokio::test]
async fn a_role_is_assumed_through_the_one_http_stack() {
    let name = "a_role_is_assumed_through_the_one_http_stack";
    if child_folder().is_none() {
        let config = "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n\
                      region = eu-west-3\n";
        let credentials = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = of-base\n";
        let body = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
                    <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>of-role</SecretAccessKey>\
                    <SessionToken>token-of-role</SessionToken><Expiration>2222-02-02T02:02:02Z</Expiration></Credentials>\
                    </AssumeRoleResult></AssumeRoleResponse>";
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let server = Server::start(answer, Then::KeepOpen).await;
        let (url, folder) = (server.url(), folder(config, credentials));
        // A proxy that nobody listens at: no proxy is asked.
        let variables = [("AWS_ENDPOINT_URL_STS", url.clone()), ("HTTP_PROXY", "http://127.0.0.1:9".to_owned())];
        let child = tokio::task::spawn_blocking(move || {
            let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
            run_in_child(name, &folder, &variables);
        });
        child.await.unwrap();
        let received = server.received();
        assert_eq!(received.len(), 1);
        let (head, body) = split(&received[0]).unwrap();
        assert!(head.contains("Credential=AKIABASE/") && head.contains("/eu-west-3/sts/aws4_request"), "{head}");
        assert!(body.starts_with(b"Action=AssumeRole&"));
        return;
    }
    let keys = keys_of(CredentialSource::Profile("role".to_owned())).await.unwrap();
    assert_eq!(shown(&keys), ["ASIAROLE", "of-role", "token-of-role"]);
}

#[tokio::test]
async fn a_container_is_asked() {
    if child_folder().is_none() {
        let body = r#"{"AccessKeyId":"ASIACONT","SecretAccessKey":"of-container","Token":"t","Expiration":"2222-02-02T02:02:02Z"}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let server = Server::start(answer, Then::KeepOpen).await;
        let url = format!("{}/creds", server.url());
        let child = tokio::task::spawn_blocking(move || {
            run_in_child("a_container_is_asked", &folder("", ""), &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
        });
        return child.await.unwrap();
    }
    let keys = keys_of(CredentialSource::DefaultChain { profile: None }).await.unwrap();
    assert_eq!(shown(&keys), ["ASIACONT", "of-container", "t"]);
}
