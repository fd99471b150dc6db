//! Verifies a request's signature with the known keys; errors have AWS's words.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::error::AwsError;
use super::settings::{Credential, SimulatorSettings};
use super::world::Caller;
use crate::aws::sigv4::{Authorization, SignedRequest, VerifyError, verify};

/// A proved caller, and the region of its signature.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) caller: Caller,
    pub(super) region: String,
}

/// `ended` holds the ids of keys whose session is over.
pub(super) fn authenticate(
    request: &SignedRequest<'_>,
    settings: &SimulatorSettings,
    ended: &[String],
) -> Result<Proved, AwsError> {
    let authorization = match Authorization::parse(request.headers) {
        Ok(Some(authorization)) => authorization,
        Ok(None) => return Err(refused("MissingAuthenticationTokenException", "Missing Authentication Token")),
        Err(error) => return Err(malformed(&error)),
    };
    let known = settings.credentials.iter().find(|it| it.access_key_id == authorization.access_key_id);
    let credential = known.ok_or_else(unrecognized)?;
    check_token(request.headers, credential, ended)?;
    verify(request, &authorization, "ram", &credential.secret, now(settings.clock_skew))
        .map_err(|error| unverified(&error, &authorization))?;
    if !settings.regions.contains(&authorization.region) {
        return Err(invalid("Credential should be scoped to a valid region.".to_owned()));
    }
    let caller = Caller { account: credential.account.clone(), principal: credential.principal.clone() };
    Ok(Proved { caller, region: authorization.region })
}

fn check_token(headers: &HeaderMap, credential: &Credential, ended: &[String]) -> Result<(), AwsError> {
    let mut given = headers.get_all("x-amz-security-token").iter().map(http::HeaderValue::as_bytes);
    let (given, more) = (given.next(), given.next());
    if given != credential.session_token.as_deref().map(str::as_bytes) || more.is_some() {
        return Err(unrecognized());
    }
    if ended.contains(&credential.access_key_id) {
        return Err(session_over());
    }
    Ok(())
}

/// What AWS says of a key whose session is over.
pub(super) fn session_over() -> AwsError {
    refused("ExpiredTokenException", "The security token included in the request is expired")
}

fn now(skew: i64) -> SystemTime {
    let by = Duration::from_secs(skew.unsigned_abs());
    let now = SystemTime::now();
    let shifted = if skew < 0 { now.checked_sub(by) } else { now.checked_add(by) };
    shifted.unwrap_or(now)
}

fn unrecognized() -> AwsError {
    refused("UnrecognizedClientException", "The security token included in the request is invalid.")
}

fn malformed(error: &VerifyError) -> AwsError {
    let message = match error {
        VerifyError::PartMissing { part } => format!("Authorization header requires '{part}' parameter."),
        VerifyError::Terminator { .. } => {
            "Credential should be scoped with a valid terminator: 'aws4_request'.".to_owned()
        }
        _ => "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
              parameter. Authorization header requires 'SignedHeaders' parameter."
            .to_owned(),
    };
    refused("IncompleteSignatureException", &message)
}

fn unverified(error: &VerifyError, authorization: &Authorization) -> AwsError {
    match error {
        VerifyError::Service { .. } => invalid("Credential should be scoped to correct service: 'ram'. ".to_owned()),
        VerifyError::DateMissing | VerifyError::DateMalformed { .. } => refused(
            "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'. Authorization header requires existence of either a \
             'X-Amz-Date' or a 'Date' header.",
        ),
        VerifyError::DateOutsideScope { date, scope } => invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{scope}' != '{}', from '{date}'.",
            date.get(..8).unwrap_or(date)
        )),
        VerifyError::Expired { date, limit, now } => {
            invalid(format!("Signature expired: {date} is now earlier than {limit} ({now} - 5 min.)"))
        }
        VerifyError::NotYetCurrent { date, limit, now } => {
            invalid(format!("Signature not yet current: {date} is still later than {limit} ({now} + 5 min.)"))
        }
        VerifyError::HostUnsigned => {
            invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned())
        }
        VerifyError::HeaderUnsigned { name } | VerifyError::SignedHeaderMissing { name } => invalid(format!(
            "'{name}' must be in the request and a 'SignedHeader' in the AWS Authorization ({}).",
            authorization.signed_headers.join(";")
        )),
        _ => invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details."
                .to_owned(),
        ),
    }
}

fn invalid(message: String) -> AwsError {
    refused("InvalidSignatureException", &message)
}

fn refused(name: &str, message: &str) -> AwsError {
    AwsError::front(403, name, message)
}
