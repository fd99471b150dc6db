//! Tunnels to others than RAM: what they carry, for how long, and how they end.

use super::connect::{STS, Stage};
use crate::support::raw::Client;
use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

#[test]
fn a_tunnel_carries_what_it_gets_both_ways() {
    let stage = Stage::recording();
    for (target, configured) in [(format!("{STS}:443"), false), ("proxy.test:8443".to_owned(), true)] {
        let mut inside = stage.tunnel(&target);
        let (mut outside, _) = stage.outside.accept().unwrap();
        let sent: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let (there, back) = (sent.clone(), sent.clone());
        let echo = thread::spawn(move || {
            let mut got = Vec::new();
            outside.read_to_end(&mut got).unwrap();
            assert_eq!(got, there);
            outside.write_all(&got).unwrap();
        });
        inside.write_all(&sent).unwrap();
        inside.shutdown(std::net::Shutdown::Write).unwrap();
        let mut got = Vec::new();
        inside.read_to_end(&mut got).unwrap();
        echo.join().unwrap();
        assert_eq!(got, back, "after one side has ended the other goes on");
        assert_eq!(stage.asked().last(), Some(&(target, configured)));
    }
    assert_eq!(stage.server.tunnels().opened, 2);
}

#[test]
fn tunnels_are_limited_in_number_and_time() {
    let stage = Stage::with(true, |limits| limits.tunnels = 1);
    let target = format!("{STS}:443");
    let open = stage.tunnel(&target);
    let reply = stage.refused(format!("CONNECT {target} HTTP/1.0\r\n\r\n"));
    assert!(reply.status == 503 && reply.body.contains("all 1 tunnels are in use (limits.tunnels)"), "{reply:?}");
    drop(open);

    // Long enough for a client on a loaded machine to connect and to ask.
    let idle = Stage::with(true, |limits| limits.idle_time = Duration::from_secs(2));
    assert!(Client::over(idle.tunnel(&target)).is_ended());

    let short = Stage::with(true, |limits| limits.tunnel_time = Duration::from_millis(300));
    let mut inside = short.tunnel(&target);
    let (mut outside, _) = short.outside.accept().unwrap();
    // Busy, and ended all the same.
    let ended = loop {
        thread::sleep(Duration::from_millis(10));
        let sent = outside.write_all(b"x").and_then(|()| inside.read(&mut [0; 64]));
        match sent {
            Ok(1..) => {}
            other => break other,
        }
    };
    assert!(ended.is_ok() || matches!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe));
}

#[test]
fn a_target_that_is_not_there_is_reported() {
    let stage = Stage::recording();
    // Bound, so that nobody else gets the port, and not listened at.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    stage.lead_to(bound.local_addr().unwrap());
    let reply = stage.refused(format!("CONNECT {STS}:443 HTTP/1.0\r\n\r\n"));
    assert_eq!(reply.status, 502, "{reply:?}");
    assert!(reply.head.contains(&format!("ramtape: {STS}:443 cannot be reached: ")), "{reply:?}");
    assert_eq!(stage.server.tunnels().refused, [(format!("{STS}:443"), 1)]);
}

#[test]
fn a_stopping_proxy_does_not_wait_for_tunnels() {
    let mut stage = Stage::recording();
    let mut open = Client::over(stage.tunnel(&format!("{STS}:443")));
    let stopping = stage.server.stop();
    stage.server.runtime.block_on(stopping).unwrap();
    assert!(open.is_ended());
}
