//! What is asked and what is answered: everything follows from a number, so that every process knows it without a file.

use ramtape::cassette::{Access, Cassette, CassetteSettings};
use ramtape::entry_file as text;
use ramtape::fingerprint::{Fingerprint, Parameters, canonical_text};
use ramtape::model::{Body, Entry, OperationName, Page, Take};
use ramtape::service::Service;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

/// How large an answer is, and a large request's body.
const SIZE: usize = 2048;

/// A request's head as boto3 sends it; host, path and length are put in.
const HEAD: &str = include_str!("../../tests/fixtures/wire/boto3-paginator.raw");

/// The region in that head.
const REGION: &str = "us-east-1";

/// What kind of request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With a body of 2 KiB: two dozen ARNs in a list without order, to be sorted.
    Large,
    /// With the few dozen bytes that a listing usually asks with.
    Small,
}

impl Kind {
    pub(crate) fn named(name: &str) -> Self {
        if name == "small" { Self::Small } else { Self::Large }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Small => "small",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Large => "/getresourceshareassociations",
            Self::Small => "/getresourceshares",
        }
    }

    /// The body of request `number`, spelled as boto3 does.
    pub(crate) fn body(self, number: usize) -> String {
        if self == Self::Small {
            return format!(r#"{{"resourceOwner": "SELF", "name": "team-{number:05}"}}"#);
        }
        let mut body = String::from(r#"{"associationType": "RESOURCE", "resourceShareArns": ["#);
        for part in 0..20 {
            let separator = if part == 0 { "" } else { ", " };
            let id = (number * 20 + part).wrapping_mul(2_654_435_761) & 0xffff_ffff;
            let arn = format!("arn:aws:ram:{REGION}:111122223333:resource-share/{id:08x}-64a4-4a7f-8f8c-{number:012x}");
            write!(body, r#"{separator}"{arn}""#).unwrap();
        }
        body.push_str(r#"], "resourceArn": "arn:aws:ec2:us-east-1:111122223333:subnet/"#);
        filled(body, "\"}")
    }

    /// The answer to request `number`.
    pub(crate) fn answer(self, number: usize) -> String {
        let (list, item) = match self {
            Self::Large => ("resourceShareAssociations", "associatedEntity"),
            Self::Small => ("resourceShares", "resourceShareArn"),
        };
        let mut body = format!(r#"{{"{list}":["#);
        for part in 0..7 {
            let arn = format!("arn:aws:ram:{REGION}:111122223333:resource-share/7ab63972-b505-7e2a-420d-{number:012x}");
            let times = r#""creationTime":1632342984.382,"lastUpdatedTime":1632342985.016"#;
            write!(body, r#"{{"{item}":"{arn}","name":"team-{number:05}-{part}","status":"ACTIVE","external":false,"#)
                .unwrap();
            write!(body, r#"{times}}},"#).unwrap();
        }
        body.push_str(r#"{"statusMessage":""#);
        filled(body, "\"}]}")
    }

    /// Request `number` to `host` as it goes over the wire.
    pub(crate) fn request(self, number: usize, host: &str) -> Vec<u8> {
        request(self.path(), &self.body(number), host)
    }
}

/// A request to `host` as it goes over the wire.
pub(crate) fn request(path: &str, body: &str, host: &str) -> Vec<u8> {
    let (head, _) = HEAD.split_once("\r\n\r\n").unwrap();
    let mut request = format!("POST {path} HTTP/1.1\r\n");
    for line in head.split("\r\n").skip(1) {
        match line.split_once(": ").unwrap().0 {
            "Host" => write!(request, "Host: {host}\r\n").unwrap(),
            "Content-Length" => write!(request, "Content-Length: {}\r\n", body.len()).unwrap(),
            _ => write!(request, "{line}\r\n").unwrap(),
        }
    }
    write!(request, "\r\n{body}").unwrap();
    request.into_bytes()
}

/// `body` with as many letters as make it 2 KiB together with `end`.
fn filled(mut body: String, end: &str) -> String {
    let missing = SIZE.checked_sub(body.len() + end.len()).unwrap();
    body.extend(std::iter::repeat_n('x', missing));
    body.push_str(end);
    body
}

/// The cassettes of a run.
pub(crate) struct Cassettes(PathBuf);

impl Cassettes {
    /// How many takes they have.
    pub(crate) const LARGE: [usize; 3] = [1, 1_000, 10_000];
    pub(crate) const SMALL: usize = 1_000;

    /// Writes them as text below `root`, sealed, as a fresh clone has them.
    pub(crate) fn make(root: &Path) -> Self {
        let cassettes = Self(root.to_owned());
        for takes in Self::LARGE {
            make(&cassettes.path(Kind::Large, takes), Kind::Large, takes);
        }
        make(&cassettes.path(Kind::Small, Self::SMALL), Kind::Small, Self::SMALL);
        grow_old();
        cassettes
    }

    pub(crate) fn path(&self, kind: Kind, takes: usize) -> PathBuf {
        self.0.join(format!("{}-{takes}", kind.name()))
    }
}

fn make(root: &Path, kind: Kind, takes: usize) {
    begin(root);
    for number in 0..takes {
        record(root, kind.path(), &kind.body(number), vec![take(kind.answer(number))]);
    }
}

/// Makes `root` a cassette.
pub(crate) fn begin(root: &Path) {
    drop(Cassette::open(root, Access::Record { replace: false }, |_, _| (), &CassetteSettings::default()).unwrap());
}

/// Writes the takes of a request.
pub(crate) fn record(root: &Path, path: &str, body: &str, takes: Vec<Take>) {
    static SERVICE: LazyLock<Service> = LazyLock::new(|| Service::with_additions(&toml::Table::new()).unwrap());
    let operation = SERVICE.operation(&http::Method::POST, path).unwrap();
    let parameters = Parameters::read("", body.as_bytes(), true).unwrap();
    let entry = Entry {
        operation: OperationName::Known(operation.name.clone()),
        region: REGION.to_owned(),
        actor: "default".to_owned(),
        request: parameters.canonical(Some(operation), |_| false).unwrap(),
        takes,
    };
    let fingerprint = Fingerprint::hash(&canonical_text(&entry.operation, &entry.region, &entry.actor, &entry.request));
    let folder = root.join(&operation.folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{fingerprint}.json")), text::write(&entry).unwrap()).unwrap();
}

/// Files younger than this are read anew at every look: nobody could tell a change from its times.
pub(crate) fn grow_old() {
    std::thread::sleep(Duration::from_secs(4));
}

/// A take of one page, whoever recorded it.
pub(crate) fn take(answer: String) -> Take {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Take {
        session: None,
        after: None,
        id: None,
        max_results: None,
        complete: true,
        times: 1,
        pages: vec![Page { status: 200, headers, body: Body::literal(answer.into()) }],
    }
}
