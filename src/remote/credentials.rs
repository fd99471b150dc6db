//! The keys of S3, from the chain that every AWS tool asks.

use crate::aws::Credentials;
use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use std::sync::Arc;
use std::time::SystemTime;

/// Gives the object store the keys that ramtape would sign with. They are fetched when they are first needed.
#[derive(Debug)]
pub(super) struct AwsChain(pub(super) Credentials);

#[async_trait]
impl CredentialProvider for AwsChain {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys = self
            .0
            .current(SystemTime::now())
            .await
            .map_err(|error| object_store::Error::Unauthenticated { path: String::new(), source: Box::new(error) })?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.access_key_id.clone(),
            secret_key: keys.secret.expose().to_owned(),
            token: keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        }))
    }
}
