//! Checks whether a caller may have its request signed with ramtape's credentials.
//!
//! ramtape gives nobody a power that they did not already have: the caller knows this process's key, or holds the same
//! credentials as ramtape does.

use super::credentials::{Credentials, CredentialsError};
use super::sigv4::{Authorization, SignedRequest, VerifyError, verify};
use crate::model::{Request, Secret};
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
    /// A signature for another service: a request that strayed, perhaps ramtape's own.
    #[error(
        "the request is signed for the service {found:?}, not for {expected}: to send only {expected} here, set the \
         endpoint of that service only (AWS_ENDPOINT_URL_{})", expected.to_uppercase()
    )]
    OtherService {
        /// The service that it is signed for.
        found: String,
        /// The service that ramtape records.
        expected: String,
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

/// What callers are checked against: this process's key and ramtape's credentials.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// This process's key.
    pub key: &'a Secret,
    /// The credentials that ramtape itself signs with.
    pub credentials: &'a Credentials,
    /// The service's name in a credential scope.
    pub service: &'a str,
    /// Whether callers need no proof.
    pub allow_any: bool,
}

impl Trust<'_> {
    /// Checks the caller of `request` at the time `now`. The cheap proof comes first.
    ///
    /// # Errors
    /// [`CallerError`] with what to do about it.
    pub async fn prove(&self, request: &Request, now: SystemTime) -> Result<Proof, CallerError> {
        if self.has_key(request) {
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

    /// Whether the caller of `request` needs no more proof than its URL.
    #[must_use]
    pub fn knows(&self, request: &Request) -> bool {
        self.allow_any || self.has_key(request)
    }

    /// An empty key would prove nothing.
    fn has_key(&self, request: &Request) -> bool {
        let given = request.key.as_ref().map(|key| key.expose().as_bytes()).filter(|given| !given.is_empty());
        given.is_some_and(|given| bool::from(given.ct_eq(self.key.expose().as_bytes())))
    }

    async fn check_signature(
        &self,
        request: &Request,
        authorization: &Authorization,
        now: SystemTime,
    ) -> Result<Proof, CallerError> {
        // Before any credentials are asked for: the request may come from their provider, led here by AWS_ENDPOINT_URL.
        if authorization.service != self.service {
            let (found, expected) = (authorization.service.clone(), self.service.to_owned());
            return Err(CallerError::OtherService { found, expected });
        }
        let keys = self.credentials.current(now).await.map_err(CallerError::NoCredentials)?;
        if keys.access_key_id != authorization.access_key_id {
            return Err(CallerError::OtherCredentials { key_id_end: end(&authorization.access_key_id) });
        }
        let signed = SignedRequest {
            method: &request.method,
            target: &request.signed_target,
            headers: &request.headers,
            body: &request.body,
            authority: Some(&request.authority),
        };
        verify(&signed, authorization, keys.secret.expose(), now).map_err(CallerError::Signature)?;
        Ok(Proof::Signature)
    }
}

fn end(key_id: &str) -> String {
    let skipped = key_id.chars().count().saturating_sub(4);
    key_id.chars().skip(skipped).collect()
}
