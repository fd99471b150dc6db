//! An object store of the tests' own, as S3 and Google Cloud Storage are spoken to: it counts what it is asked, and misbehaves where a
//! test says so.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The answer says so, with this code in its body.
    Status(u16, &'static str),
    /// The body ends in its middle, and the connection with it.
    Truncate,
    /// Half of the object is all there is.
    Half,
    /// One byte is another.
    Flip,
    /// The answer comes later.
    Wait(Duration),
}

/// What is stored, and what was asked.
#[derive(Default)]
pub(crate) struct State {
    /// By path, below the bucket.
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    /// Method and path of each request, in order.
    pub(crate) requests: Vec<String>,
    /// How many bytes of bodies came in and went out.
    pub(crate) received: usize,
    pub(crate) sent: usize,
    /// What goes wrong with the next requests of a method.
    pub(crate) faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// When objects were stored, as listings say it.
    pub(crate) modified: Option<&'static str>,
}

/// A running server; it ends with the tests.
#[derive(Clone)]
pub(crate) struct ObjectServer {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl ObjectServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { url: format!("http://{}", listener.local_addr().unwrap()), state: Arc::default() };
        let state = Arc::clone(&server.state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A client that goes away ends its connection only.
                thread::spawn(move || while serve(&stream, &state).is_some() {});
            }
        });
        server
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Has the next requests with `method` go wrong.
    pub(crate) fn fail(&self, method: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.entry(method).or_default().extend(faults);
    }

    /// How many requests there were since the last time.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }
}

struct Asked {
    method: String,
    path: String,
    query: String,
    body: Vec<u8>,
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Asked { method, path: path.to_owned(), query: query.to_owned(), body })
}

fn serve(mut stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let asked = read(stream)?;
    let (fault, (status, mut body)) = {
        let mut state = state.lock().unwrap();
        state.requests.push(format!("{} {}", asked.method, asked.path));
        state.received += asked.body.len();
        let fault = state.faults.get_mut(asked.method.as_str()).and_then(VecDeque::pop_front);
        let answer = match &fault {
            Some(Fault::Status(status, code)) => (*status, error(code)),
            _ => answer(&mut state, &asked),
        };
        (fault, answer)
    };
    match fault {
        Some(Fault::Half) => body.truncate(body.len() / 2),
        Some(Fault::Flip) => body[0] ^= 1,
        Some(Fault::Wait(time)) => thread::sleep(time),
        _ => {}
    }
    let length = body.len();
    if fault == Some(Fault::Truncate) {
        body.truncate(length / 2);
    }
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nETag: \"1\"\r\nLast-Modified: Tue, 01 Dec 2026 00:00:00 GMT\r\n\r\n"
    );
    state.lock().unwrap().sent += body.len();
    stream.write_all(&[head.as_bytes(), &body].concat()).ok()?;
    if fault == Some(Fault::Truncate) {
        let _ = stream.shutdown(std::net::Shutdown::Both);
        return None;
    }
    Some(())
}

fn error(code: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>This is what the store says of {code}.</Message></Error>").into_bytes()
}

fn answer(state: &mut State, asked: &Asked) -> (u16, Vec<u8>) {
    // Behind the bucket. Google is asked with the slashes of names encoded.
    let path = asked.path.replace("%2F", "/");
    let key = path.trim_start_matches('/').split_once('/').map_or("", |(_, key)| key).to_owned();
    match asked.method.as_str() {
        "PUT" => {
            state.objects.insert(key, asked.body.clone());
            (200, Vec::new())
        }
        "GET" if key.is_empty() => (200, list(state, &asked.query)),
        "GET" => state.objects.get(&key).map_or_else(|| (404, error("NoSuchKey")), |bytes| (200, bytes.clone())),
        "DELETE" => {
            state.objects.remove(&key);
            (204, Vec::new())
        }
        // S3's way to remove many.
        "POST" => {
            let text = String::from_utf8(asked.body.clone()).unwrap();
            let removed = text.split("<Key>").skip(1).filter_map(|rest| rest.split('<').next()).map(|key| {
                state.objects.remove(key);
                format!("<Deleted><Key>{key}</Key></Deleted>")
            });
            (200, format!("<DeleteResult>{}</DeleteResult>", removed.collect::<String>()).into_bytes())
        }
        _ => (405, error("MethodNotAllowed")),
    }
}

fn list(state: &State, query: &str) -> Vec<u8> {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default().replace("%2F", "/");
    let modified = state.modified.unwrap_or("2026-12-01T00:00:00.000Z");
    let objects = state.objects.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(key, bytes)| {
        let size = bytes.len();
        format!("<Contents><Key>{key}</Key><LastModified>{modified}</LastModified><ETag>\"1\"</ETag><Size>{size}</Size></Contents>")
    });
    format!("<ListBucketResult>{}</ListBucketResult>", objects.collect::<String>()).into_bytes()
}
