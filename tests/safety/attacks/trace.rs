//! What processes did with sockets, as strace shows it, and a namespace without any network but loopback.

use crate::support::clients::skipped;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

/// Brings loopback up, which is all that there is, and runs the rest.
const LOOPBACK: &str = "ip link set lo up && exec \"$@\"";

/// Whether `program` runs with these arguments, and to a good end.
pub(crate) fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What stands before a command that shall have no network; `None`, having said why, where that takes more than this user
/// may do.
pub(crate) fn namespace() -> Option<Vec<String>> {
    let words = |flag: &str| ["unshare", flag, "sh", "-c", LOOPBACK, "sh"].map(str::to_owned).to_vec();
    // As root, or as root of a user namespace of one's own.
    let found = ["-n", "-rn"].into_iter().find(|flag| runs("unshare", &[flag, "sh", "-c", LOOPBACK, "sh", "true"]));
    found.map(words).or_else(|| skipped("no network namespace can be made (unshare, ip, and leave to use them)"))
}

/// What stands before a command whose sockets shall be traced into a folder; `None` as for [`namespace`].
pub(crate) fn tracer() -> Option<fn(&Path) -> Vec<String>> {
    fn words(folder: &Path) -> Vec<String> {
        let output = folder.join("of").to_str().unwrap().to_owned();
        // One file a thread, so that no call is told in two halves.
        let mut words = ["strace", "-ff", "-qq", "-e", "trace=%network,%process", "-o"].map(str::to_owned).to_vec();
        words.push(output);
        words
    }
    if runs("strace", &["-ff", "-qq", "-e", "trace=%network", "-o", "/dev/null", "true"]) {
        Some(words)
    } else {
        skipped("no process can be traced (strace, and leave to use it)")
    }
}

/// Every call about sockets and processes, by thread.
pub(crate) struct Trace {
    threads: BTreeMap<u32, Vec<String>>,
    /// The threads of the process that was traced first: ramtape's.
    own: BTreeSet<u32>,
}

impl Trace {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut threads = BTreeMap::new();
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let id = entry.file_name().to_str().unwrap().strip_prefix("of.").unwrap().parse().unwrap();
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
            threads.insert(id, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
        let first = Self::first(&threads);
        let mut own = BTreeSet::from([first]);
        let mut todo = vec![first];
        while let Some(id) = todo.pop() {
            let started = threads.get(&id).into_iter().flatten().filter(|call| call.contains("CLONE_THREAD"));
            for thread in started.filter_map(|call| call.rsplit_once(" = ")?.1.split(' ').next()?.parse().ok()) {
                if own.insert(thread) {
                    todo.push(thread);
                }
            }
        }
        assert!(own.len() > 1, "ramtape has one thread only: {threads:?}");
        Self { threads, own }
    }

    /// The thread that nobody started: the one whose first program is ramtape.
    fn first(threads: &BTreeMap<u32, Vec<String>>) -> u32 {
        let is_first = |calls: &Vec<String>| {
            let started = calls.iter().find(|call| call.starts_with("execve("));
            started.is_some_and(|call| call.contains("/ramtape\""))
        };
        let mut found = threads.iter().filter(|(_, calls)| is_first(calls)).map(|(id, _)| *id);
        let first = found.next().unwrap_or_else(|| panic!("nobody started ramtape: {threads:?}"));
        assert_eq!(found.next(), None, "ramtape was started twice");
        first
    }

    fn calls(&self, own: bool) -> impl Iterator<Item = &String> {
        self.threads.iter().filter(move |(id, _)| self.own.contains(id) == own).flat_map(|(_, calls)| calls)
    }

    /// Every address that ramtape connected to or sent to, of any family.
    pub(crate) fn connected_by_ramtape(&self) -> Vec<String> {
        self.calls(true).filter_map(|call| asked(call)).collect()
    }

    /// Every internet address that the others connected to or sent to, each once.
    pub(crate) fn connected_by_others(&self) -> Vec<String> {
        let asked: BTreeSet<String> =
            self.calls(false).filter(|call| call.contains("AF_INET")).filter_map(|call| asked(call)).collect();
        asked.into_iter().collect()
    }

    /// How many internet sockets ramtape made.
    pub(crate) fn sockets_of_ramtape(&self) -> usize {
        self.calls(true).filter(|call| call.starts_with("socket(AF_INET")).count()
    }

    /// Where ramtape listens.
    pub(crate) fn port_of_ramtape(&self) -> u16 {
        let named = self.calls(true).filter(|call| call.starts_with("getsockname("));
        named.filter_map(|call| between(call, "sin_port=htons(", ")")).find_map(|port| port.parse().ok()).unwrap()
    }
}

/// Whom `call` reaches for, if it does: `address:port`, or the call itself for other families.
fn asked(call: &str) -> Option<String> {
    let reaches = ["connect(", "sendto(", "sendmsg(", "sendmmsg("].iter().any(|name| call.starts_with(name));
    // What is sent on a connection names no address; what goes to the kernel itself leaves nobody's machine.
    if !reaches || !call.contains("sa_family=") || call.contains("AF_NETLINK") {
        return None;
    }
    let address = between(call, "inet_addr(\"", "\"").or_else(|| between(call, "inet_pton(AF_INET6, \"", "\""));
    let port = between(call, "sin_port=htons(", ")").or_else(|| between(call, "sin6_port=htons(", ")"));
    Some(match (address, port) {
        (Some(address), Some(port)) => format!("{address}:{port}"),
        _ => call.to_owned(),
    })
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}
