//! `clientToken`: a write that is repeated with the same one is answered again, not done again.

use std::collections::HashMap;

use serde_json::Value;

use super::error::AwsError;

const LONGEST: usize = 64;

/// What a `clientToken` is unique in: account, region, operation, token.
pub(super) type IdempotencyKey = (String, String, &'static str, String);

/// The writes that were answered, by their tokens.
#[derive(Debug, Default)]
pub(super) struct Answered(HashMap<IdempotencyKey, (Value, Vec<u8>)>);

impl Answered {
    /// The earlier answer to the same write; an error where the token came with other parameters.
    pub(super) fn earlier(&self, key: &IdempotencyKey, parameters: &Value) -> Result<Option<Vec<u8>>, AwsError> {
        let (_, _, operation, token) = key;
        if token.is_empty() || token.chars().count() > LONGEST {
            let message = format!("The client token must be 1 to {LONGEST} characters long.");
            return Err(AwsError::modelled(invalid(operation), message));
        }
        match self.0.get(key) {
            None => Ok(None),
            Some((before, answer)) if before == parameters => Ok(Some(answer.clone())),
            Some(_) => Err(mismatch(operation, token)),
        }
    }

    pub(super) fn remember(&mut self, key: IdempotencyKey, parameters: Value, answer: Vec<u8>) {
        self.0.insert(key, (parameters, answer));
    }
}

// The operations differ in which of the two errors they model.

fn invalid(operation: &str) -> &'static str {
    match operation {
        "PromotePermissionCreatedFromPolicy" => "InvalidParameterException",
        _ => "InvalidClientTokenException",
    }
}

fn mismatch(operation: &str, token: &str) -> AwsError {
    let name = match operation {
        "AssociateResourceSharePermission"
        | "DisassociateResourceSharePermission"
        | "PromotePermissionCreatedFromPolicy" => invalid(operation),
        _ => "IdempotentParameterMismatchException",
    };
    AwsError::modelled(name, format!("The client token {token} was already used with other parameters."))
}
