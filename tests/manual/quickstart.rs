//! cassettes/quickstart: a recording that was made by the tool, held to the format and replayed by the binary, from its
//! text alone.
use crate::support::binary::{Finished, Server, folder, ramtape, run};
use crate::support::clients;
use crate::support::endpoint::post;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SHARES: &str = "get-resource-shares/n46yoqfkgtsqj47x.json";
const TYPES: &str = "list-resource-types/3dom434vbyhusszh.json";

/// The cassette as it is in git.
fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cassettes/quickstart")
}

/// Its files, by path inside it, but for the store that a run on this machine may have left there.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(committed()).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_file() {
            files.push((name, fs::read_to_string(entry.path()).unwrap()));
        } else if name != ".store" {
            for file in fs::read_dir(entry.path()).unwrap().map(|file| file.unwrap()) {
                let inside = format!("{name}/{}", file.file_name().to_str().unwrap());
                files.push((inside, fs::read_to_string(file.path()).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// A copy of the text, as a checkout has it.
fn checkout() -> TempDir {
    let folder = folder();
    for (path, text) in files() {
        let copy = folder.path().join("cassettes/default").join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, text).unwrap();
    }
    folder
}

fn parsed(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(committed().join(path)).unwrap()).unwrap()
}

#[test]
fn holds_text_of_the_current_format_and_nothing_else() {
    let files = files();
    let names: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        names,
        BTreeSet::from([
            ".gitattributes",
            ".gitignore",
            "cassette.json",
            "get-resource-shares/ca4w37v7occdg6b5.json",
            "get-resource-shares/itbgaowcfdyeqtpg.json",
            SHARES,
            TYPES,
        ])
    );
    let about = parsed("cassette.json");
    assert_eq!((&about["ramtape"], &about["service"]), (&json!("2.0"), &json!("ram")));
    for (path, text) in &files {
        assert!(!text.contains("aws4_request") && !text.to_lowercase().contains("signature"), "{path}");
    }
}

#[test]
fn files_are_named_by_their_fingerprints() {
    let folder = checkout();
    let listed = run(folder.path(), &["ls", "--json"]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (Some(0), 4), "{listed:?}");
    for line in listed.stdout.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let file = Path::new(entry["file"].as_str().unwrap());
        let name = file.file_stem().unwrap().to_str().unwrap();
        let canonical = run(folder.path(), &["show", name, "--canonical"]).stdout;
        // Independent of the crate's own code: the first 80 bits of the SHA-256, in base32.
        let digest = Sha256::digest(canonical.as_bytes());
        assert_eq!(data_encoding::BASE32_NOPAD.encode(&digest[..10]).to_lowercase(), name, "{canonical}");
        let text: Value = serde_json::from_str(&fs::read_to_string(folder.path().join(file)).unwrap()).unwrap();
        assert_eq!(text["operation"], entry["operation"]);
    }
}

#[test]
fn its_listings_are_walked_by_the_tokens_that_it_gives() {
    let folder = checkout();
    let server = Server::start(ramtape(folder.path()).arg("replay"));
    for (file, path, mut asked, pages) in [
        (SHARES, "/getresourceshares", json!({ "resourceOwner": "SELF", "maxResults": 5 }), 2),
        (TYPES, "/listresourcetypes", json!({ "maxResults": 5 }), 3),
    ] {
        let recorded = parsed(file);
        let recorded = recorded.pointer("/takes/0/pages").unwrap().as_array().unwrap().clone();
        assert_eq!(recorded.len(), pages);
        let mut tokens = BTreeSet::new();
        for (number, page) in recorded.iter().enumerate() {
            let (status, served) = post(&server.url, path, &asked.to_string());
            let mut served: Value = serde_json::from_str(&served).unwrap();
            assert_eq!(status, 200, "{served}");
            let token = served["nextToken"].as_str().map(str::to_owned);
            assert_eq!(token.is_some(), number + 1 < pages, "{served}");
            if let Some(token) = token {
                // In the text a hole stands where the client gets a token.
                served["nextToken"] = json!({ "$token": number + 1 });
                asked["nextToken"] = json!(token);
                assert!(tokens.insert(token), "a token for each page");
            }
            assert_eq!(served, page["body"]);
        }
    }
    let finished = server.stop();
    assert!(finished.stderr.contains("5 replayed, 0 recorded, 0 missed; 0 upstream connections"), "{finished:?}");
}

#[test]
fn boto3_prints_what_it_printed_while_recording() {
    let Some(python) = clients::python() else { return };
    let folder = checkout();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manual/quickstart");
    let mut command = ramtape(folder.path());
    command.args(["run", "--record-mode", "none", "--"]).arg(python).arg(tests.join("calls.py"));
    let replayed = Finished::from(command.env("PYTHONUTF8", "1").output().unwrap());
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    assert_eq!(replayed.stdout, fs::read_to_string(tests.join("printed.txt")).unwrap());
    let told = "ramtape: replaying cassettes/default (none)\nramtape: 7 replayed, 0 recorded, 0 missed; 0 upstream connections";
    assert_eq!(replayed.stderr.trim_end(), told);
}
