//! Who may have a request signed again.

use super::{KEY_ID, SECRET, keys, request, settings, to};
use http::Uri;
use ramtape::aws::sigv4::{SigningScope, VerifyError, sign};
use ramtape::aws::{CallerError, CredentialSource, Keys, Proof, Upstream, UpstreamSettings};
use ramtape::model::{Request, Secret};
use std::time::{Duration, SystemTime};

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

/// A request as a client signs it for ramtape's own address and the path as the client knows it.
fn signed(target: &str, keys: &Keys, service: &str, time: SystemTime) -> Request {
    let mut request = Request { signed_target: target.to_owned(), ..request(&[("content-type", "application/json")]) };
    let url: Uri = format!("http://{}{target}", request.authority).parse().unwrap();
    let scope = SigningScope { service, region: "us-east-1", time, as_s3: false };
    let added = sign(&request.method, &url, &request.headers, &request.body, keys, scope).unwrap();
    request.headers.extend(added);
    request.headers.insert("host", request.authority.parse().unwrap());
    request
}

async fn prove(request: &Request, allow_any: bool, source: CredentialSource) -> Result<Proof, CallerError> {
    let upstream = Upstream::new(UpstreamSettings { credentials: source, ..settings("http://127.0.0.1:9") }).unwrap();
    upstream.trust(&to("default", "us-east-1"), &Secret::new("the-key"), allow_any).unwrap().prove(request, NOW).await
}

async fn verdict(request: &Request) -> Result<Proof, CallerError> {
    prove(request, false, CredentialSource::Fixed(keys())).await
}

fn with_key(key: &str, request: Request) -> Request {
    Request { key: Some(Secret::new(key)), ..request }
}

#[tokio::test]
async fn the_key_is_proof_by_itself() {
    assert_eq!(verdict(&with_key("the-key", request(&[]))).await, Ok(Proof::Key));
    // Whatever the signature: client and ramtape may hold different temporary keys.
    let others = Keys { access_key_id: "ASIAOTHER".to_owned(), ..keys() };
    let stale = NOW + Duration::from_secs(900);
    assert_eq!(verdict(&with_key("the-key", signed("/", &others, "ram", stale))).await, Ok(Proof::Key));
    assert_eq!(verdict(&with_key("the-key", request(&[("authorization", "Basic x")]))).await, Ok(Proof::Key));
}

#[tokio::test]
async fn a_wrong_key_is_none() {
    for key in ["", "the-ke", "the-key2", "THE-KEY"] {
        assert_eq!(verdict(&with_key(key, request(&[]))).await, Err(CallerError::WrongKey), "{key}");
    }
    assert_eq!(verdict(&request(&[])).await, Err(CallerError::NoProof));
    let upstream = Upstream::new(settings("http://127.0.0.1:9")).unwrap();
    let empty = upstream
        .trust(&to("default", "us-east-1"), &Secret::new(""), false)
        .unwrap()
        .prove(&with_key("", request(&[])), NOW)
        .await;
    assert_eq!(empty, Err(CallerError::WrongKey));
    // The first segment may be a session's name: then the signature decides.
    let named = with_key("a-session", signed("/~a-session/getresourceshares", &keys(), "ram", NOW));
    assert_eq!(verdict(&named).await, Ok(Proof::Signature));
}

#[tokio::test]
async fn a_signature_by_the_same_credentials_is_proof() {
    for target in ["/getresourceshares", "/~one/getresourceshares", "/deleteresourceshare?a=%2F%2f&b"] {
        assert_eq!(verdict(&signed(target, &keys(), "ram", NOW)).await, Ok(Proof::Signature), "{target}");
    }
}

#[tokio::test]
async fn any_other_signature_is_none() {
    let good = || signed("/getresourceshares", &keys(), "ram", NOW);
    let forged = Keys { secret: Secret::new("guessed"), ..keys() };
    let late = NOW + Duration::from_secs(301);
    for (request, error) in [
        (signed("/getresourceshares", &forged, "ram", NOW), VerifyError::SignatureMismatch),
        (Request { body: "{ }".into(), ..good() }, VerifyError::SignatureMismatch),
        (Request { signed_target: "/~x/getresourceshares".into(), ..good() }, VerifyError::SignatureMismatch),
        (Request { authority: "127.0.0.1:2".into(), ..good() }, VerifyError::SignatureMismatch),
    ] {
        assert_eq!(verdict(&request).await, Err(CallerError::Signature(error)));
    }
    let error = verdict(&signed("/getresourceshares", &keys(), "ram", late)).await.unwrap_err();
    assert!(matches!(error, CallerError::Signature(VerifyError::NotYetCurrent { .. })), "{error:?}");
    assert!(matches!(verdict(&request(&[("authorization", "Basic x")])).await, Err(CallerError::Signature(_))));
}

#[tokio::test]
async fn a_caller_with_other_credentials_is_pointed_to_the_key() {
    let others = Keys { access_key_id: "ASIAIOSFODNN7OTHERONE".to_owned(), ..keys() };
    let error = verdict(&signed("/getresourceshares", &others, "ram", NOW)).await.unwrap_err();
    assert_eq!(error, CallerError::OtherCredentials { key_id_end: "RONE".to_owned() });
    let text = error.to_string();
    assert!(text.contains("base URL") && !text.contains(KEY_ID) && !text.contains(SECRET), "{text}");
}

#[tokio::test]
async fn another_services_request_asks_no_provider() {
    // Were the provider asked, the answer would be that it has none.
    let source = CredentialSource::Profile("absent".to_owned());
    let error = prove(&signed("/", &keys(), "sts", NOW), false, source.clone()).await.unwrap_err();
    assert!(matches!(&error, CallerError::OtherService { found, .. } if found == "sts"), "{error:?}");
    assert!(error.to_string().contains("AWS_ENDPOINT_URL_RAM"), "{error}");
    let error = prove(&signed("/", &keys(), "ram", NOW), false, source.clone()).await.unwrap_err();
    assert!(matches!(error, CallerError::NoCredentials(_)), "{error:?}");
    assert_eq!(prove(&with_key("the-key", request(&[])), false, source).await, Ok(Proof::Key));
}

#[tokio::test]
async fn any_client_may_be_allowed() {
    let source = CredentialSource::Profile("absent".to_owned());
    assert_eq!(prove(&request(&[]), true, source).await, Ok(Proof::AnyClient));
}

#[tokio::test]
async fn a_signature_proves_nothing_for_an_actor_with_other_credentials() {
    let admins = Keys { access_key_id: "AKIAADMIN".to_owned(), secret: Secret::new("of-admin"), ..keys() };
    let actors = vec![("admin".to_owned(), CredentialSource::Fixed(admins.clone()))];
    let upstream = Upstream::new(UpstreamSettings { actors, ..settings("http://127.0.0.1:9") }).unwrap();
    let key = Secret::new("the-key");
    let [everybodys, admins] = [keys(), admins].map(|keys| signed("/getresourceshares", &keys, "ram", NOW));
    for (actor, request, proved) in
        [("default", &everybodys, true), ("other", &everybodys, true), ("admin", &admins, true)]
            .into_iter()
            .chain([("default", &admins, false), ("admin", &everybodys, false)])
    {
        let verdict = upstream.trust(&to(actor, "us-east-1"), &key, false).unwrap().prove(request, NOW).await;
        match proved {
            true => assert_eq!(verdict, Ok(Proof::Signature), "{actor}"),
            false => assert!(matches!(verdict, Err(CallerError::OtherCredentials { .. })), "{actor}: {verdict:?}"),
        }
    }
    // The process's key is proof for all.
    assert_eq!(
        upstream
            .trust(&to("admin", "us-east-1"), &key, false)
            .unwrap()
            .prove(&with_key("the-key", request(&[])), NOW)
            .await,
        Ok(Proof::Key)
    );
}
