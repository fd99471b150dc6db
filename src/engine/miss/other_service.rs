//! A call to another service, that a replay gets because it stands in for all of AWS: told at once, in the form that the
//! service's clients read.

use crate::aws::sigv4::ClaimedCredential;
use crate::engine::stats::summary::Miss;
use crate::model::{Request, Response, decode_query_text, query_pairs};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;

const KIND: &str = "CassetteMissException";

/// How a service's clients read errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorForm {
    Json,
    Xml,
    Cbor,
}

/// What is known of such a request: its service, its operation, and how its client reads errors.
struct OtherServiceRequest {
    service: String,
    operation: String,
    form: ErrorForm,
}

/// What to answer where `request`, signed with `credential`, is for another service than `own`.
pub(in crate::engine) fn find_other_service(
    request: &Request,
    credential: Option<&ClaimedCredential<'_>>,
    own: &str,
    session: Option<&str>,
) -> Option<(Miss, ErrorForm)> {
    let OtherServiceRequest { service, operation, form } = read_request(request, credential, own)?;
    let variable = service.to_uppercase().replace(['-', ' '], "_");
    let message = format!(
        "{operation} of {service} was sent to ramtape, which has recordings of {own} only, and a replay sends nothing \
         to AWS. Give {service} an endpoint of its own (AWS_ENDPOINT_URL_{variable}), stub it in the tests, or run the \
         command with --keep-env, so that it goes to AWS"
    );
    let operation = format!("{operation} of {service}");
    let session = session.map(str::to_owned);
    Some((Miss { operation, fingerprint: String::new(), session, message }, form))
}

fn read_request(
    request: &Request,
    credential: Option<&ClaimedCredential<'_>>,
    own: &str,
) -> Option<OtherServiceRequest> {
    if credential.is_some_and(|credential| credential.service == own) {
        return None;
    }
    let named = match request.header("x-amz-target") {
        Some(target) => Some((target.rsplit('.').next().unwrap_or(target).to_owned(), ErrorForm::Json)),
        None => {
            let action = read_action(&request.query).or_else(|| read_action(std::str::from_utf8(&request.body).ok()?));
            action.map(|action| (action, ErrorForm::Xml))
        }
    };
    let service = match credential {
        Some(credential) => credential.service.to_owned(),
        // What needs no signature is known by its form, which is none of the service's own.
        None if named.is_some() => "another service".to_owned(),
        None => return None,
    };
    let (operation, form) = named.unwrap_or_else(|| read_path(request));
    Some(OtherServiceRequest { service, operation, form })
}

/// The operation that a form names.
fn read_action(form: &str) -> Option<String> {
    let (_, value) = query_pairs(form).find(|(name, _)| *name == "Action")?;
    decode_query_text(value).map(Cow::into_owned).filter(|action| !action.is_empty())
}

/// The operation and the form of a request that has its operation in its path.
fn read_path(request: &Request) -> (String, ErrorForm) {
    let whole = || format!("{} {}", request.method, request.path);
    if request.header("smithy-protocol") == Some("rpc-v2-cbor") {
        let last = request.path.rsplit('/').next().filter(|last| !last.is_empty());
        return (last.map_or_else(whole, str::to_owned), ErrorForm::Cbor);
    }
    let is_json = request.header(header::CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
    // S3 and its like read XML, and JSON's clients look at the header first.
    (whole(), if is_json { ErrorForm::Json } else { ErrorForm::Xml })
}

/// The answer that tells `message`: 400, which no client asks again after.
pub(in crate::engine) fn answer_error(message: &str, form: ErrorForm) -> Response {
    let mut response = Response::error(StatusCode::BAD_REQUEST, KIND, message);
    let (kind, body) = match form {
        ErrorForm::Json => return response,
        ErrorForm::Xml => ("text/xml", Bytes::from(xml(message))),
        ErrorForm::Cbor => {
            response.headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
            ("application/cbor", Bytes::from(cbor(message)))
        }
    };
    response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Response { body, ..response }
}

/// The error as the query protocol has it, and, in `Errors`, as EC2 has it: each client finds its own.
fn xml(message: &str) -> String {
    let escaped = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let error = format!("<Error><Type>Sender</Type><Code>{KIND}</Code><Message>{escaped}</Message></Error>");
    format!("<ErrorResponse><Errors>{error}</Errors>{error}<RequestId>ramtape</RequestId></ErrorResponse>")
}

/// A map of two texts.
fn cbor(message: &str) -> Vec<u8> {
    const MAP_OF_TWO: u8 = 0xa2;
    /// A text whose length follows in two bytes.
    const TEXT: u8 = 0x79;
    let mut bytes = vec![MAP_OF_TWO];
    for text in ["__type", KIND, "message", message] {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        bytes.push(TEXT);
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.bytes().take(length.into()));
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::model::Door;
    use http::{HeaderMap, Method};

    fn request(path: &str, headers: &[(&'static str, &str)], body: &str) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Request {
            method: Method::POST,
            path: path.to_owned(),
            query: String::new(),
            headers: map,
            body: body.to_owned().into(),
            signed_target: path.to_owned(),
            authority: String::new(),
            door: Door::Endpoint,
            key: None,
            session_prefix: None,
        }
    }

    fn found(path: &str, headers: &[(&'static str, &str)], body: &str) -> Option<(String, ErrorForm)> {
        {
            let request = request(path, headers, body);
            find_other_service(&request, ClaimedCredential::read(&request).as_ref(), "ram", None)
                .map(|(miss, form)| (miss.operation, form))
        }
    }

    fn signed(service: &str) -> (&'static str, String) {
        ("authorization", format!("AWS4-HMAC-SHA256 Credential=AKID/20261130/us-east-1/{service}/aws4_request, X=y"))
    }

    #[test]
    fn each_protocol_names_its_operation() {
        let with = |service: &str, more: &[(&'static str, &str)], path: &str, body: &str| {
            let (name, value) = signed(service);
            found(path, &[&[(name, value.as_str())], more].concat(), body)
        };
        let of = |text: &str, form| Some((text.to_owned(), form));
        let query = "Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(with("sts", &[], "/", query), of("GetCallerIdentity of sts", ErrorForm::Xml));
        let target = [("x-amz-target", "AWSOrganizationsV20161128.ListRoots")];
        assert_eq!(with("organizations", &target, "/", "{}"), of("ListRoots of organizations", ErrorForm::Json));
        assert_eq!(with("s3", &[], "/bucket", ""), of("POST /bucket of s3", ErrorForm::Xml));
        let json = [("content-type", "application/json")];
        assert_eq!(with("lambda", &json, "/2015/functions", ""), of("POST /2015/functions of lambda", ErrorForm::Json));
        let cbor = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
        let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        assert_eq!(with("monitoring", &cbor, path, ""), of("ListMetrics of monitoring", ErrorForm::Cbor));
        let unsigned = found("/", &[], "Action=AssumeRoleWithWebIdentity&X=y");
        assert_eq!(unsigned, of("AssumeRoleWithWebIdentity of another service", ErrorForm::Xml));
    }

    #[test]
    fn what_is_the_services_own_is_none_of_these() {
        let (name, value) = signed("ram");
        assert_eq!(found("/getresourceshares", &[(name, &value)], "Action=x"), None);
        assert_eq!(found("/getresourceshares", &[], "{}"), None);
    }

    #[test]
    fn an_error_is_in_the_form_that_its_client_reads() {
        let told = answer_error("a < b", ErrorForm::Xml);
        assert_eq!(
            (told.status, &told.headers["content-type"]),
            (StatusCode::BAD_REQUEST, &"text/xml".parse().unwrap())
        );
        assert!(
            told.body.ends_with(b"<Message>a &lt; b</Message></Error><RequestId>ramtape</RequestId></ErrorResponse>")
        );
        let told = answer_error("no", ErrorForm::Cbor);
        assert!(told.body.starts_with(b"\xa2\x79\x00\x06__type\x79") && told.body.ends_with(b"\x79\x00\x02no"));
    }
}
