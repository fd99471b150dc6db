//! Fuzz targets, briefly: every input of the corpus, and a fixed number of others made of them. At length they run in
//! `fuzz/`, which adds to the corpus what it finds.

mod mutator;
mod targets;

use mutator::Mutator;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

/// What requests are made of.
const HTTP: [&str; 22] = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    ":",
    "Host: a\r\n",
    "Host: localhost\r\n",
    "Content-Length: 2\r\n",
    "content-length:",
    "Transfer-Encoding: chunked\r\n",
    "Origin: null\r\n",
    "GET / HTTP/1.1\r\n",
    "POST /~key-abcdefghijklmnopqrstuvwxyz/x HTTP/1.1\r\n",
    "HTTP/1.0",
    "http://a/",
    "CONNECT ram.us-east-1.amazonaws.com:443 HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "/_ramtape/health",
    "Expect: 100-continue\r\n",
    "\r\n\r\n",
    "0\r\n\r\n",
];

const JSON: [&str; 26] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud83e",
    "null",
    "true",
    "0",
    "-0",
    "1e30",
    "1E+999999999999999999999",
    "0.10",
    "{\"$volatile\":\"x\"}",
    "\"$token\"",
    "\"nextToken\":",
    "\"maxResults\":50",
    "\"policyTemplate\":",
    "\"principals\":[",
    "%2B",
    "&",
    "?",
];

const TEXT: [&str; 18] = [
    "\"takes\": [",
    "\"pages\": [",
    "\"body\": ",
    "\"text\": ",
    "\"base64\": ",
    "\"style\": \"spaced\"",
    "\"status\": 200",
    "\"headers\": {",
    "{\"$token\": 1}",
    "{\"$$token\": 1}",
    "{\"$account\": \"a\"}",
    "<<<<<<< ",
    "\"complete\": false",
    "\"session\": \"s\"",
    "\"after\": \"a\"",
    "\"id\": \"i\"",
    "\"maxResults\": 5",
    ",",
];

const YAML: [&str; 26] = [
    "interactions:\n",
    "- request:\n",
    "  response: ",
    "body: ",
    "string: ",
    "headers: ",
    "method: GET\n",
    "uri: https://a/\n",
    "status: {code: 200}\n",
    "!!binary |\n",
    "!!python/object/new:a.b ",
    "!<tag:yaml.org,2002:str> ",
    "&a ",
    "*a",
    "<<: *a\n",
    "? ",
    ": ",
    "---\n",
    "...\n",
    "%TAG ! tag:a,2000:\n",
    "%YAML 1.2\n",
    "|+2\n",
    ">-\n",
    "\t",
    "\u{feff}",
    "\u{2028}",
];

const TOML: [&str; 16] = [
    "[limits]\n",
    "connections = ",
    "0",
    "-1",
    "18446744073709551615",
    "99999999999999999999",
    "listen = \"0.0.0.0:0\"\n",
    "allow_remote = true\n",
    "upstream = \"http://u@h\"\n",
    "record_mode = \"all\"\n",
    "[operations.CreateResourceShare]\n",
    "volatile = [\"name\"]\n",
    "[actors.a]\n",
    "account = \"123456789012\"\n",
    "= ",
    "\"\"\"",
];

const NAMES: [&str; 14] = [
    "ram",
    "ram-fips",
    ".",
    "us-east-1",
    "cn-north-1",
    "us-gov-west-1",
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "evil.test",
    "..",
    ":443",
    "@",
    "169.254.169.254",
];

const CONNECT: [&str; 20] = [
    ":443",
    ":80",
    ":0443",
    ":",
    " ",
    "HTTP/1.0",
    "HTTP/1.1",
    "\r\n\r\n",
    "\r\nHost: ",
    "sts.amazonaws.com",
    "ram.us-east-1.amazonaws.com",
    ".evil.test",
    "@",
    "[::1]",
    "169.254.169.254",
    "vault.test:8200",
    "POST /x HTTP/1.1\r\nHost: ram.us-east-1.amazonaws.com\r\n",
    "Content-Length: 2\r\n",
    "ram-fips.us-west-2.amazonaws.com",
    "Transfer-Encoding: chunked\r\n",
];

/// What requests and answers of services are made of.
const SERVICES: [&str; 34] = [
    "Action=",
    "&",
    ".",
    ".1",
    ".member.1",
    ".entry.1.key=",
    ".entry.1.value=",
    "%2B",
    "%ff",
    "=",
    "?x-id=GetObject",
    "X-Amz-Signature=",
    "X-Amz-Target: T.Op\r\n",
    "smithy-protocol: rpc-v2-cbor\r\n",
    "Content-Type: application/json\r\n",
    "Content-Type: application/x-www-form-urlencoded\r\n",
    "Content-Encoding: aws-chunked\r\n",
    "Content-Encoding: gzip\r\n",
    "x-amz-acl: private\r\n",
    "Host: b.s3.us-east-1.amazonaws.com\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "<a>",
    "</a>",
    "<member>",
    " x=\"1\"",
    "<![CDATA[",
    "]]>",
    "&#13;",
    "<!DOCTYPE",
    "\u{f9}",
    "\u{a1}",
    "{\"a\":",
    "1e30",
];

#[test]
fn heads() {
    briefly("head", targets::head::check, 4_000, &HTTP, &["captures", "wire"]);
}

#[test]
fn requests() {
    briefly("requests", targets::requests::check, 600, &HTTP, &["wire"]);
}

#[test]
fn connect_lines() {
    briefly("connect", targets::connect::check, 600, &CONNECT, &[]);
}

#[test]
fn canonical_forms() {
    briefly("canonical", targets::canonical::check, 4_000, &JSON, &["captures"]);
}

#[test]
fn tokens() {
    briefly("token", targets::token::check, 10_000, &JSON, &[]);
}

#[test]
fn cassette_texts() {
    briefly("text", targets::text::check, 3_000, &TEXT, &["cassettes"]);
}

#[test]
fn config_files() {
    briefly("config", targets::config::check, 1_000, &TOML, &[]);
}

#[test]
fn host_names() {
    briefly("host", targets::host::check, 20_000, &NAMES, &[]);
}

#[test]
fn requests_of_services() {
    briefly("services", targets::services::check, 10_000, &SERVICES, &["services"]);
}

#[test]
fn cassettes_of_others() {
    briefly("vcr", targets::vcr::check, 3_000, &YAML, &["vcr"]);
}

/// Runs `target` with the corpus of this name and what stands in `fixtures`, then with `count` inputs made of that.
fn briefly(name: &str, target: fn(&[u8]), count: u32, words: &[&str], fixtures: &[&str]) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut seeds = Vec::new();
    collect(&tests.join("safety/fuzz/corpus").join(name), &mut seeds);
    for fixture in fixtures {
        collect(&tests.join("fixtures").join(fixture), &mut seeds);
    }
    assert!(!seeds.is_empty(), "no corpus for {name}");
    let mut mutator = Mutator::new(count.into());
    for seed in &seeds {
        one(name, target, seed);
    }
    for _ in 0..count {
        one(name, target, &mutator.input(&seeds, words));
    }
}

fn one(name: &str, target: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!("{name} fails with the input: {}", input.escape_ascii());
        resume_unwind(panic);
    }
}

/// Every file below `folder`, in the order of their paths.
fn collect(folder: &Path, found: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { collect(&path, found) } else { found.push(std::fs::read(path).unwrap()) }
    }
}
