//! What goes wrong on demand, seen byte by byte.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ramtape::simulator::{Effect, Fault, RunningSimulator, SimulatorSettings};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Answer, Client, exchange};
use super::{empty, started};

const PATH: &str = "/getresourceshares";
const BODY: &str = r#"{"resourceOwner":"SELF"}"#;

/// What comes back for one listing, to the end of the connection.
async fn raw(client: &Client) -> std::io::Result<Vec<u8>> {
    exchange(client.addr, &client.request("POST", PATH, BODY, "connection: close\r\n")).await
}

async fn with(effect: Effect) -> (RunningSimulator, Client) {
    let (simulator, owner, _) = started(SimulatorSettings::default()).await;
    simulator.inject(Fault::next(effect));
    (simulator, owner)
}

#[tokio::test]
async fn errors_are_spelled_as_ram_spells_them() {
    let ram = "http://internal.amazon.com/coral/com.amazonaws.ram/";
    let front = "http://internal.amazon.com/coral/com.amazon.coral.service/";
    let denied = Effect::Refused { status: 400, name: "AccessDeniedException".to_owned(), message: "no".to_owned() };
    for (effect, status, error_type, message) in [
        (Effect::Throttled, 429, format!("ThrottlingException:{ram}"), "Rate exceeded"),
        (Effect::Unavailable, 503, format!("ServiceUnavailableException:{ram}"), "Service unavailable."),
        (Effect::InternalError, 500, format!("ServerInternalException:{ram}"), "Internal server error."),
        (
            Effect::ExpiredToken,
            403,
            format!("ExpiredTokenException:{front}"),
            "The security token included in the request is expired",
        ),
        (denied, 400, format!("AccessDeniedException:{front}"), "no"),
    ] {
        let (simulator, owner) = with(effect).await;
        let answer = owner.post(PATH, BODY).await;
        assert_eq!((answer.status, answer.header("x-amzn-ErrorType")), (status, Some(error_type.as_str())));
        assert_eq!(answer.json(), json!({ "message": message }));
        assert_eq!(owner.post(PATH, BODY).await.status, 200);
        assert_eq!(simulator.requests(), 2);
    }
}

#[tokio::test]
async fn faults_last_as_long_and_hit_what_is_asked() {
    let (simulator, owner, _) = started(SimulatorSettings::default()).await;
    simulator.inject(Fault::next(Effect::Throttled).times(2).on("ListPrincipals"));
    simulator.inject(Fault::next(Effect::Unavailable));
    assert_eq!(owner.post(PATH, BODY).await.status, 503);
    assert_eq!(owner.post(PATH, BODY).await.status, 200);
    for status in [429, 429, 200] {
        assert_eq!(owner.post("/listprincipals", BODY).await.status, status);
    }
    simulator.inject(Fault::next(Effect::Throttled).times(2));
    simulator.clear_faults();
    assert_eq!(owner.post(PATH, BODY).await.status, 200);
}

#[tokio::test]
async fn a_refused_write_is_not_done() {
    let (simulator, owner, _) = started(empty()).await;
    for effect in [Effect::Throttled, Effect::Reset, Effect::Garbage, Effect::Mebibytes(1)] {
        simulator.inject(Fault::next(effect));
        let request = owner.request("POST", "/createresourceshare", r#"{"name":"x"}"#, "connection: close\r\n");
        let _ = exchange(owner.addr, &request).await;
    }
    assert_eq!(simulator.requests_of("CreateResourceShare"), 4);
    assert_eq!(owner.items(PATH, &json!({"resourceOwner": "SELF"})).await.len(), 0);
    // Of this one only the answer is lost.
    simulator.inject(Fault::next(Effect::HalfBody));
    let request = owner.request("POST", "/createresourceshare", r#"{"name":"x"}"#, "connection: close\r\n");
    exchange(owner.addr, &request).await.unwrap();
    assert_eq!(owner.items(PATH, &json!({"resourceOwner": "SELF"})).await.len(), 1);
}

#[tokio::test]
async fn a_stall_lasts_until_the_end() {
    let (simulator, owner) = with(Effect::Stall).await;
    let stalled = tokio::spawn(async move { raw(&owner).await });
    while simulator.requests() == 0 {
        tokio::task::yield_now().await;
    }
    let other = Client::new(simulator.addr, ramtape::simulator::Credential::owner());
    assert_eq!(other.post(PATH, BODY).await.status, 200);
    assert!(!stalled.is_finished());
    simulator.stop().await;
    // It ends by the end of the stream or by a reset, and nothing came before.
    if let Ok(bytes) = stalled.await.unwrap() {
        assert_eq!(bytes, b"");
    }
}

#[tokio::test]
async fn a_reset_comes_before_any_byte() {
    let (_simulator, owner) = with(Effect::Reset).await;
    assert_eq!(raw(&owner).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn garbage_is_not_http() {
    let (_simulator, owner) = with(Effect::Garbage).await;
    let bytes = raw(&owner).await.unwrap();
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP/"));
}

#[tokio::test]
async fn half_a_body_is_announced_as_a_whole() {
    let (_simulator, owner) = with(Effect::HalfBody).await;
    let half = Answer::parse(&raw(&owner).await.unwrap());
    let whole = owner.post(PATH, BODY).await;
    assert_eq!(half.status, 200);
    assert_eq!(half.header("content-length"), Some(whole.body.len().to_string().as_str()));
    assert_eq!(half.body, whole.body[..whole.body.len() / 2]);
}

#[tokio::test]
async fn chunks_carry_the_same_body() {
    let (_simulator, owner) = with(Effect::Chunked).await;
    let chunked = Answer::parse(&raw(&owner).await.unwrap());
    let whole = owner.post(PATH, BODY).await;
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    assert_eq!(chunked.header("content-length"), None);
    let (body, chunks) = unchunk(&chunked.body);
    assert_eq!((body, chunks), (whole.body, 3));
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, usize) {
    let (mut body, mut chunks) = (Vec::new(), 0);
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, chunks);
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
        chunks += 1;
    }
}

#[tokio::test]
async fn a_connection_is_closed_where_the_answer_says_so() {
    let (_simulator, owner) = with(Effect::ConnectionClose).await;
    // The client asks for nothing of the kind.
    let bytes = exchange(owner.addr, &owner.request("POST", PATH, BODY, "")).await.unwrap();
    let answer = Answer::parse(&bytes);
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(answer.json().is_object());

    // Without the fault a connection serves many.
    let mut stream = TcpStream::connect(owner.addr).await.unwrap();
    for _ in 0..3 {
        stream.write_all(&owner.request("POST", "/listresourcetypes", "{}", "")).await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"]}") {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        }
        assert_eq!(Answer::parse(&bytes).header("connection"), None);
    }
}

#[tokio::test]
async fn content_type_and_bytes_can_be_anything() {
    let (simulator, owner) = with(Effect::ContentType("text/html; charset=utf-8".to_owned())).await;
    let odd = owner.post(PATH, BODY).await;
    assert_eq!((odd.status, odd.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(odd.body, owner.post(PATH, BODY).await.body);

    let body = Bytes::from_static(b" {\"n\": 1632342984.382000123456789,\n\"\\u00e9\":\xff\x00}");
    simulator.inject(Fault::next(Effect::Raw { status: 299, content_type: None, body: body.clone() }));
    let raw = owner.post(PATH, BODY).await;
    assert_eq!((raw.status, raw.header("content-type"), &raw.body), (299, None, &body.to_vec()));
    assert_eq!(raw.header("content-length"), Some(body.len().to_string().as_str()));

    let empty = Effect::Raw { status: 200, content_type: Some("application/json".to_owned()), body: Bytes::new() };
    simulator.inject(Fault::next(empty));
    let raw = owner.post(PATH, BODY).await;
    assert_eq!((raw.status, raw.header("content-length"), raw.body.len()), (200, Some("0"), 0));
}

#[tokio::test]
async fn answers_can_be_huge() {
    let (_simulator, owner) = with(Effect::Mebibytes(3)).await;
    let huge = owner.post(PATH, BODY).await;
    assert_eq!(huge.header("content-length"), Some("3145728"));
    assert_eq!(huge.body.len(), 3 * 1024 * 1024);
    assert_eq!(huge.json(), json!({}));
}

#[tokio::test]
async fn latency_delays_the_same_answer() {
    let (_simulator, owner) = with(Effect::Latency(Duration::from_millis(30))).await;
    let before = Instant::now();
    let late = owner.post(PATH, BODY).await;
    assert!(before.elapsed() >= Duration::from_millis(30));
    assert_eq!(late.body, owner.post(PATH, BODY).await.body);
}
