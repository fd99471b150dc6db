//! What goes upstream when ramtape is the proxy, what does not, and for whom.

use crate::support::principals::temporary;
use crate::support::proxied::{HOST, Proxied};
use crate::support::stage::{Answer, Asking, Ramtape, Stage};
use http::HeaderMap;
use ramtape::config::RecordMode;
use ramtape::simulator::{Credential, Effect, Fault, SimulatorSettings};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

const LISTING: &str = "GetResourceShares";

fn own() -> Value {
    json!({ "resourceOwner": "SELF" })
}

fn client(recording: &Ramtape) -> Proxied {
    Proxied::new(&recording.base, &Credential::owner())
}

fn errors(answers: &[Answer]) -> Vec<Option<String>> {
    answers.iter().map(Answer::error).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_gets_what_the_client_signed_and_nothing_of_ramtapes() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let more = [
        ("x-amz-user-agent", "aws-sdk-js/3.900"),
        ("x-amz-meta", "  two   blanks "),
        ("amz-sdk-invocation-id", "6f3d"),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("user-agent", "aws-sdk-js/3.900 app/from_agent"),
        ("x-ramtape-session", "from_header"),
        ("proxy-authorization", "Basic bWU6aHVudGVyMg=="),
        ("accept-encoding", "gzip"),
    ];
    let answer = client(&recording).ask(LISTING, own(), &more).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let [received] = stage.endpoint().received().try_into().unwrap();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/getresourceshares"));
    assert_eq!(received.body, own().to_string());
    let field = |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok());
    for (name, value) in [
        ("host", HOST),
        ("user-agent", "aws-sdk-js/3.900 app/from_agent"),
        ("x-amz-user-agent", "aws-sdk-js/3.900"),
        ("amz-sdk-invocation-id", "6f3d"),
        ("accept-encoding", "identity"),
    ] {
        assert_eq!(field(name), Some(value), "{name}");
    }
    for name in ["x-ramtape-session", "proxy-authorization", "proxy-connection", "connection"] {
        assert_eq!(field(name), None, "{name}");
    }
    let summary = recording.stop().await;
    assert_eq!(summary.sessions[0].name.as_deref(), Some("from_header"), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_header_under_the_signature_arrives_whatever_it_is() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(own().to_string()));
    // The JavaScript SDK signs most of these; the first two are ramtape's to drop where they are not signed.
    let signed = [
        ("x-ramtape-session", "signed_name"),
        ("accept-encoding", "identity, gzip;q=0.5"),
        ("amz-sdk-invocation-id", "6f3d"),
        ("amz-sdk-request", "attempt=1; max=3"),
        ("x-amz-content-sha256", hash.as_str()),
        ("x-amz-user-agent", "aws-sdk-js/3.900"),
        ("cache-control", "no-cache"),
    ];
    let answer = client(&recording).ask_signing(LISTING, own(), &signed).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let [received] = stage.endpoint().received().try_into().unwrap();
    for (name, value) in signed {
        assert_eq!(received.headers[name], value, "{name}");
    }
    let authorization = received.headers["authorization"].to_str().unwrap();
    for name in ["accept-encoding;", "amz-sdk-request;", "content-length;", "x-ramtape-session"] {
        assert!(authorization.contains(name), "{name} in {authorization}");
    }
    assert_eq!(recording.stop().await.sessions[0].name.as_deref(), Some("signed_name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_slashes_are_sent_as_signed_and_are_the_same_operation() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let recorded = client(&recording).post(LISTING, own()).await;
    client(&recording).post("/GetPermission/", json!({})).await;
    recording.stop().await;
    let targets: Vec<String> = stage.endpoint().received().into_iter().map(|received| received.target).collect();
    assert_eq!(targets, ["/getresourceshares", "//getpermission/"]);

    let replaying = stage.ramtape("c", RecordMode::None).await;
    for spelling in ["/GetResourceShares", "GetResourceShares/"] {
        assert_eq!(client(&replaying).post(spelling, own()).await.body, recorded.body, "{spelling}");
    }
    assert_eq!(replaying.stop().await.missed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_is_asked_for_no_other_host() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::All).await;
    for host in [
        "ram.us-east-1.amazonaws.com.evil.test",
        "ram.us-east-1.amazonaws.com.",
        "RAM.us-east-1.amazonaws.com",
        "ram.us-east-1.amazonaws.com:8443",
        "169.254.169.254",
        "2852039166",
        "localhost:1",
        "ec2.us-east-1.amazonaws.com",
    ] {
        let request = format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let refused = client(&recording).raw(&request).await;
        assert!([400, 403].contains(&refused.status.as_u16()), "{host}: {refused:?}");
        assert!(refused.message().starts_with("ramtape: "), "{host}: {refused:?}");
    }
    let prefixed = format!("POST http://{HOST}/~name/x HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    assert_eq!(client(&recording).raw(&prefixed).await.status, 400);
    assert_eq!((recording.stop().await.upstream_connections, stage.endpoint().connections()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_be_proved_as_nothing_is_signed() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let wrong = Credential { secret: "wrong".to_owned(), ..Credential::owner() };
    let refused = Proxied::new(&recording.base, &wrong).post(LISTING, own()).await;
    assert_eq!((refused.status.as_u16(), refused.error().as_deref()), (403, Some("InvalidSignatureException")));
    let unsigned =
        format!("POST http://{HOST}/getresourceshares HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    let refused = client(&recording).raw(&unsigned).await;
    assert_eq!(refused.error().as_deref(), Some("MissingAuthenticationTokenException"), "{refused:?}");
    // The key of the base URL is no power here.
    assert_eq!(client(&recording).post(LISTING, own()).await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on), (1, 2), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_upstream_refuses_before_it_judges_a_signature_is_passed_on_and_moves_no_session() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let unsigned = format!("POST http://{HOST}/unheard-of/one HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    let forged = Proxied::new(&recording.base, &Credential { secret: "wrong".to_owned(), ..Credential::owner() });
    let unheard_of = [client(&recording).raw(&unsigned).await, forged.post("unheard-of/one", json!({})).await];
    for answer in &unheard_of {
        let told = (answer.status.as_u16(), answer.error());
        assert_eq!(told, (404, Some("UnknownOperationException".to_owned())), "{answer:?}");
    }
    assert_eq!(client(&recording).post(LISTING, own()).await.status, 200);
    let summary = recording.stop().await;
    assert_eq!((summary.recorded, summary.passed_on, summary.sessions[0].writes), (1, 2, 0), "{summary:?}");
    let texts = stage.texts("c");
    assert!(texts.len() == 1 && !texts[0].1.contains("\"after\": \""), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_not_for_whoever_asks_the_same_meanwhile() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    stage.endpoint().inject(Fault::next(Effect::Latency(Duration::from_secs(3))));
    let wrong = Credential { secret: "wrong".to_owned(), ..Credential::owner() };
    let (owner, other) = (client(&recording), Proxied::new(&recording.base, &wrong));
    let same = Asking::region("us-east-1");
    let (good, bad, endpoint) = tokio::join!(
        owner.post(LISTING, own()),
        other.post(LISTING, own()),
        recording.ask(LISTING, own().to_string(), same)
    );
    assert_eq!(good.status, 200, "{good:?}");
    assert_eq!(bad.error().as_deref(), Some("InvalidSignatureException"), "{bad:?}");
    assert_eq!(endpoint.status, 200, "{endpoint:?}");
    assert_eq!(stage.endpoint().requests(), 3);
    recording.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_repeats_no_write() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let client = client(&recording);
    let client = &client;
    let create = async |id: &str| {
        client.ask("CreateResourceShare", json!({ "name": "once" }), &[("amz-sdk-invocation-id", id)]).await
    };
    let first = create("one").await;
    let retried = create("one").await;
    assert_eq!((first.status.as_u16(), &first.body), (200, &retried.body));
    assert_ne!(create("two").await.body, first.body);
    assert_eq!(stage.endpoint().requests_of("CreateResourceShare"), 2);
    recording.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_are_refused_where_only_reads_are_allowed() {
    let stage = Stage::new().await;
    let recording = stage.ramtape_with("c", RecordMode::All, |written| written.read_only = Some(true)).await;
    let refused = client(&recording).post("CreateResourceShare", json!({ "name": "x" })).await;
    assert_eq!(refused.error().as_deref(), Some("RamtapeReadOnlyException"));
    assert_eq!(client(&recording).post(LISTING, own()).await.status, 200);
    assert_eq!(stage.endpoint().requests(), 1);
    recording.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_account_is_refused_unless_an_actor_claims_it() {
    let (first, second) = (temporary(Credential::owner(), 1), temporary(Credential::consumer(), 1));
    let credentials = vec![first.clone(), second.clone()];
    let stage = Stage::with(SimulatorSettings { seed: Some(7), credentials, ..SimulatorSettings::default() }).await;
    let both = |recording: &Ramtape| [&first, &second].map(|keys| Proxied::new(&recording.base, keys));
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let [one, two] = both(&recording);
    let answers = [one.post(LISTING, own()).await, two.post(LISTING, own()).await];
    assert_eq!(errors(&answers), [None, Some("RamtapeUnclaimedAccountException".to_owned())], "{answers:?}");
    assert_eq!(stage.endpoint().requests(), 1);
    recording.stop().await;

    // An actor needs no profile here: nothing is signed for it.
    let actor = "[actors.consumer]\naccount = '444455556666'";
    let with_actor = |written: &mut ramtape::config::RawConfig| {
        written.actors = toml::from_str::<ramtape::config::RawConfig>(actor).unwrap().actors;
    };
    let recording = stage.ramtape_with("two", RecordMode::Once, with_actor).await;
    let [one, two] = both(&recording);
    let answers = [one.post(LISTING, own()).await, two.post(LISTING, own()).await];
    assert_eq!(errors(&answers), [None, None], "{answers:?}");
    assert_ne!(answers[0].body, answers[1].body);
    recording.stop().await;
    let actors: Vec<bool> =
        stage.texts("two").iter().map(|(_, text)| text.contains("\"actor\": \"consumer\"")).collect();
    assert_eq!(actors.iter().filter(|is_consumer| **is_consumer).count(), 1, "{actors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_key_id_locks_nobody_out() {
    let (real, other) = (temporary(Credential::owner(), 1), temporary(Credential::consumer(), 1));
    let credentials = vec![real.clone(), other.clone()];
    let stage = Stage::with(SimulatorSettings { seed: Some(7), credentials, ..SimulatorSettings::default() }).await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let forged = Credential { secret: "wrong".to_owned(), ..other.clone() };
    let mut answers = Vec::new();
    for keys in [&forged, &real, &other] {
        answers.push(Proxied::new(&recording.base, keys).post(LISTING, own()).await);
    }
    let [refused, second] =
        ["InvalidSignatureException", "RamtapeUnclaimedAccountException"].map(|e| Some(e.to_owned()));
    assert_eq!(errors(&answers), [refused, None, second], "{answers:?}");
    assert_eq!(recording.stop().await.recorded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_named_by_header_or_application_id() {
    let mut stage = Stage::new().await;
    let named = |name: &'static str| [("x-ramtape-session", name)];
    let agent = [("user-agent", "Boto3/1.43 app/by_agent")];
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let proxied = client(&recording);
    let mut recorded = Vec::new();
    for (at, session) in [&named("a")[..], &named("b"), &agent].into_iter().enumerate() {
        let created = proxied.ask("CreateResourceShare", json!({ "name": format!("share-{at}") }), session).await;
        assert_eq!(created.status, 200, "{created:?}");
        recorded.push(proxied.ask(LISTING, own(), session).await.body);
    }
    recording.stop().await;
    stage.stop_endpoint().await;

    let replaying = stage.ramtape("c", RecordMode::None).await;
    let proxied = client(&replaying);
    for (at, session) in [(2, &agent[..]), (0, &named("a")), (1, &named("b"))] {
        assert_eq!(proxied.ask(LISTING, own(), session).await.body, recorded[at], "{at}");
    }
    let asking = Asking::session("b");
    assert_eq!(replaying.ask(LISTING, own().to_string(), asking).await.body, recorded[1]);
    replaying.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_names_become_holes_for_all_doors() {
    let mut stage = Stage::new().await;
    let volatile = |written: &mut ramtape::config::RawConfig| {
        written.operations = toml::from_str("CreateResourceShare = { volatile = ['name'] }").unwrap();
    };
    let create = |name: &str| json!({ "name": name });
    let named = |name: &str| json!({ "resourceOwner": "SELF", "name": name });
    let recording = stage.ramtape_with("c", RecordMode::Once, volatile).await;
    let proxied = client(&recording);
    assert_eq!(proxied.post("CreateResourceShare", create("share-1")).await.status, 200);
    assert_eq!(proxied.post(LISTING, named("share-1")).await.json()["resourceShares"][0]["name"], "share-1");
    recording.stop().await;
    stage.stop_endpoint().await;
    assert!(stage.texts("c").iter().all(|(_, text)| !text.contains("share-1")));

    let replaying = stage.ramtape_with("c", RecordMode::None, volatile).await;
    let proxied = client(&replaying);
    for door in ["proxy", "endpoint"] {
        let name = format!("share-{door}");
        let listed = if door == "proxy" {
            proxied.post("CreateResourceShare", create(&name)).await;
            proxied.post(LISTING, named(&name)).await
        } else {
            replaying.post("CreateResourceShare", create(&name)).await;
            replaying.post(LISTING, named(&name)).await
        };
        assert_eq!(listed.json()["resourceShares"][0]["name"], name.as_str(), "{listed:?}");
    }
    replaying.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_a_miss_is_a_miss_and_nothing_is_asked() {
    let stage = Stage::new().await;
    let replaying = stage.ramtape("absent", RecordMode::None).await;
    let missed = client(&replaying).post(LISTING, own()).await;
    assert_eq!((missed.status.as_u16(), missed.error().as_deref()), (400, Some("CassetteMissException")));
    let summary = replaying.stop().await;
    assert_eq!((summary.missed, summary.upstream_connections, stage.endpoint().connections()), (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_absolute_form_is_the_same_request() {
    let stage = Stage::new().await;
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let unsigned = |scheme: &str| {
        format!("POST {scheme}://{HOST}/getresourceshares HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n")
    };
    for scheme in ["http", "https"] {
        let answer = client(&recording).raw(&unsigned(scheme)).await;
        assert_eq!(answer.error().as_deref(), Some("MissingAuthenticationTokenException"), "{scheme}: {answer:?}");
    }
    let hosts: Vec<HeaderMap> = stage.endpoint().received().into_iter().map(|received| received.headers).collect();
    assert!(hosts.len() == 2 && hosts.iter().all(|headers| headers["host"] == HOST), "{hosts:?}");
    recording.stop().await;
}
