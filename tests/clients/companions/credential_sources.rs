//! Profiles that ask as a role with what the environment, a container or an instance has: ramtape asks there too, and signs the
//! call for the role with that. A replay needs none of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use super::text_of;
use crate::support::clients::{Call, Moto, python, source};
use crate::support::scene::{REGION, Tape};
use serde_json::{Value, json};

const KEYS: &str = "\"SecretAccessKey\":\"planted-source-secret\",\"Token\":\"planted-source-token\",\
                    \"Expiration\":\"2222-02-02T02:02:02Z\"";
const CONTAINER_KEY: &str = "ASIAPLANTEDCONTAINER";
const INSTANCE_KEY: &str = "ASIAPLANTEDINSTANCE0";
const ENVIRONMENT_KEY: &str = "AKIAPLANTEDENVIRONME";

/// What a machine in AWS has around it: a container's credentials, an instance's metadata, and in front of moto an STS that
/// notes with which keys it is asked.
struct Surroundings {
    url: String,
    /// Operations of STS, each with the id of the key that signed.
    asked: Arc<Mutex<Vec<(String, String)>>>,
    _moto: Moto,
}

impl Surroundings {
    fn start(python: &Path) -> Self {
        let moto = Moto::start(python);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let (noted, upstream) = (Arc::clone(&asked), moto.url.strip_prefix("http://").unwrap().to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (noted, upstream) = (Arc::clone(&noted), upstream.clone());
                // A client that goes away in the middle is its own affair.
                thread::spawn(move || answer(stream.unwrap(), &upstream, &noted));
            }
        });
        Self { url, asked, _moto: moto }
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, upstream: &str, noted: &Mutex<Vec<(String, String)>>) -> Option<()> {
    let (head, body) = read_request(&mut stream)?;
    let mut line = head.split(' ');
    let role = "/latest/meta-data/iam/security-credentials/";
    let instance = format!("{role}of-instance");
    let local = match (line.next()?, line.next()?) {
        ("GET", "/container") => Some(format!("{{\"AccessKeyId\":\"{CONTAINER_KEY}\",{KEYS}}}")),
        ("PUT", "/latest/api/token") => Some("token".to_owned()),
        ("GET", path) if path == role => Some("of-instance".to_owned()),
        ("GET", path) if path == instance => Some(format!(
            "{{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"LastUpdated\":\"2020-01-01T00:00:00Z\",\
             \"AccessKeyId\":\"{INSTANCE_KEY}\",{KEYS}}}"
        )),
        ("POST", _) => None,
        _ => {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok();
        }
    };
    if let Some(text) = local {
        let length = text.len();
        return write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )
        .ok();
    }
    let operation = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let key = head.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next());
    if let (Some(operation), Some(key)) = (operation, key) {
        noted.lock().unwrap().push((operation.to_owned(), key.to_owned()));
    }
    let mut moto = TcpStream::connect(upstream).ok()?;
    moto.write_all(format!("{}\r\nConnection: close\r\n\r\n{body}", head.trim_end()).as_bytes()).ok()?;
    let mut answer = Vec::new();
    moto.read_to_end(&mut answer).ok()?;
    stream.write_all(&answer).ok()
}

/// Head and body of one request.
fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut received, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut piece).ok()? {
            0 => return None,
            count => received.extend(&piece[..count]),
        }
    }
}

/// Records and replays who `profiles` are, where the profile `deploy` has this `credential_source`; gives what STS was asked. Only
/// for the recording does the client have what `around` adds.
fn check(
    credential_source: &str,
    profiles: &[&str],
    around: impl Fn(Call, &Surroundings) -> Call,
) -> Option<Vec<(String, String)>> {
    let python = python()?;
    let (tape, surroundings) = (Tape::new(), Surroundings::start(&python));
    let (config, absent) = (tape.folder().join("config"), tape.folder().join("absent"));
    let role = |account: char, name: &str, source: &str| {
        let account = account.to_string().repeat(12);
        format!("[profile {name}]\nrole_arn = arn:aws:iam::{account}:role/{name}\n{source}\nregion = {REGION}\n")
    };
    let deploy = role('4', "deploy", &format!("credential_source = {credential_source}\nexternal_id = planted"));
    fs::write(&config, deploy + &role('5', "chained", "source_profile = deploy")).unwrap();
    let call = || Call::new(&python).args([source("python/profiles.py")]).args(profiles);
    let recording = around(call(), &surroundings)
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", &absent)
        .under(tape.run("once", &["--upstream", &surroundings.url]));
    let recorded = recording.finish().success();
    let expected = |profile: &&str| json!(if *profile == "chained" { "5" } else { "4" }.repeat(12));
    let accounts: Vec<Value> = recorded.lines().iter().map(|line| line["account"].clone()).collect();
    assert_eq!(accounts, profiles.iter().map(expected).collect::<Vec<_>>(), "{recorded}");
    let asked = surroundings.asked();
    drop(surroundings);
    let text = text_of(tape.path());
    for secret in ["planted-source", CONTAINER_KEY, INSTANCE_KEY, ENVIRONMENT_KEY] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(tape.text_alone().replay(call()).lines(), recorded.lines());
    Some(asked)
}

/// Who asked for roles.
fn keys_of_assume_role(asked: &[(String, String)]) -> Vec<&str> {
    asked.iter().filter(|(operation, _)| operation == "AssumeRole").map(|(_, key)| key.as_str()).collect()
}

#[test]
fn a_containers_credentials_ask_for_the_role() {
    let container = |call: Call, around: &Surroundings| {
        call.env("AWS_PROFILE", "deploy").env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/container", around.url))
    };
    let Some(asked) = check("EcsContainer", &["", "deploy", "chained"], container) else { return };
    let keys = keys_of_assume_role(&asked);
    assert!(keys[0] == CONTAINER_KEY && keys.iter().filter(|key| **key != CONTAINER_KEY).count() == 1, "{asked:?}");
}

#[test]
fn an_instances_credentials_ask_for_the_role() {
    let instance = |call: Call, around: &Surroundings| {
        call.env("AWS_PROFILE", "deploy")
            .env("AWS_EC2_METADATA_DISABLED", "false")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("{}/", around.url))
    };
    let Some(asked) = check("Ec2InstanceMetadata", &["", "deploy"], instance) else { return };
    assert_eq!(keys_of_assume_role(&asked), [INSTANCE_KEY, INSTANCE_KEY], "{asked:?}");
}

/// The keys in the environment are ramtape's own here too, unless it is told to sign as the profile itself.
#[test]
fn the_keys_in_the_environment_ask_for_the_role() {
    for own_profile in ["", "deploy"] {
        let environment = |call: Call, _: &Surroundings| {
            call.credentials(ENVIRONMENT_KEY, "planted-source-secret").env("RAMTAPE_PROFILE", own_profile)
        };
        let Some(asked) = check("Environment", &["deploy", "chained"], environment) else { return };
        let keys = keys_of_assume_role(&asked);
        assert!(keys.len() == 3 && keys[..2] == [ENVIRONMENT_KEY; 2], "{own_profile}: {asked:?}");
    }
}

/// One role, asked for in one way on the developers' machines and in another in AWS.
#[test]
fn of_two_profiles_with_one_role_the_source_that_is_there_asks() {
    let Some(python) = python() else { return };
    let (tape, surroundings) = (Tape::new(), Surroundings::start(&python));
    let (config, program) = (tape.folder().join("config"), tape.folder().join("program.sh"));
    let keys = "{\"Version\":1,\"AccessKeyId\":\"ASIAPLANTED'$$'\",\"SecretAccessKey\":\"planted\",\"SessionToken\":\"planted\"}";
    fs::write(&program, format!("echo '{keys}'")).unwrap();
    let role = "role_arn = arn:aws:iam::444444444444:role/deploy\nregion = us-east-1\n";
    let program = program.to_str().unwrap();
    let text = format!(
        "[profile a-container]\n{role}credential_source = EcsContainer\n\
         [profile deploy]\n{role}source_profile = program\n[profile program]\ncredential_process = sh {program}\n\
         [profile z-container]\n{role}credential_source = EcsContainer\n"
    );
    fs::write(&config, text).unwrap();
    let recorded = Call::new(&python)
        .args([source("python/profiles.py"), "deploy".into()])
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_PROFILE", "deploy")
        .under(tape.run("once", &["--upstream", &surroundings.url]))
        .finish()
        .success();
    assert_eq!(recorded.lines()[0]["account"], "444444444444");
    assert!(surroundings.asked()[0].1.starts_with("ASIAPLANTED"), "{:?}", surroundings.asked());
}
