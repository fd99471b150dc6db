//! Signatures as botocore computes them (`tests/fixtures/signing/signatures.py` wrote the table).

use super::{KEY_ID, SECRET};
use http::{HeaderMap, HeaderValue, Uri};
use ramtape::aws::Keys;
use ramtape::aws::sigv4::{SigningScope, sign};
use ramtape::model::Secret;
use std::time::{Duration, SystemTime};

const TABLE: &str = include_str!("../../fixtures/signing/signatures.tsv");

/// 2026-09-21T14:26:40Z.
const TIME: Duration = Duration::from_secs(1_790_000_800);

#[test]
fn botocore_signs_the_same() {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    for line in TABLE.lines() {
        let [method, url, body, token, signature] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let url: Uri = url.parse().unwrap();
        let session_token = (!token.is_empty()).then(|| Secret::new(token));
        let keys = Keys { access_key_id: KEY_ID.to_owned(), secret: Secret::new(SECRET), session_token, expiry: None };
        let scope =
            SigningScope { service: "ram", region: "eu-central-1", time: SystemTime::UNIX_EPOCH + TIME, as_s3: false };
        let added = sign(&method.parse().unwrap(), &url, &headers, body.as_bytes(), &keys, scope).unwrap();
        assert_eq!(added["x-amz-date"], "20260921T142640Z");
        let authorization = added["authorization"].to_str().unwrap();
        assert_eq!(authorization.rsplit_once("Signature=").unwrap().1, signature, "{line}\n{authorization}");
    }
    assert_eq!(TABLE.lines().count(), 8);
}
