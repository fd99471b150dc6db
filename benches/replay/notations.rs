//! What a request costs in each notation in which services are asked, where ramtape has not seen its spelling.

use crate::shared::child::{Server, cpu_time_of};
use crate::shared::figures::median;
use crate::shared::wire::ask;
use std::fmt::Write;
use std::net::TcpStream;
use std::path::Path;

const ROUNDS: usize = 7;
const CALLS: usize = 1_000;

/// How many filters a request has, of two values each.
const FILTERS: usize = 10;

/// Every request is another spelling of one, by a member that means nothing.
const SETTINGS: &str = "\
[services]
record = ['ram', 'ssm', 'ec2', 'cloudfront', 'monitoring']
[services.ssm]
ignored = ['Nonce']
[services.ec2]
ignored = ['Nonce']
[services.cloudfront]
ignored = ['Nonce']
reads = ['POST /2020-05-31/thing']
[services.monitoring]
ignored = ['Nonce']
";

/// The same call in one notation.
struct Notation {
    name: &'static str,
    service: &'static str,
    path: &'static str,
    headers: &'static str,
    /// The body with this nonce.
    body: fn(&str) -> Vec<u8>,
}

const XML_PATH: &str = "/2020-05-31/thing";

const NOTATIONS: [Notation; 4] = [
    Notation {
        name: "JSON",
        service: "ssm",
        path: "/",
        headers: "Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AmazonSSM.DescribeThings\r\n",
        body: in_json,
    },
    Notation {
        name: "a form",
        service: "ec2",
        path: "/",
        headers: "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n",
        body: in_form,
    },
    Notation {
        name: "XML",
        service: "cloudfront",
        path: XML_PATH,
        headers: "Content-Type: application/xml\r\n",
        body: in_xml,
    },
    Notation {
        name: "CBOR",
        service: "monitoring",
        path: "/service/GraniteServiceVersion20100801/operation/DescribeThings",
        headers: "Content-Type: application/cbor\r\nSmithy-Protocol: rpc-v2-cbor\r\n",
        body: in_cbor,
    },
];

/// Measures and prints.
pub(crate) fn measure(folder: &Path) {
    let folder = &folder.join("notations");
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("ramtape.toml"), SETTINGS).unwrap();
    let (cassette, upstream) = (folder.join("cassette"), Server::role(&["serve-fixed", "small"]));
    let recorder = Server::ramtape("record", &cassette, &["--upstream", &upstream.url], folder);
    let prefix = recorder.url.strip_prefix(&format!("http://{}", recorder.addr)).unwrap_or_default().to_owned();
    for notation in &NOTATIONS {
        ask(&mut recorder.connect(), &notation.request(&prefix, "first"));
    }
    recorder.stop();

    let replay = Server::ramtape("replay", &cassette, &[], folder);
    let mut stream = replay.connect();
    let mut new = NOTATIONS.map(|_| Vec::new());
    let mut repeated = NOTATIONS.map(|_| Vec::new());
    for round in 0..=ROUNDS {
        for (at, notation) in NOTATIONS.iter().enumerate() {
            let spelled = (0..CALLS).map(|call| notation.request("", &format!("nonce-{round}-{call}"))).collect();
            let again = vec![notation.request("", "again"); CALLS];
            let times = [spelled, again].map(|requests| cpu_of(&replay, &mut stream, requests));
            // The first round warms up.
            if round > 0 {
                new[at].push(times[0]);
                repeated[at].push(times[1]);
            }
        }
    }
    println!("\nProcessor time of a request of {} values, by its notation, median of {ROUNDS}, us:", FILTERS * 3 + 1);
    println!("  {:<12}{:>17}{:>12}{:>17}", "", "new spelling", "to JSON's", "known spelling");
    let json = median(new[0].clone());
    for ((notation, new), repeated) in NOTATIONS.iter().zip(new).zip(repeated) {
        let new = median(new);
        println!("  {:<12}{new:>17.1}{:>12.2}{:>17.1}", notation.name, new / json, median(repeated));
    }
}

/// What one of `requests` takes of the server's processor time, in microseconds.
fn cpu_of(server: &Server, stream: &mut TcpStream, requests: Vec<Vec<u8>>) -> f64 {
    let before = cpu_time_of(server.id());
    for request in &requests {
        ask(stream, request);
    }
    (cpu_time_of(server.id()) - before).as_secs_f64() * 1e6 / requests.len() as f64
}

impl Notation {
    /// The request as it goes over the wire.
    fn request(&self, prefix: &str, nonce: &str) -> Vec<u8> {
        let Self { service, path, headers, body, .. } = self;
        let body = body(nonce);
        let query = if *path == XML_PATH { format!("?Nonce={nonce}") } else { String::new() };
        let head = format!(
            "POST {prefix}{path}{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261130/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature={:064}\r\n\r\n",
            body.len(),
            0
        );
        [head.as_bytes(), &body].concat()
    }
}

/// The name and the values of a filter.
fn filter(number: usize) -> (String, [String; 2]) {
    (format!("tag:name-{number}"), [0, 1].map(|value| format!("value of {number}, which is {value}")))
}

fn in_json(nonce: &str) -> Vec<u8> {
    let filters: Vec<_> = (0..FILTERS)
        .map(|number| {
            let (name, values) = filter(number);
            serde_json::json!({ "Name": name, "Values": values })
        })
        .collect();
    serde_json::json!({ "Nonce": nonce, "Filters": filters }).to_string().into_bytes()
}

fn in_form(nonce: &str) -> Vec<u8> {
    let mut form = format!("Action=DescribeThings&Version=2016-11-15&Nonce={nonce}");
    let escaped = |text: &str| text.replace(' ', "%20").replace(',', "%2C").replace(':', "%3A");
    for number in 0..FILTERS {
        let (name, [one, other]) = filter(number);
        let at = format!("Filter.{}", number + 1);
        write!(form, "&{at}.Name={}", escaped(&name)).unwrap();
        write!(form, "&{at}.Value.1={}&{at}.Value.2={}", escaped(&one), escaped(&other)).unwrap();
    }
    form.into_bytes()
}

fn in_xml(_: &str) -> Vec<u8> {
    // A member that means nothing is one at the top, which this has in its query.
    let mut xml = String::from("<DescribeThings xmlns=\"http://cloudfront.example/\"><Filters>");
    for number in 0..FILTERS {
        let (name, [one, other]) = filter(number);
        write!(xml, "<Filter><Name>{name}</Name><Values><Value>{one}</Value><Value>{other}</Value></Values></Filter>")
            .unwrap();
    }
    xml.push_str("</Filters></DescribeThings>");
    xml.into_bytes()
}

fn in_cbor(nonce: &str) -> Vec<u8> {
    // Lengths stand in one byte, or in a second one where they do not fit.
    fn head(cbor: &mut Vec<u8>, kind: u8, length: usize) {
        match u8::try_from(length).unwrap() {
            short @ 0..24 => cbor.push(kind | short),
            long => cbor.extend([kind | 24, long]),
        }
    }
    fn text(cbor: &mut Vec<u8>, text: &str) {
        head(cbor, 0x60, text.len());
        cbor.extend(text.as_bytes());
    }
    let mut cbor = Vec::new();
    head(&mut cbor, 0xa0, 2);
    ["Nonce", nonce, "Filters"].into_iter().for_each(|word| text(&mut cbor, word));
    head(&mut cbor, 0x80, FILTERS);
    for number in 0..FILTERS {
        let (name, values) = filter(number);
        head(&mut cbor, 0xa0, 2);
        ["Name", &name, "Values"].into_iter().for_each(|word| text(&mut cbor, word));
        head(&mut cbor, 0x80, values.len());
        values.iter().for_each(|value| text(&mut cbor, value));
    }
    cbor
}
