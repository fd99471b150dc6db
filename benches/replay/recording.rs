//! What recording adds to a call.

use crate::child::{KEYS, Server};
use crate::figures::median;
use crate::wire::{ask, extent};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use ramtape::aws::Keys;
use ramtape::aws::sigv4::{SigningScope, sign};
use ramtape::model::Secret;
use std::fmt::Write;
use std::path::Path;
use std::time::{Instant, SystemTime};

const CALLS: usize = 300;

/// Calls that are not counted: connections are opened, credentials found.
const FIRST: usize = 20;

/// Measures and prints.
pub(crate) fn measure(folder: &Path) {
    let endpoint = Server::role(&["simulate"]);
    let forwarder = Server::role(&["forward", &endpoint.url]);
    let recorder = Server::ramtape("record", &folder.join("recorded"), &["--upstream", &endpoint.url], folder);
    // What the endpoint was signed for is asked of the forwarder too: it changes nothing of a request.
    let mut ways = [(&endpoint, &endpoint.url), (&forwarder, &endpoint.url), (&recorder, &recorder.url)]
        .map(|(server, url)| (server.connect(), url, Vec::new()));
    let mut size = 0;
    for number in 0..FIRST + CALLS {
        for (stream, url, times) in &mut ways {
            // The member is none of RAM's: it only makes every call another one, answered alike.
            let request = signed(url, &format!(r#"{{"resourceOwner": "SELF", "call": {number}}}"#));
            let begun = Instant::now();
            let answer = ask(stream, &request);
            if number >= FIRST {
                times.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            size = extent(&answer).map_or(0, |(end, body)| end - body);
        }
    }
    let [direct, forwarded, recorded] = ways.map(|(_, _, times)| median(times));
    println!(
        "\nRecording, one call after the other ({CALLS} calls, answers of {size} bytes, simulated endpoint), median"
    );
    println!(
        "        {direct:.2} ms a direct call, {recorded:.2} ms through ramtape: {:.2} ms added",
        recorded - direct
    );
    println!("        {:.2} ms of it are added by a bare hyper proxy too", forwarded - direct);
    println!("        (signed anew, asked upstream, stored so that it survives kill -9)");
    recorder.stop();
}

/// A signed request below `base`, as it goes over the wire.
fn signed(base: &str, body: &str) -> Vec<u8> {
    let url: Uri = format!("{base}/getresourceshares").parse().unwrap();
    let keys =
        Keys { access_key_id: KEYS.0.to_owned(), secret: Secret::new(KEYS.1), session_token: None, expiry: None };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let scope = SigningScope { service: "ram", region: "us-east-1", time: SystemTime::now(), as_s3: false };
    headers.extend(sign(&Method::POST, &url, &headers, body.as_bytes(), &keys, scope).unwrap());
    let mut request = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", url.path(), url.authority().unwrap());
    for (name, value) in &headers {
        write!(request, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    request.into_bytes()
}
