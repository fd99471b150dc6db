//! Error answers, with the words and headers of RAM and of the AWS front end.

/// Where an error's name is declared; part of its `x-amzn-ErrorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorOrigin {
    /// RAM's own model.
    Ram,
    /// What every AWS service has: signatures, unknown operations, bodies that are not JSON.
    Front,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AwsError {
    pub(super) status: u16,
    pub(super) name: String,
    pub(super) message: String,
    pub(super) origin: ErrorOrigin,
}

impl AwsError {
    /// An error of RAM's model, with the status that the model gives it.
    pub(super) fn modelled(name: &str, message: impl Into<String>) -> Self {
        let status = match name {
            "PermissionAlreadyExistsException" => 409,
            "ServerInternalException" => 500,
            "ServiceUnavailableException" => 503,
            "ThrottlingException" => 429,
            _ => 400,
        };
        Self { status, name: name.to_owned(), message: message.into(), origin: ErrorOrigin::Ram }
    }

    pub(super) fn front(status: u16, name: &str, message: impl Into<String>) -> Self {
        Self { status, name: name.to_owned(), message: message.into(), origin: ErrorOrigin::Front }
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::modelled("InvalidParameterException", message)
    }

    pub(super) fn malformed_arn(arn: &str) -> Self {
        let message = format!("The specified resource ARN {arn} is not valid. Verify the ARN and try again.");
        Self::modelled("MalformedArnException", message)
    }

    pub(super) fn unknown(what: &str, arn: &str) -> Self {
        Self::modelled("UnknownResourceException", format!("{what} {arn} could not be found."))
    }

    pub(super) fn not_permitted(message: impl Into<String>) -> Self {
        Self::modelled("OperationNotPermittedException", message)
    }

    pub(super) fn serialization(message: impl Into<String>) -> Self {
        Self::front(400, "SerializationException", message)
    }

    /// The value of `x-amzn-ErrorType`.
    pub(super) fn error_type(&self) -> String {
        let namespace = match self.origin {
            ErrorOrigin::Ram => "com.amazonaws.ram",
            ErrorOrigin::Front => "com.amazon.coral.service",
        };
        format!("{}:http://internal.amazon.com/coral/{namespace}/", self.name)
    }

    pub(super) fn body(&self) -> Vec<u8> {
        serde_json::json!({ "message": self.message }).to_string().into_bytes()
    }
}
