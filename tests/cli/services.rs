//! Requests to services beside RAM that are wrong in themselves: each is answered in the form that its client reads, and nothing
//! that was recorded is lost.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::binary::{Server, folder};
use crate::support::endpoint::{Endpoint, post, with_keys};
use ramtape::simulator::Credential;

const SERVICES: &str = "ram,sts,s3,dynamodb,monitoring";
const LISTING: (&str, &str) = ("/getresourceshares", r#"{"resourceOwner":"SELF"}"#);
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const TARGET: &str = "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n";
const CBOR: &str = "Content-Type: application/cbor\r\nSmithy-Protocol: rpc-v2-cbor\r\n";
const CBOR_PATH: &str = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
const BOMB: &str = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
                    <Delete><Object><Key>&b;&b;&b;&b;</Key></Object></Delete>";

/// A request for `service` that is wrong in itself.
struct Wrong {
    service: &'static str,
    line: String,
    headers: &'static str,
    body: Vec<u8>,
    /// What its client reads errors as.
    content_type: &'static str,
}

fn wrong_requests() -> Vec<Wrong> {
    let wrong = |service, line: &str, headers, body: &[u8], content_type| Wrong {
        service,
        line: line.to_owned(),
        headers,
        body: body.to_vec(),
        content_type,
    };
    let deep_xml = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    let cbor_line = format!("POST {CBOR_PATH}");
    vec![
        wrong("sts", "POST /", FORM, b"Version=2011-06-15", "text/xml"),
        wrong("sts", "POST /", FORM, b"Action=%zz&Action=x&=&&", "text/xml"),
        wrong("sts", "POST /", TARGET, b"{}", "application/json"),
        wrong("dynamodb", "POST /", TARGET, b"{", "application/json"),
        wrong("sts", "POST /what", "Content-Type: application/grpc\r\n", b"\0\x01", "text/xml"),
        wrong("s3", "POST /bucket?delete", "Content-Type: application/xml\r\n", BOMB.as_bytes(), "text/xml"),
        wrong("s3", "POST /bucket?delete", "Content-Type: application/xml\r\n", deep_xml.as_bytes(), "text/xml"),
        wrong("monitoring", &cbor_line, CBOR, &[0x9f; 100_000], "application/cbor"),
        wrong("monitoring", &cbor_line, CBOR, b"\xbf\x61a\xff", "application/cbor"),
        wrong("monitoring", &cbor_line, CBOR, b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "application/cbor"),
    ]
}

/// Sends a request whose scope names `service`, as with `key_id`, and gives status, head and body.
fn ask(url: &str, key_id: &str, wrong: &Wrong) -> (u16, String, String) {
    let (authority, prefix) = url.strip_prefix("http://").unwrap().split_once('/').unwrap_or((&url[7..], ""));
    let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let Wrong { service, headers, body, .. } = wrong;
    let (method, path) = wrong.line.split_once(' ').unwrap();
    let head = format!(
        "{method} {prefix}{path} HTTP/1.1\r\nHost: {authority}\r\n{headers}Content-Length: {}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={key_id}/20261130/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature={:064}\r\nConnection: close\r\n\r\n",
        body.len(),
        0
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn what_is_wrong_is_answered_in_the_clients_form_and_harms_nothing() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let owner = Credential::owner();
    let recording = ["serve", "--service", SERVICES, "--upstream", &endpoint.url(), "--record-mode"];
    let record = |mode: &str| Server::start(with_keys(folder.path()).args(recording).arg(mode));
    let server = record("once");
    let (status, listed) = post(&server.url, LISTING.0, LISTING.1);
    assert_eq!(status, 200, "{listed}");
    server.stop();

    let server = Server::start(with_keys(folder.path()).args(["replay", "--service", SERVICES]));
    for wrong in wrong_requests() {
        let (status, head, body) = ask(&server.url, "AKIDEXAMPLE", &wrong);
        let named = format!("{} {}: {head}\n{body}", wrong.service, wrong.line);
        assert_eq!(status, 400, "{named}");
        assert!(head.contains(&format!("content-type: {}", wrong.content_type)), "{named}");
        assert!(body.contains("CassetteMissException") && body.contains(wrong.service), "{named}");
    }
    server.stop();

    let server = record("new_episodes");
    for wrong in wrong_requests() {
        let (status, ..) = ask(&server.url, &owner.access_key_id, &wrong);
        assert!((400..500).contains(&status), "{status} for {} {}", wrong.service, wrong.line);
    }
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    endpoint.stop();

    let server = Server::start(with_keys(folder.path()).arg("replay"));
    assert_eq!(post(&server.url, LISTING.0, LISTING.1), (200, listed));
    server.stop();
}

#[test]
fn what_cannot_be_signed_again_is_not_sent() {
    let (folder, endpoint) = (folder(), Endpoint::start());
    let owner = Credential::owner();
    let args = ["record", "--service", SERVICES, "--upstream", &endpoint.url()];
    let server = Server::start(with_keys(folder.path()).args(args));
    let upload = Wrong {
        service: "s3",
        line: "PUT /bucket/key".to_owned(),
        headers: "Content-Encoding: aws-chunked\r\nX-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\n",
        body: b"0;chunk-signature=0\r\n\r\n".to_vec(),
        content_type: "text/xml",
    };
    let (status, _, body) = ask(&server.url, &owner.access_key_id, &upload);
    assert!(status == 400 && body.contains("aws-chunked") && body.contains("in one piece"), "{status} {body}");

    let stand_in = Wrong {
        service: "ram",
        line: format!("POST {}", LISTING.0),
        headers: "Content-Type: application/json\r\nX-Amz-Security-Token: ramtape-as-role-owner\r\n",
        body: LISTING.1.as_bytes().to_vec(),
        content_type: "application/json",
    };
    let (status, _, body) = ask(&server.url, "ASIAN7K3ZTLRXEXAMPLE", &stand_in);
    assert!(status == 403 && body.contains("stand-in") && body.contains("--record-mode all"), "{status} {body}");
    let finished = server.stop();
    assert!(finished.stderr.contains("0 upstream connections"), "{finished:?}");
    endpoint.stop();
}
