//! Checks whether a caller may have its request signed with ramtape's credentials.
//!
//! ramtape gives nobody a power that they did not already have: the caller knows this process's key, or holds the same
//! credentials as ramtape does.

use super::credentials::{Credentials, CredentialsError, SigningKeys};
use super::service_endpoints::ServiceEndpoint;
use super::sigv4::{Authorization, SignedRequest, VerifyError, verify};
use crate::model::{Request, Secret};
use std::sync::Arc;
use std::time::SystemTime;
use subtle::ConstantTimeEq;

/// How a caller was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The URL held this process's key.
    Key,
    /// Its signature verifies with the credentials that ramtape holds.
    Signature,
    /// No proof: any client is allowed.
    AnyClient,
}

/// Why a caller is not proved. To be answered with 403.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallerError {
    /// Neither key nor signature.
    #[error(
        "the request has neither this proxy's key nor a signature: use the full base URL that ramtape printed at \
         startup"
    )]
    NoProof,
    /// A key, but not this one's, and no signature.
    #[error(
        "the key in the URL is not this proxy's: it changes at every start unless RAMTAPE_KEY sets it. Use the full \
         base URL that ramtape printed at startup"
    )]
    WrongKey,
    /// A request for another service: one that strayed, perhaps ramtape's own.
    #[error(
        "the request is for the service {found:?}, and ramtape records {expected} only: add it with --service, or lead only the \
         clients of {expected} here (AWS_ENDPOINT_URL_{}), not those of all services", first_in_capitals(.expected)
    )]
    OtherService {
        /// The service that it is for.
        found: String,
        /// The services that ramtape records.
        expected: String,
    },
    /// Credentials that a replay handed out.
    #[error(
        "the request is signed with the stand-in for temporary credentials that a recording holds (…{key_id_end}): AWS does not \
         know them. Get credentials through this ramtape while it records: record everything anew with --record-mode all"
    )]
    StandIn {
        /// The last four characters of the id.
        key_id_end: String,
    },
    /// A signature by other credentials.
    #[error(
        "the request is signed with the access key that ends in {key_id_end:?}, whose secret ramtape does not have: \
         temporary credentials differ between processes even from one profile or role. Use the full base URL that \
         ramtape printed at startup, which contains its key"
    )]
    OtherCredentials {
        /// The last four characters of the id.
        key_id_end: String,
    },
    /// A signature that is wrong.
    #[error("the request's signature is not accepted: {0}")]
    Signature(VerifyError),
    /// There is nothing to check the signature with.
    #[error("the request's signature cannot be checked: {0}")]
    NoCredentials(CredentialsError),
}

/// The first of some names, as it stands in the variable of its endpoint.
fn first_in_capitals(names: &str) -> String {
    names.split(',').next().unwrap_or_default().to_uppercase().replace('-', "_")
}

/// What callers are checked against: this process's key and ramtape's credentials.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// This process's key.
    pub key: &'a Secret,
    /// The keys that ramtape itself would sign with.
    pub signing: &'a SigningKeys,
    /// The credentials of the caller's actor, which are those keys where no others are held.
    pub credentials: &'a Credentials,
    /// The service that the request is for.
    pub service: &'a ServiceEndpoint,
    /// Whether callers need no proof.
    pub allow_any: bool,
}

impl Trust<'_> {
    /// Checks the caller of `request` at the time `now`. The cheap proof comes first.
    ///
    /// # Errors
    /// [`CallerError`] with what to do about it.
    pub async fn prove(&self, request: &Request, now: SystemTime) -> Result<Proof, CallerError> {
        if has_key(request, self.key) {
            return Ok(Proof::Key);
        }
        if self.allow_any {
            return Ok(Proof::AnyClient);
        }
        let authorization = Authorization::parse(&request.headers).map_err(CallerError::Signature)?;
        match authorization {
            Some(authorization) => self.check_signature(request, &authorization, now).await,
            None if request.key.is_some() => Err(CallerError::WrongKey),
            None => Err(CallerError::NoProof),
        }
    }

    async fn check_signature(
        &self,
        request: &Request,
        authorization: &Authorization,
        now: SystemTime,
    ) -> Result<Proof, CallerError> {
        // Before any credentials are asked for: the request may come from their provider, led here by AWS_ENDPOINT_URL.
        if authorization.service != self.service.name {
            let (found, expected) = (authorization.service.clone(), self.service.name.clone());
            return Err(CallerError::OtherService { found, expected });
        }
        let keys = match self.signing {
            SigningKeys::Held(keys) => Arc::clone(keys),
            SigningKeys::OfActor | SigningKeys::None => {
                self.credentials.current(now).await.map_err(CallerError::NoCredentials)?
            }
        };
        if keys.access_key_id != authorization.access_key_id {
            return Err(CallerError::OtherCredentials { key_id_end: key_id_end(&authorization.access_key_id) });
        }
        let signed = SignedRequest {
            method: &request.method,
            target: &request.signed_target,
            headers: &request.headers,
            body: &request.body,
            path_as_sent: self.service.as_s3,
            authority: Some(&request.authority),
        };
        verify(&signed, authorization, &self.service.name, keys.secret.expose(), now)
            .map_err(CallerError::Signature)?;
        Ok(Proof::Signature)
    }
}

/// Whether the URL of `request` holds `key`. An empty key would prove nothing.
#[must_use]
pub fn has_key(request: &Request, key: &Secret) -> bool {
    let given = request.key.as_ref().map(|key| key.expose().as_bytes()).filter(|given| !given.is_empty());
    given.is_some_and(|given| bool::from(given.ct_eq(key.expose().as_bytes())))
}

/// The last characters of a key's id: enough for its owner to know it.
#[must_use]
pub fn key_id_end(key_id: &str) -> String {
    let skipped = key_id.chars().count().saturating_sub(4);
    key_id.chars().skip(skipped).collect()
}
