//! `ramtape report`: the latest run as a page or a picture.

use crate::support::binary::{Server, file, folder, run};
use crate::support::endpoint::{Endpoint, post, with_keys};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

const OWN: &str = "{\"resourceOwner\":\"SELF\"}";
const HOSTILE: &str = "{\"resourceOwner\":\"SELF\",\"name\":\"</pre><script>alert(1)</script>\"}";

/// Records a listing, with `more` flags, and replays it with a miss.
fn replay_with_a_miss(folder: &Path, more: &[&str]) {
    let endpoint = Endpoint::start();
    let server = Server::start(with_keys(folder).args(["record", "--upstream", &endpoint.url()]).args(more));
    for session in ["/~a", "/~b"] {
        assert_eq!(post(&format!("{}{session}", server.url), "/getresourceshares", OWN).0, 200);
    }
    assert_eq!(server.stop().code, Some(0));
    endpoint.stop();
    let server = Server::start(with_keys(folder).arg("replay").args(more));
    for (session, body, status) in [("/~a", OWN, 200), ("/~b", OWN, 200), ("/~b", HOSTILE, 400), ("/~b", HOSTILE, 400)]
    {
        assert_eq!(post(&format!("{}{session}", server.url), "/getresourceshares", body).0, status);
    }
    assert_eq!(server.stop().code, Some(3));
}

#[test]
fn the_latest_run_is_a_page_by_itself() {
    let folder = folder();
    replay_with_a_miss(folder.path(), &[]);
    let finished = run(folder.path(), &["report", "--html", "report.html", "--svg", "timeline.svg"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    let page = fs::read_to_string(file(&folder, "report.html")).unwrap();
    for part in [
        "<code>ramtape replay</code>",
        "<dd>default</dd>",
        "only replayed",
        "4 calls",
        "2 missed",
        "no recorded answer for GetResourceShares",
        "&lt;/pre&gt;&lt;script&gt;",
        "aria-label=\"Session b, calls: 3\"",
        "id=\"call-4\"",
        "href=\"#call-3\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    // It needs nothing else, and nothing runs in it.
    for part in ["<script", "<link", "src=", "href=\"/", "/_ramtape/", " style=\""] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    assert_eq!(page.matches("<section class=\"miss\">").count(), 1, "the same misses are told once");
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let policy = format!("default-src 'none'; style-src 'sha256-{}'", BASE64.encode(&Sha256::digest(style)));
    assert!(page.contains(&policy), "{policy} in {page}");
    let picture = fs::read_to_string(file(&folder, "timeline.svg")).unwrap();
    roxmltree::Document::parse(&picture).unwrap();
}

#[test]
fn the_cassettes_of_a_run_are_one_page() {
    let folder = folder();
    replay_with_a_miss(folder.path(), &["--cassette-per-session", "--cassette", "tapes"]);
    let finished = run(folder.path(), &["report", "--html", "report.html", "--cassette", "tapes"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let page = fs::read_to_string(file(&folder, "report.html")).unwrap();
    assert!(page.contains("4 calls") && page.matches("class=\"lane\"").count() == 2, "{page}");
}

#[test]
fn where_there_is_no_run_it_says_so() {
    let folder = folder();
    let report = |cassette: &str| run(folder.path(), &["report", "--html", "report.html", "--cassette", cassette]);
    let absent = report("nowhere");
    assert!(absent.code != Some(0) && absent.stderr.contains("nowhere"), "{absent:?}");
    replay_with_a_miss(folder.path(), &[]);
    fs::remove_dir_all(file(&folder, "cassettes/default/.store")).unwrap();
    let unknown = report("cassettes/default");
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("no run over cassettes/default is remembered"), "{unknown:?}");
    assert!(!file(&folder, "report.html").exists());
    let neither = run(folder.path(), &["report"]);
    assert!(neither.code == Some(2) && neither.stderr.contains("--html <FILE>|--svg <FILE>"), "{neither:?}");
}
