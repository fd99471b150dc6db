//! `ramtape health`: as the health check of a container asks.

use crate::support::binary::{Finished, Server, folder, ramtape, run};
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn a_ramtape_that_is_ready_is_healthy_until_it_is_gone() {
    let folder = folder();
    // What needs a key in its address says without it that it is there.
    for command in [&["replay"][..], &["serve", "--record-mode", "all"]] {
        let server = Server::start(ramtape(folder.path()).args(command));
        let url = server.url.clone();
        let healthy = run(folder.path(), &["health", &url]);
        assert_eq!(healthy.code, Some(0), "{healthy:?}");
        let state: serde_json::Value = serde_json::from_str(&healthy.stdout).unwrap();
        assert_eq!(state["status"], "ok");

        // As the image sets it: all addresses, of which this machine's own is asked.
        let port = server.authority().rsplit(':').next().unwrap();
        let mut command = ramtape(folder.path());
        command.arg("health").env("RAMTAPE_LISTEN", format!("0.0.0.0:{port}"));
        assert_eq!(Finished::from(command.output().unwrap()).stdout, healthy.stdout);

        server.stop();
        let gone = run(folder.path(), &["health", &url]);
        assert_eq!((gone.code, gone.stdout.as_str()), (Some(1), ""), "{gone:?}");
        assert!(gone.stderr.contains("no healthy ramtape at http://127.0.0.1:"), "{gone:?}");
        // The rest of a recording proxy's base URL is a secret.
        assert!(!gone.stderr.contains('~'), "{gone:?}");
    }
}

#[test]
fn what_is_no_ramtape_is_not_healthy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
    });
    let finished = run(folder().path(), &["health", &url]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("it answered \"HTTP/1.1 200 OK\""), "{finished:?}");
    other.join().unwrap();
}

#[test]
fn without_an_address_the_remedy_is_told() {
    let finished = run(folder().path(), &["health"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("RAMTAPE_LISTEN"), "{finished:?}");
}
