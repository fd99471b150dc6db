//! Finds secret access keys: 40 characters that look random.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

const LEN: usize = 40;

static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[A-Za-z0-9/+]{40,}=*").ok());

/// Where in `text` secret access keys are, in order.
pub(super) fn find_secret_keys(text: &str) -> Vec<Range<usize>> {
    let runs = RUN.iter().flat_map(|run| run.find_iter(text));
    let keys = runs.flat_map(|run| {
        let moved = move |key: Range<usize>| run.start() + key.start..run.start() + key.end;
        keys_in_run(run.as_str()).into_iter().map(moved)
    });
    keys.collect()
}

/// The keys in a run of characters that keys consist of: all of it, or what `/` or `+` sets apart from a short or wordy rest,
/// as in a path. Of a longer run that is as mixed itself, which is something encoded, no part is one.
fn keys_in_run(run: &str) -> Vec<Range<usize>> {
    let plain = run.trim_end_matches('=');
    if plain.len() == LEN {
        return is_key(plain).then_some(0..LEN).into_iter().collect();
    }
    // What ends in `=` is something encoded.
    if plain.len() < run.len() {
        return Vec::new();
    }
    let mut keys: Vec<Range<usize>> = Vec::new();
    for at in 0..=run.len().saturating_sub(LEN) {
        let starts = at == 0 || is_edge(run, at - 1);
        let ends = run.len() == at + LEN || is_edge(run, at + LEN);
        if !(starts && ends && run.get(at..at + LEN).is_some_and(is_mixed)) {
            continue;
        }
        match keys.last_mut() {
            // A key can have edges in it: which of both it is cannot be told.
            Some(last) if at < last.end => last.end = at + LEN,
            _ => keys.push(at..at + LEN),
        }
    }
    let outside = run.char_indices().filter(|(at, _)| !keys.iter().any(|key| key.contains(at)));
    let rest: String = outside.map(|(_, c)| c).collect();
    let is_encoded = rest.len() >= 12 && case_switches(&rest) * 5 > rest.len() * 2;
    if is_encoded { Vec::new() } else { keys }
}

/// Whether `text` is as mixed as chance makes it: a path or a hash in hexadecimal is not.
pub(super) fn is_random(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(&kind);
    let different: std::collections::BTreeSet<u8> = text.bytes().collect();
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) && different.len() >= 12
}

fn is_key(text: &str) -> bool {
    // AWS's documentation has one that everybody copies.
    is_random(text) && !text.contains("EXAMPLE")
}

fn is_edge(run: &str, at: usize) -> bool {
    matches!(run.as_bytes().get(at), Some(b'/' | b'+'))
}

/// Stricter than where nothing stands beside it: paths and names in camel case have words in them.
fn is_mixed(text: &str) -> bool {
    let slashes = text.bytes().filter(|byte| *byte == b'/').count();
    is_key(text) && slashes <= 3 && case_switches(text) >= 14
}

/// How often an upper-case letter, a lower-case one and a digit follow one another.
pub(super) fn case_switches(text: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'A'..=b'Z' => Some(0),
        b'a'..=b'z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let pairs = text.bytes().zip(text.bytes().skip(1));
    pairs.filter(|(one, next)| kind(*one).zip(kind(*next)).is_some_and(|(one, next)| one != next)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Put together here, so that this file is not a finding itself.
    const SECRET: &str = concat!("kZ3o8Wc1yFq2dT5xLh9v", "Bn4mRj6sPa7gUe0wXi/K");

    fn one(range: Range<usize>) -> Vec<Range<usize>> {
        std::iter::once(range).collect()
    }

    #[test]
    fn a_key_in_a_path_is_one() {
        for (before, after) in [
            ("", ""),
            ("s3/", ""),
            ("/", ""),
            ("", "/x"),
            ("s3/", "/Users/Jane2/backup"),
            ("ab+", "+b"),
            ("home/jane/Projects2/", ""),
        ] {
            let run = format!("{before}{SECRET}{after}");
            assert_eq!(keys_in_run(&run), one(before.len()..before.len() + LEN), "{run}");
        }
        // Where keys have edges of their own, all that could be one is.
        assert_eq!(keys_in_run(&format!("{SECRET}/{SECRET}")), one(0..2 * LEN + 1));
        assert_eq!(keys_in_run(&format!("a+{SECRET}+b")), one(0..LEN + 2));
    }

    #[test]
    fn neither_paths_nor_digests_nor_what_is_encoded_have_one() {
        let encoded = "4Qk9Zt1bW8xR3nVd6Ys0LpGm7Hc2Jf5/";
        for run in [
            "x/da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned(),
            "x/DA39A3EE5E6B4B0D3255BFEF95601890AFD80709".to_owned(),
            "a/Users/Jane2/Projects/Ramtape/Recordings/B".to_owned(),
            "role/AWSReservedSSO/AdministratorAccess2Regional".to_owned(),
            "resource/AWSRAMDefaultPermissionSubnet2Association".to_owned(),
            format!("{encoded}{SECRET}/{encoded}"),
            format!("ab/{SECRET}="),
            format!("x{SECRET}"),
        ] {
            assert!(keys_in_run(&run).is_empty(), "{run}");
        }
    }
}
