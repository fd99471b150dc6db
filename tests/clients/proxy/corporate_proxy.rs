//! Where the environment names another proxy: nothing that is meant for ramtape goes there, whatever loopback address it listens on.

use crate::support::clients::{Call, boto3, python};
use crate::support::scene::{Endpoint, Tape};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A proxy that only counts who comes.
fn counting_proxy() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    (url, count)
}

#[test]
fn no_request_for_ramtape_goes_to_the_corporate_proxy() {
    let Some(python) = python() else { return };
    let endpoint = Endpoint::start();
    for listen in ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"] {
        let (proxy, came) = counting_proxy();
        let call = boto3(&python).args(["call", "ListResourceTypes"]);
        let call = crate::support::scene::as_owner(call).env("HTTP_PROXY", &proxy).env("http_proxy", &proxy);
        let tape = Tape::new();
        let recorded = call.under(tape.run("once", &["--upstream", &endpoint.url(), "--listen", listen])).finish();
        let recorded = recorded.success();
        assert!(recorded.stderr.contains("1 recorded"), "{recorded}");
        assert_eq!(came.load(Ordering::SeqCst), 0, "{listen}");
    }
}

#[test]
fn through_the_proxy_door_the_commands_own_servers_are_reached() {
    let endpoint = Endpoint::start();
    for address in ["127.0.0.1", "127.0.0.3", "::1"] {
        let own = TcpListener::bind((address, 0)).unwrap();
        let url = format!("http://{}/", own.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut connection, _) = own.accept().unwrap();
            let _ = connection.read(&mut [0; 1024]).unwrap();
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nme").unwrap();
        });
        let call = crate::support::scene::as_owner(Call::new("curl").args(["-sS", "-g", "--max-time", "20", &url]));
        let tape = Tape::new();
        let finished =
            call.under(tape.run("all", &["--upstream", &endpoint.url(), "--door", "proxy"])).finish().success();
        assert_eq!(finished.stdout, b"me", "{address}: {finished}");
        serving.join().unwrap();
    }
}
