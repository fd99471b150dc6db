//! Requests as they stand on the wire.

use std::fs;
use std::path::{Path, PathBuf};

/// A request read from a file that holds it byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct WireRequest {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl WireRequest {
    /// Reads a whole request: head, empty line, body. The target may be in absolute form.
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head ends with an empty line");
        let head = std::str::from_utf8(&raw[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let mut start = lines.next().unwrap().split(' ');
        let (method, target) = (start.next().unwrap(), start.next().unwrap());
        // A query may hold such an address too.
        let target = match target.split_once("://").filter(|_| !target.starts_with('/')) {
            Some((_, rest)) => &rest[rest.find('/').unwrap()..],
            None => target,
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let request = Self {
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: raw[end + 4..].to_vec(),
        };
        if request.header("transfer-encoding") == Some("chunked") {
            let body = join_chunks(&request.body);
            return Self { body, ..request };
        }
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        assert_eq!(request.body.len(), length, "{head}");
        request
    }

    /// The first header called `name`, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

fn join_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|bytes| bytes == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let (chunk, following) = rest[end + 2..].split_at(size);
        whole.extend_from_slice(chunk);
        rest = following.strip_prefix(b"\r\n").unwrap();
        if size == 0 {
            return whole;
        }
    }
}

/// A folder of `tests/fixtures`.
pub(crate) fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)
}

/// The folders in `folder`, by name.
pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = entries(folder).into_iter().filter(|path| path.is_dir()).collect();
    found.sort_unstable();
    found
}

/// The requests in `folder`: every file that ends in `.http`.
pub(crate) fn requests(folder: &Path) -> Vec<(PathBuf, WireRequest)> {
    let mut found: Vec<_> =
        entries(folder).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "http")).collect();
    found.sort_unstable();
    found.into_iter().map(|path| (path.clone(), WireRequest::parse(&fs::read(path).unwrap()))).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
