//! How long a cassette of 10,000 takes keeps people waiting, beside copying the same bytes: `cargo bench --bench size`.
//!
//! The commands are the binary's own, started as people start them. Nothing here fails for being slow.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail")]

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use ramtape::cassette::{Access, Cassette, CassetteSettings, EntryHead, TakeHead};
use ramtape::model::{Body, OperationName};
use ramtape::redact::scrub_page;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TAKES: usize = 10_000;

fn main() {
    if std::env::args().any(|argument| argument == "--bench") {
        bench();
    } else {
        println!("benchmarks are run by `cargo bench`");
    }
}

fn bench() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (recorded, sealed) = record(&folder.join("tape"));
    let files = files(&folder.join("tape"));
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    println!(
        "\n{TAKES} takes of 2 KiB in {} files, {:.1} MiB of text.",
        files.len(),
        bytes as f64 / f64::from(1 << 20)
    );
    let written = copied(&files, &folder.join("copy"), true);
    let plain = copied(&files, &folder.join("plain"), false);
    let read = best(|| read_all(&files));
    println!("\n| work | time | beside | ratio |\n| --- | --- | --- | --- |");
    told("recorded, each in the journal before its answer", recorded, "copied file by file, each synced", written);
    told("sealed: written as text", sealed, "copied file by file, each synced", written);
    told("`ramtape merge` into a new one", timed(folder, &["merge", "new", "tape"]), "copied, each synced", written);
    for arguments in [
        &["ls"][..],
        &["coverage"],
        &["export", "--har", "tape.har"],
        &["merge", "--dry-run", "new", "tape"],
        &["scan"],
        &["verify", "--offline"],
    ] {
        if !is_known(arguments) {
            continue;
        }
        let cassette: &[&str] = if ["merge", "scan"].contains(&arguments[0]) { &[] } else { &["--cassette", "tape"] };
        let whole: Vec<&str> = arguments.iter().chain(cassette).copied().collect();
        let whole = if arguments[0] == "scan" { vec!["scan", "tape"] } else { whole };
        told(&format!("`ramtape {}`", arguments.join(" ")), best(|| timed(folder, &whole)), "read", read);
    }
    told("copied, nothing synced", plain, "read", read);
}

/// Records takes, one a request; gives how long recording and sealing took.
fn record(root: &Path) -> (Duration, Duration) {
    let access = Access::Record { replace: true };
    let cassette = Cassette::open(root, access, |_, _| (), &CassetteSettings::default()).unwrap().cassette;
    let begun = Instant::now();
    for number in 0..TAKES {
        let head = EntryHead {
            operation: OperationName::Known("GetResourceShares".to_owned()),
            region: "us-east-1".to_owned(),
            actor: "default".to_owned(),
            request: format!("{{\"name\":\"share-{number}\",\"resourceOwner\":\"SELF\"}}"),
        };
        let take = TakeHead { complete: true, ..TakeHead::default() };
        cassette.begin(&head, &take, vec![page(number)], None).unwrap();
    }
    let recorded = begun.elapsed();
    let begun = Instant::now();
    assert_eq!(cassette.seal().unwrap().failed, []);
    (recorded, begun.elapsed())
}

/// An answer of 2 KiB, as RAM gives it.
fn page(number: usize) -> ramtape::redact::Scrubbed<ramtape::model::Page> {
    let share = |at: usize| {
        format!(
            "{{\"resourceShareArn\":\"arn:aws:ram:us-east-1:111122223333:resource-share/{number:08x}-15eb-4548-a8d7-{at:012x}\",\
             \"name\":\"share-{number}\",\"owningAccountId\":\"111122223333\",\"allowExternalPrincipals\":true,\
             \"status\":\"ACTIVE\",\"tags\":[{{\"key\":\"team\",\"value\":\"network\"}}],\"creationTime\":1632343064.922,\
             \"lastUpdatedTime\":1632343064.922,\"featureSet\":\"STANDARD\"}}"
        )
    };
    let shares: Vec<String> = (0..6).map(share).collect();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    scrub_page(200, &headers, Body::literal(Bytes::from(format!("{{\"resourceShares\":[{}]}}", shares.join(",")))))
}

fn files(root: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with(".store"));
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect();
    files.sort();
    files
}

fn copied(files: &[PathBuf], to: &Path, synced: bool) -> Duration {
    fs::create_dir_all(to).unwrap();
    let begun = Instant::now();
    for (number, file) in files.iter().enumerate() {
        let copy = to.join(number.to_string());
        fs::copy(file, &copy).unwrap();
        if synced {
            File::open(&copy).unwrap().sync_all().unwrap();
        }
    }
    begun.elapsed()
}

fn read_all(files: &[PathBuf]) -> Duration {
    let begun = Instant::now();
    for file in files {
        let mut text = Vec::new();
        File::open(file).unwrap().read_to_end(&mut text).unwrap();
    }
    begun.elapsed()
}

fn is_known(arguments: &[&str]) -> bool {
    let help = Command::new(env!("CARGO_BIN_EXE_ramtape")).args([arguments[0], "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    arguments.iter().filter(|argument| argument.starts_with("--")).all(|flag| help.contains(flag)) && !help.is_empty()
}

/// How long a command takes, started and ended.
fn timed(folder: &Path, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ramtape"));
    let status =
        command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.code().is_some(), "{arguments:?}");
    begun.elapsed()
}

/// The best of three: the least disturbed one.
fn best(run: impl FnMut() -> Duration) -> Duration {
    std::iter::repeat_with(run).take(3).min().unwrap()
}

fn told(work: &str, time: Duration, beside: &str, other: Duration) {
    let (time, other) = (time.as_secs_f64(), other.as_secs_f64());
    println!("| {work} | {time:.2} s | {beside}: {other:.2} s | {:.1} |", time / other);
}
