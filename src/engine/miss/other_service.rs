//! A call to another service, that a replay gets because it stands in for all of AWS: told at once, in the form that the
//! service's clients read.

use crate::aws::sigv4::ClaimedCredential;
use crate::engine::stats::summary::Miss;
use crate::model::{Request, Response};
use crate::wire::{self, ErrorForm, Protocol};

const KIND: &str = "CassetteMissException";

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
    let (protocol, operation) = wire::read_operation(request);
    let service = match credential {
        Some(credential) => credential.service.to_owned(),
        // What needs no signature is known by its form, which is none of the service's own.
        None if matches!(protocol, Protocol::AwsJson | Protocol::Query) => "another service".to_owned(),
        None => return None,
    };
    Some(OtherServiceRequest { service, operation, form: ErrorForm::of_request(protocol, request) })
}

/// The answer that tells `message`.
pub(in crate::engine) fn answer_error(message: &str, form: ErrorForm) -> Response {
    wire::error_response(form, KIND, message)
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
}
