//! Secrets planted wherever a request, an answer, an error, a header, a token, a policy or a tag can hold one, recorded
//! through the real binary: nothing of them is in the cassette, in its store, or in the log.

use crate::support::binary::{Server, folder, ramtape};
use crate::support::clients::{Call, python};
use crate::support::secrets::{SECRETS, committed, core, files};
use crate::support::stage::{Asking, Caller, Stage};
use http::Method;
use http_body_util::Full;
use ramtape::simulator::{Credential, Effect, Fault};
use serde_json::json;
use std::path::Path;

/// Server and client of a recording with the log at its most talkative, into `folder`/c.
fn recording(folder: &Path, upstream: &str, more: &[&str]) -> Server {
    let owner = Credential::owner();
    let mut command = ramtape(folder);
    command.args(["record", "-vvv", "--record-errors", "--upstream", upstream, "--cassette", "c"]).args(more);
    command.env("AWS_ACCESS_KEY_ID", owner.access_key_id).env("AWS_SECRET_ACCESS_KEY", owner.secret);
    Server::start(&mut command)
}

fn raw(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Effect {
    Effect::Raw { status, content_type: Some(content_type.to_owned()), body: body.into().into() }
}

/// Everything that can hold a secret.
async fn ask_everywhere(stage: &Stage, caller: &Caller, number: usize, secret: &str) {
    let inject = |effect: Effect| stage.endpoint().inject(Fault::next(effect));
    // Name, description of who, tags: keys and values.
    let tags = json!([{ "key": format!("k {secret}"), "value": secret }, { "key": "plain", "value": "plain" }]);
    let share = json!({ "name": format!("share {number} {secret}"), "tags": tags, "clientToken": secret.get(..64).unwrap_or(secret) });
    let created = caller.post("CreateResourceShare", share).await;
    assert_eq!(created.status, 200, "{}", created.message());
    let arn = created.json()["resourceShare"]["resourceShareArn"].as_str().unwrap_or_default().to_owned();
    let listed = caller
        .post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": format!("share {number} {secret}") }));
    assert!(
        String::from_utf8_lossy(&listed.await.body).contains(core(secret)),
        "the client gets what the endpoint says"
    );
    caller.post("TagResource", json!({ "resourceShareArn": arn, "tags": tags })).await;
    // A policy inside a string, escaped once more.
    let template = json!({ "Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Sid": secret, "n": { "m": format!("<{secret}>") } });
    let policy =
        json!({ "name": format!("p{number}"), "resourceType": "ec2:Subnet", "policyTemplate": template.to_string() });
    caller.post("CreatePermission", policy).await;
    // An error's message, its name, its content type.
    let message = format!("Mail {secret} or wait");
    inject(Effect::Refused { status: 400, name: "InvalidParameterException".into(), message });
    caller.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": format!("refused{number}") })).await;
    inject(raw(400, &format!("text/plain; note={secret}"), format!("<p>{secret}</p>")));
    caller.post("ListPrincipals", json!({ "resourceOwner": "SELF", "resourceArn": secret })).await;
    // Bytes that are no text, with text in them; a member that says what it holds; a name that is a secret.
    inject(raw(200, "application/octet-stream", [b"\xff\xfe\x00", secret.as_bytes(), b"\x80"].concat()));
    caller.post("ListResources", json!({ "resourceOwner": "SELF", "principal": secret })).await;
    inject(raw(
        200,
        "application/json",
        json!({ "resources": [{ "password": "hunter2-hunter2", secret: [secret] }] }).to_string(),
    ));
    caller.post("ListResources", json!({ "resourceOwner": "OTHER-ACCOUNTS", "principal": secret })).await;
    // Tokens: the client's, and upstream's.
    caller.post("ListPermissions", json!({ "nextToken": secret })).await;
    let token = json!({ "permissions": [], "nextToken": format!("upstream {secret}") });
    inject(raw(200, "application/json", token.to_string()));
    let first = caller.post("ListPermissions", json!({ "resourceType": secret })).await;
    inject(raw(200, "application/json", "{\"permissions\":[]}"));
    caller.post("ListPermissions", json!({ "resourceType": secret, "nextToken": first.next_token().unwrap() })).await;
    ask_unknown(caller, secret, &inject).await;
}

/// Operations that nobody knows: path, query, a body of any kind; headers.
async fn ask_unknown(caller: &Caller, secret: &str, inject: &impl Fn(Effect)) {
    let escaped = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    for (path, body) in [
        (format!("/mystery/{escaped}?q={escaped}&{escaped}=1"), String::new()),
        ("/mystery/form".to_owned(), format!("a={escaped}&b={secret}")),
        ("/mystery/json".to_owned(), json!([secret, { "a": secret }]).to_string()),
    ] {
        inject(raw(200, "text/plain", format!("{secret} {escaped}")));
        let mut request = http::Request::new(Full::new(body.into()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{}{path}", caller.base).parse().unwrap();
        request.headers_mut().insert("x-custom", secret.parse().unwrap());
        caller.send(request).await;
    }
    for illegal in [json!({ "maxResults": secret }), json!({ "nextToken": [secret] })] {
        caller.post("ListPermissions", illegal).await;
    }
    let with_headers = Asking::default().header("x-amz-security-token", secret).header("user-agent", secret);
    caller.ask("ListResourceTypes", "{}", with_headers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_secret_is_written_anywhere() {
    let (stage, folder) = (Stage::new().await, folder());
    let server = recording(folder.path(), stage.url(), &[]);
    let caller = Caller::of(&server.url);
    for (number, (_, secret)) in SECRETS.into_iter().enumerate() {
        ask_everywhere(&stage, &caller, number, secret).await;
    }
    let finished = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    let told: String = finished.stderr.lines().filter(|line| !line.contains(" answered ")).collect();
    assert_eq!(finished.code, Some(0), "{told}");
    let cassette = folder.path().join("c");
    let texts = committed(&cassette);
    assert!(texts.len() > 10 * SECRETS.len(), "{} files", texts.len());
    let all: String = texts.iter().map(|(path, text)| format!("{}\n{text}\n", path.display())).collect();
    for marker in ["redacted-", "REDACTED", "@example.com"] {
        assert!(all.contains(marker), "{marker}");
    }
    let bytes = encoded(&texts);
    assert!(bytes.len() >= SECRETS.len());
    for (what, planted) in SECRETS {
        let secret = core(planted);
        assert!(!all.contains(secret), "{what} in the text: {}", near(&all, secret));
        assert!(!finished.stderr.contains(secret), "{what} in the log: {}", near(&finished.stderr, secret));
        assert!(!finished.stdout.contains(secret));
        assert!(bytes.iter().all(|body| !body.contains(secret)), "{what} in a body of bytes");
        // The store holds upstream's own tokens, and nobody commits it.
        for (path, text) in files(&cassette.join(".store")) {
            let text = text.replace(&format!("upstream {planted}"), "");
            assert!(!text.contains(secret), "{what} in {}: {}", path.display(), near(&text, secret));
        }
    }
    assert!(finished.stderr.contains("TRACE") || finished.stderr.contains("DEBUG"), "the log was talkative");
    assert!(!all.contains("hunter2"));
    scanned(folder.path(), &cassette);
    replayed(folder.path()).await;
}

/// The bodies that are no text, as they are.
fn encoded(texts: &[(std::path::PathBuf, String)]) -> Vec<String> {
    let lines = texts.iter().flat_map(|(_, text)| text.lines());
    let coded = lines.filter_map(|line| line.trim().strip_prefix("\"base64\": \"")?.strip_suffix('"'));
    coded
        .map(|line| String::from_utf8_lossy(&data_encoding::BASE64.decode(line.as_bytes()).unwrap()).into_owned())
        .collect()
}

fn near<'a>(text: &'a str, part: &str) -> &'a str {
    let at = text.find(part).unwrap_or_default();
    let start = (0..=at.saturating_sub(120)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let end = (at + part.len()..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
    &text[start..end]
}

/// ramtape's own scan finds nothing, nor does one that knows nothing of ramtape.
fn scanned(folder: &Path, cassette: &Path) {
    let scan = crate::support::binary::run(folder, &["scan", "c"]);
    assert_eq!((scan.code, scan.stdout.as_str()), (Some(0), ""), "{scan:?}");
    let Some(python) = python() else { return };
    assert_eq!(detected(&python, cassette), [""; 0], "detect-secrets");
    // It would have found them.
    let plain = folder.join("plain");
    std::fs::create_dir(&plain).unwrap();
    for (number, (_, secret)) in SECRETS.into_iter().enumerate() {
        std::fs::write(plain.join(format!("{number}.json")), json!({ "value": secret }).to_string()).unwrap();
    }
    let found = detected(&python, &plain);
    assert!(found.len() >= 6, "{found:?}");
}

/// What detect-secrets finds in the text below `folder`, by file. All its plugins look, but for `KeywordDetector`, which goes
/// by the names of members (`password`) whatever their values are. Bodies of bytes are base64, which looks random to it by
/// its nature; they are looked through above.
fn detected(python: &Path, folder: &Path) -> Vec<String> {
    let arguments = ["-m", "detect_secrets", "-C", folder.to_str().unwrap(), "scan", "--all-files"];
    let call = Call::new(python).args(arguments).args([
        "--no-verify",
        "--disable-plugin",
        "KeywordDetector",
        "--exclude-lines",
        "\"base64\": ",
    ]);
    let call = call.args(["--exclude-files", r"(^|/)\.store/"]);
    let report: serde_json::Value = serde_json::from_slice(&call.finish().success().stdout).unwrap();
    assert!(report["plugins_used"].as_array().unwrap().len() > 20, "{}", report["plugins_used"]);
    let results = report["results"].as_object().unwrap();
    results.iter().map(|(file, found)| format!("{file}: {found}")).collect()
}

/// The secrets that clients sent still lead to what was recorded for them, although the cassette does not have them.
async fn replayed(folder: &Path) {
    let server = Server::start(ramtape(folder).args(["replay", "--cassette", "c"]));
    let caller = Caller::of(&server.url);
    for (number, (_, secret)) in SECRETS.into_iter().enumerate() {
        let asked = json!({ "resourceOwner": "SELF", "name": format!("share {number} {secret}") });
        let answer = caller.post("GetResourceShares", asked).await;
        assert_eq!(answer.status, 200, "{}", answer.message());
        let shares = answer.json()["resourceShares"].clone();
        let own = shares[0]["name"].as_str().unwrap().to_owned();
        assert!(own.starts_with(&format!("share {number} ")) && !own.contains(core(secret)), "{own}");
        // And what the answer called it leads there too.
        let again = caller.post("GetResourceShares", json!({ "resourceOwner": "SELF", "name": own })).await;
        assert_eq!(again.body, answer.body);
    }
    let finished = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}
