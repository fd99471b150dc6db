//! Names that lead to the metadata service or to this machine, told by the system's own resolver: the real binary, in a network
//! and with a hosts file of its own, where somebody listens at just those addresses.

use super::trace::runs;
use crate::support::binary::folder;
use crate::support::clients::{Call, python, skipped, source};
use std::fs;

const RAM: &str = "ram.us-east-1.amazonaws.com";

/// Where names lead. The last is spelled as an IPv6 address.
const HOSTS: [(&str, &str); 4] = [
    (RAM, "169.254.169.254"),
    ("ec2.us-east-1.amazonaws.com", "169.254.169.254"),
    ("ec2.eu-west-1.amazonaws.com", "127.0.0.1"),
    ("ec2.us-west-2.amazonaws.com", "::ffff:169.254.169.254"),
];

/// Gives loopback the metadata service's address, puts the hosts file in place, and runs the rest.
const PLACE: &str = "ip link set lo up && ip addr add 169.254.169.254/32 dev lo && mount --bind \"$0\" /etc/hosts && \
                     exec \"$@\"";

/// What stands before a command that shall run there; `None`, having said why, where that takes more than this user may do.
fn place(hosts: &str) -> Option<Vec<String>> {
    let words = |flags: &str| ["unshare", flags, "sh", "-c", PLACE, hosts].map(str::to_owned).to_vec();
    let found = ["-nm", "-rnm"].into_iter().find(|flags| runs("unshare", &[flags, "sh", "-c", PLACE, hosts, "true"]));
    found.map(words).or_else(|| skipped("no network and hosts file of one's own can be made (unshare, ip, mount)"))
}

/// Asks for tunnels from an address that is not loopback, and from loopback.
const ELSEWHERE: &str = r#"
import os, socket, sys
port = int(os.environ["HTTPS_PROXY"].rsplit(":", 1)[1])
for address in ["169.254.169.254", "127.0.0.1"]:
    for host in sys.argv[1:]:
        stream = socket.create_connection((address, port))
        stream.sendall(f"CONNECT {host}:443 HTTP/1.0\r\n\r\n".encode())
        print(address, host, stream.recv(65536).split(b"\r\n")[0].decode())
"#;

#[test]
fn other_machines_get_no_tunnel_not_even_to_what_is_allowed() {
    let folder = folder();
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "127.0.0.1 proxy.test\n").unwrap();
    let (Some(place), Some(python)) = (place(hosts.to_str().unwrap()), python()) else { return };
    let run = [env!("CARGO_BIN_EXE_ramtape"), "run", "--record-mode", "all", "--door", "intercept", "--cassette"];
    let open = ["--listen", "0.0.0.0:0", "--allow-remote", "--allow-tunnel", "proxy.test", "--"];
    let call = Call::new(python).args(["-c", ELSEWHERE, "proxy.test", "ec2.us-east-1.amazonaws.com", RAM]);
    let call = call.region("us-east-1").under(open).under([folder.path().join("tape")]).under(run).under(place);
    let finished = call.finish().success();
    let text = String::from_utf8(finished.stdout.clone()).unwrap();
    let told: Vec<_> = text.lines().collect();
    let for_others = |host: &str| format!("ramtape: there is no tunnel to {host}:443 for clients on other machines");
    let expected = [
        for_others("proxy.test"),
        for_others("ec2.us-east-1.amazonaws.com"),
        "200 Connection established".to_owned(),
        // Nobody listens there; whoever is on this machine would get there.
        "ramtape: proxy.test:443 cannot be reached: ".to_owned(),
        "ramtape: ec2.us-east-1.amazonaws.com:443 cannot be reached: ".to_owned(),
        "200 Connection established".to_owned(),
    ];
    assert_eq!(told.len(), expected.len(), "{finished}");
    for (told, expected) in told.iter().zip(&expected) {
        assert!(told.contains(expected.as_str()), "{expected} in {told}: {finished}");
    }
}

#[test]
fn nobody_gets_to_the_metadata_service_by_a_name() {
    let folder = folder();
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, HOSTS.map(|(name, address)| format!("{address} {name}\n")).concat()).unwrap();
    let (Some(place), Some(python)) = (place(hosts.to_str().unwrap()), python()) else { return };
    let run = [env!("CARGO_BIN_EXE_ramtape"), "run", "--record-mode", "all", "--door", "intercept", "--cassette"];
    let call = Call::new(python).args([source("python/metadata.py")]).args(HOSTS.map(|(name, _)| name));
    let call = call.region("us-east-1").under(["--"]).under([folder.path().join("tape")]).under(run).under(place);
    let finished = call.finish();
    let (told, came): (Vec<_>, Vec<_>) = finished.lines().into_iter().partition(|line| line.get("door").is_some());
    assert_eq!(came, [serde_json::json!({"came": 0})], "{finished}");
    let told = told.iter().map(|line| ["door", "host", "answer"].map(|name| line[name].as_str().unwrap()));
    let tunnels = HOSTS[1..].iter().map(|(name, address)| ("tunnel", *name, *address));
    let expected = tunnels.chain([("absolute", RAM, HOSTS[0].1), ("intercept", RAM, HOSTS[0].1)]);
    let mut count = 0;
    for ([door, host, answer], (expected_door, expected_host, address)) in told.zip(expected) {
        assert_eq!((door, host), (expected_door, expected_host), "{finished}");
        let (name, rest) = answer.split_once(" resolves to ").unwrap_or_default();
        assert!(name.ends_with(&format!("the name {host}")), "{door} {host}: {finished}");
        // A resolver may give the IPv4 address in an IPv6 spelling.
        assert!(rest.trim_start_matches("::ffff:").starts_with(address.trim_start_matches("::ffff:")), "{finished}");
        count += 1;
    }
    assert_eq!(count, HOSTS.len() + 1, "{finished}");
    assert!(finished.stderr.contains("0 upstream connections"), "{finished}");
}
