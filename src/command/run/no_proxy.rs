//! `NO_PROXY`: what stands in it already, and what it must not cover.
//!
//! No standard says how it is read. curl, Python and the clients in Rust and Go agree on names, their subdomains and `*`, and
//! differ in the rest: leading dots and asterisks, ports, blanks, ends of names that are no whole labels. Here an entry
//! covers a host if any of them would think so.

use crate::config::Environment;
use std::ffi::OsString;
use std::net::IpAddr;

/// Where the proxy, CMD and its own servers find each other, as clients differ in how they read it: networks are known to those in
/// Go, Python and Node, brackets to some alone.
const LOOPBACK: [&str; 5] = ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.0/8"];

/// Both spellings: clients differ in which they read, and in which of them wins.
const NAMES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The variable of `parent`, and the entry in it, by which some client would go to `host` without a proxy.
pub(super) fn find_covering_entry(host: &str, parent: &Environment) -> Option<(&'static str, String)> {
    NAMES.into_iter().find_map(|name| {
        let value = parent.value(name)?.to_string_lossy().into_owned();
        let entry = covering_entry(host, &value)?;
        Some((name, entry))
    })
}

fn covering_entry(host: &str, value: &str) -> Option<String> {
    // Some clients take blanks out before they look for commas, others split at them.
    let joined: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let entries = value.split([',', ' ', '\t', '\n']).chain(joined.split(','));
    entries.map(str::trim).filter(|entry| !entry.is_empty()).find(|entry| covers(entry, host)).map(str::to_owned)
}

fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.to_ascii_lowercase();
    let name = entry.rsplit_once("://").map_or(entry.as_str(), |(_, name)| name);
    // A port narrows an entry for some clients, and is not looked at by others. A network is of addresses, never of names.
    let name = name.split(':').next().unwrap_or_default();
    let is_wide = name.starts_with('*');
    let name = name.trim_start_matches(['*', '.']).trim_end_matches('.');
    if name.is_empty() { is_wide } else { host.ends_with(name) }
}

/// `own` (or `other`, where only that is set: a new `own` would hide it) with loopback added, and `address`, which ramtape listens on:
/// a base URL there has its key in it, and no other proxy is to see that.
pub(super) fn with_loopback(own: &str, other: &str, address: IpAddr, parent: &Environment) -> OsString {
    let mut value = parent.value(own).or_else(|| parent.value(other)).unwrap_or_default().to_owned();
    let listed: Vec<String> = value.to_string_lossy().split(',').map(|host| host.trim().to_owned()).collect();
    if listed.iter().any(|host| host == "*") {
        return value;
    }
    let listened = address.to_string();
    let known = LOOPBACK.contains(&listened.as_str());
    let wanted = LOOPBACK.into_iter().chain(Some(listened.as_str()).filter(|_| !known));
    for host in wanted.filter(|host| !listed.iter().any(|listed| listed == host)) {
        if !value.is_empty() {
            value.push(",");
        }
        value.push(host);
    }
    value
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    const HOST: &str = "ram.us-east-1.amazonaws.com";

    #[test]
    fn an_entry_covers_the_host_if_any_client_would_think_so() {
        for entry in [
            "*",
            "*.amazonaws.com",
            "*amazonaws.com",
            "amazonaws.com",
            ".amazonaws.com",
            "..amazonaws.com",
            "amazonaws.com.",
            "AmazonAWS.com",
            "us-east-1.amazonaws.com",
            "ram.us-east-1.amazonaws.com",
            ".ram.us-east-1.amazonaws.com",
            "ram.us-east-1.amazonaws.com:80",
            ".amazonaws.com:443",
            "http://ram.us-east-1.amazonaws.com",
            "com",
            ".com",
            "aws.com",
        ] {
            assert!(covers(entry, HOST), "{entry}");
        }
        for entry in [
            "127.0.0.1",
            "localhost",
            "10.0.0.0/8",
            "0.0.0.0/0",
            "::/0",
            "[::1]",
            "fd00::/8",
            "169.254.169.254",
            ".",
            "sts.us-east-1.amazonaws.com",
            "x.ram.us-east-1.amazonaws.com",
            "amazonaws.com.cn",
            ".eu-west-1.amazonaws.com",
            "corp.test",
        ] {
            assert!(!covers(entry, HOST), "{entry}");
        }
    }

    #[test]
    fn the_variable_and_the_entry_are_named() {
        let find_covering_entry = |variables: &[(&str, &str)]| {
            find_covering_entry(HOST, &Environment::from_variables(variables.iter().copied(), "/"))
        };
        for separated in ["corp.test,.amazonaws.com", "corp.test, .amazonaws.com ,x", "corp.test .amazonaws.com"] {
            let found = find_covering_entry(&[("no_proxy", separated)]).unwrap();
            assert_eq!(found, ("no_proxy", ".amazonaws.com".to_owned()), "{separated}");
        }
        assert_eq!(find_covering_entry(&[("NO_PROXY", "amazonaws. com")]).unwrap(), ("NO_PROXY", "com".to_owned()));
        assert_eq!(
            find_covering_entry(&[("NO_PROXY", "corp.test"), ("no_proxy", "*")]).unwrap(),
            ("no_proxy", "*".to_owned())
        );
        assert_eq!(find_covering_entry(&[("NO_PROXY", "corp.test,10.0.0.0/8,localhost")]), None);
        assert_eq!(find_covering_entry(&[]), None);
    }
}
