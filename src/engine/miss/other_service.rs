//! A call to a service that is not recorded, which a replay gets because it stands in for all of AWS: told at once, with the flag
//! that records it.

use crate::engine::settings::EngineSettings;
use crate::engine::stats::summary::Miss;
use crate::model::Request;
use crate::wire;

/// What to answer where `request` is for `service`, which is not recorded.
pub(in crate::engine) fn describe_other_service(
    request: &Request,
    service: &str,
    settings: &EngineSettings,
    session: Option<&str>,
) -> Miss {
    let companions = &settings.service.companions;
    let recorded = companions.recorded().join(",");
    let (_, operation) = wire::read_operation(request);
    let remedy = if service.contains(' ') {
        "Name its service with --service".to_owned()
    } else {
        format!(
            "To record it: --service {recorded},{service} (services in ramtape.toml), with --record-mode new_episodes. Or give \
             {service} an endpoint of its own ({}), or run the command with --keep-env, so that it goes to AWS",
            companions.endpoint_variables(service).join(" or ")
        )
    };
    let message = format!(
        "{operation} of {service} was sent to ramtape, which has recordings of {recorded} only, and a replay sends nothing \
         to AWS. {remedy}"
    );
    let operation = format!("{operation} of {service}");
    Miss { operation, fingerprint: String::new(), session: session.map(str::to_owned), message }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::engine::request_scope::RequestScope;
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

    fn found(path: &str, headers: &[(&'static str, &str)], body: &str) -> String {
        let request = request(path, headers, body);
        let settings = EngineSettings::for_tests();
        let scope = RequestScope::read_place(&request, &settings);
        match settings.service.companions.is_recorded(scope.service) {
            true => scope.service.to_owned(),
            false => describe_other_service(&request, scope.service, &settings, None).operation,
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
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let query = "Action=ListRoles&Version=2010-05-08";
        assert_eq!(with("iam", &form, "/", query), "ListRoles of iam");
        let target = [("x-amz-target", "AWSOrganizationsV20161128.ListRoots")];
        assert_eq!(with("organizations", &target, "/", "{}"), "ListRoots of organizations");
        assert_eq!(with("s3", &[], "/bucket", ""), "POST /bucket of s3");
        let json = [("content-type", "application/json")];
        assert_eq!(with("lambda", &json, "/2015/functions", ""), "POST /2015/functions of lambda");
        let cbor = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
        let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
        assert_eq!(with("monitoring", &cbor, path, ""), "ListMetrics of monitoring");
    }

    #[test]
    fn what_needs_no_signature_is_known_by_its_form() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(found("/", &form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"), "sts");
        assert_eq!(found("/", &form, "Action=X&Version=2010-05-08"), "X of iam");
        assert_eq!(found("/", &form, "Action=X"), "X of another service");
        assert_eq!(found("/", &[("x-amz-target", "AmazonSSM.GetParameter")], "{}"), "GetParameter of ssm");
    }

    #[test]
    fn what_is_the_services_own_is_none_of_these() {
        let (name, value) = signed("ram");
        assert_eq!(found("/getresourceshares", &[(name, &value)], "Action=x"), "ram");
        assert_eq!(found("/getresourceshares", &[], "{}"), "ram");
    }
}
