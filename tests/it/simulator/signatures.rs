//! Who may ask: what AWS refuses is refused, in its words.

use std::time::SystemTime;

use hyper_util::rt::{TokioExecutor, TokioIo};
use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Answer, Client, exchange, minutes};
use super::started;

const PATH: &str = "/getresourceshares";
const BODY: &str = r#"{"resourceOwner":"SELF"}"#;

#[track_caller]
fn assert_refused(answer: &Answer, name: &str, message: &str) {
    assert_eq!(answer.status, 403, "{answer:?}");
    let error_type = format!("{name}:http://internal.amazon.com/coral/com.amazon.coral.service/");
    assert_eq!(answer.header("x-amzn-ErrorType"), Some(error_type.as_str()));
    assert!(answer.message().contains(message), "{answer:?}");
}

#[tokio::test]
async fn a_good_signature_is_accepted() {
    let (simulator, owner, _) = started(SimulatorSettings::default()).await;
    let answer = owner.post(PATH, BODY).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
    let received = simulator.received();
    assert_eq!(received.len(), 1);
    let request = &received[0];
    assert_eq!((request.method.as_str(), request.target.as_str(), &request.body[..]), ("POST", PATH, BODY.as_bytes()));
    assert_eq!(request.operation, Some("GetResourceShares"));
    assert!(request.headers.contains_key("authorization"));
    assert_eq!((simulator.requests(), simulator.requests_of("GetResourceShares")), (1, 1));
    assert_eq!((simulator.requests_of("ListPrincipals"), simulator.connections()), (0, 1));
}

#[tokio::test]
async fn unknown_keys_and_wrong_secrets_are_refused() {
    let (_simulator, mut owner, _) = started(SimulatorSettings::default()).await;
    owner.credential.secret.push('x');
    let mismatch = "The request signature we calculated does not match the signature you provided.";
    assert_refused(&owner.post(PATH, BODY).await, "InvalidSignatureException", mismatch);
    owner.credential.access_key_id = "AKIDUNKNOWN".to_owned();
    let invalid = "The security token included in the request is invalid.";
    assert_refused(&owner.post(PATH, BODY).await, "UnrecognizedClientException", invalid);
}

#[tokio::test]
async fn missing_and_foreign_authorizations_are_refused() {
    let (simulator, _, _) = started(SimulatorSettings::default()).await;
    let ask = async |header: &str| {
        let length = BODY.len();
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n{BODY}"
        );
        Answer::parse(&exchange(simulator.addr, request.as_bytes()).await.unwrap())
    };
    assert_refused(&ask("").await, "MissingAuthenticationTokenException", "Missing Authentication Token");
    let basic = ask("authorization: Basic eDp5\r\n").await;
    assert_refused(&basic, "IncompleteSignatureException", "requires 'Credential' parameter");
    let half = ask("authorization: AWS4-HMAC-SHA256 Credential=AK/20261122/us-east-1/ram/aws4_request\r\n").await;
    assert_refused(&half, "IncompleteSignatureException", "requires 'SignedHeaders' parameter");
}

#[tokio::test]
async fn a_wrong_clock_is_refused() {
    let (_simulator, mut owner, _) = started(SimulatorSettings::default()).await;
    // Ten minutes off may be another day: then the scope agrees with the date all the same.
    owner.time = || SystemTime::now() - minutes(10);
    assert_refused(&owner.post(PATH, BODY).await, "InvalidSignatureException", "Signature expired: ");
    owner.time = || SystemTime::now() + minutes(10);
    assert_refused(&owner.post(PATH, BODY).await, "InvalidSignatureException", "Signature not yet current: ");

    let (_simulator, mut owner, _) =
        started(SimulatorSettings { clock_skew: -600, ..SimulatorSettings::default() }).await;
    assert_refused(&owner.post(PATH, BODY).await, "InvalidSignatureException", "Signature not yet current: ");
    owner.time = || SystemTime::now() - minutes(10);
    assert_eq!(owner.post(PATH, BODY).await.status, 200);
}

#[tokio::test]
async fn temporary_keys_need_their_token() {
    let temporary = Credential { session_token: Some("THE/TOKEN+==".to_owned()), ..Credential::owner() };
    let settings = SimulatorSettings {
        credentials: vec![temporary.clone(), Credential::consumer()],
        ..SimulatorSettings::default()
    };
    let (simulator, mut client, mut consumer) = started(settings).await;
    let invalid = "The security token included in the request is invalid.";
    assert_refused(&client.post(PATH, BODY).await, "UnrecognizedClientException", invalid);
    client.credential.session_token = Some("ANOTHER".to_owned());
    assert_refused(&client.post(PATH, BODY).await, "UnrecognizedClientException", invalid);
    client.credential = temporary;
    assert_eq!(client.post(PATH, BODY).await.status, 200);
    // A token beside a key that has none.
    consumer.credential.session_token = Some("THE/TOKEN+==".to_owned());
    assert_refused(&consumer.post(PATH, BODY).await, "UnrecognizedClientException", invalid);

    simulator.end_session(&client.credential.access_key_id);
    let expired = "The security token included in the request is expired";
    assert_refused(&client.post(PATH, BODY).await, "ExpiredTokenException", expired);
}

#[tokio::test]
async fn what_is_not_what_was_signed_is_refused() {
    let (simulator, owner, _) = started(SimulatorSettings::default()).await;
    let request = String::from_utf8(owner.request("POST", PATH, BODY, "connection: close\r\n")).unwrap();
    for (from, to) in [
        ("SELF", "SELL"),
        ("application/json", "application/jsom"),
        ("POST /getresourceshares", "POST /listprincipals"),
        ("x-amz-date", "x-amz-more: 1\r\nx-amz-date"),
    ] {
        let changed = request.replacen(from, to, 1);
        assert_ne!(changed, request);
        let answer = Answer::parse(&exchange(simulator.addr, changed.as_bytes()).await.unwrap());
        assert_refused(&answer, "InvalidSignatureException", "");
    }
    let answer = Answer::parse(&exchange(simulator.addr, request.as_bytes()).await.unwrap());
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn regions_have_data_of_their_own() {
    let (simulator, mut owner, _) = started(SimulatorSettings::default()).await;
    let here = owner.items(PATH, &json!({"resourceOwner": "SELF"})).await;
    owner.region = "eu-west-1";
    let there = owner.items(PATH, &json!({"resourceOwner": "SELF"})).await;
    assert_eq!(here.len(), there.len());
    assert!(here[0]["resourceShareArn"].as_str().unwrap().starts_with("arn:aws:ram:us-east-1:111122223333:"));
    assert!(there[0]["resourceShareArn"].as_str().unwrap().starts_with("arn:aws:ram:eu-west-1:111122223333:"));
    owner.region = "xx-east-1";
    assert_refused(&owner.post(PATH, BODY).await, "InvalidSignatureException", "a valid region");
    drop(simulator);
}

#[tokio::test]
async fn other_paths_and_methods_are_no_operations() {
    let (_simulator, owner, _) = started(SimulatorSettings::default()).await;
    for (method, target) in
        [("POST", "/"), ("POST", "/~s/getresourceshares"), ("GET", PATH), ("PUT", "/deletepermission")]
    {
        let answer = owner.call(method, target, "").await;
        assert_eq!((answer.status, answer.error()), (404, "UnknownOperationException"), "{method} {target}");
    }
    for (body, path) in [("[]", PATH), ("{", PATH), ("\u{1}", PATH), (r#"{"resourceOwner":1}"#, PATH)] {
        let answer = owner.post(path, body).await;
        assert_eq!((answer.status, answer.error()), (400, "SerializationException"), "{body}");
    }
}

/// The official Rust client, so that it is not this file's own signing that agrees with itself.
#[tokio::test]
async fn the_rust_sdk_is_served() {
    let (simulator, _, _) = started(SimulatorSettings { page_cap: 3, ..SimulatorSettings::default() }).await;
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let credentials = aws_sdk_ram::config::Credentials::new(access_key_id, secret, None, None, "test");
    let config = aws_sdk_ram::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_ram::config::Region::new(super::REGION))
        .credentials_provider(credentials)
        .endpoint_url(simulator.base_url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_ram::Client::from_conf(config);
    let mut pages = client
        .get_resource_shares()
        .resource_owner(aws_sdk_ram::types::ResourceOwner::SelfValue)
        .into_paginator()
        .send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page.unwrap().resource_shares().iter().map(|share| share.name().unwrap().to_owned()));
    }
    assert_eq!(names.len(), 10);
    let created = client.create_resource_share().name("aus Rust").client_token("a b+/=&ü").send().await.unwrap();
    let arn = created.resource_share().unwrap().resource_share_arn().unwrap();
    let deleted = client.delete_resource_share().resource_share_arn(arn).client_token("a b+/=&ü").send().await.unwrap();
    assert_eq!(deleted.client_token(), Some("a b+/=&ü"));
    let error = client.get_resource_shares().send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_exception(), "{error:?}");
}

#[tokio::test]
async fn http_2_is_served_too() {
    let (simulator, owner, _) = started(SimulatorSettings::default()).await;
    let stream = TokioIo::new(TcpStream::connect(simulator.addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let raw = String::from_utf8(owner.request("POST", PATH, BODY, "")).unwrap();
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let mut request = http::Request::post(format!("http://{}{PATH}", simulator.addr));
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(": ").unwrap();
        // The authority of the URL stands for the host.
        if name != "host" {
            request = request.header(name, value);
        }
    }
    let request = request.body(http_body_util::Full::new(bytes::Bytes::from(body.to_owned()))).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (http::Version::HTTP_2, 200));
    assert!(!simulator.received()[0].headers.contains_key("host"));
}

#[tokio::test]
async fn a_stopped_endpoint_is_gone() {
    let (simulator, owner, _) = started(SimulatorSettings::default()).await;
    let addr = simulator.addr;
    // A connection that is kept open does not keep the endpoint.
    let mut kept = TcpStream::connect(addr).await.unwrap();
    let request = owner.request("POST", PATH, BODY, "");
    kept.write_all(&request).await.unwrap();
    let mut first = [0];
    kept.read_exact(&mut first).await.unwrap();
    simulator.stop().await;
    let mut rest = Vec::new();
    // It ends, by the end of the stream or a reset.
    let _ = kept.read_to_end(&mut rest).await;
    let refused = TcpStream::connect(addr).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    let again = SimulatorSettings { port: addr.port(), ..SimulatorSettings::default() };
    let (_simulator, owner, _) = started(again).await;
    assert_eq!(Client::new(addr, owner.credential).post(PATH, BODY).await.status, 200);
}
