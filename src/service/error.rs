//! Errors of the service table.

/// Errors of the service table.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Not TOML, or a key that is unknown, missing or of the wrong type.
    #[error("the service table cannot be read")]
    Malformed(#[from] toml::de::Error),
    /// A method that is not an HTTP method.
    #[error("operation {operation}: {method:?} is not an HTTP method")]
    Method {
        /// The operation.
        operation: String,
        /// What stands there.
        method: String,
    },
    /// A type that names a structure that is not there.
    #[error("operation {operation}: there is no structure {name:?}")]
    Structure {
        /// The operation.
        operation: String,
        /// What it is to be.
        name: String,
    },
    /// A parameter that the operation does not take, or that cannot be treated so.
    #[error("operation {operation}: {key} names {name:?}, which {reason}")]
    Parameter {
        /// The operation.
        operation: String,
        /// The key that names it.
        key: &'static str,
        /// What it names.
        name: String,
        /// What is wrong with that, and the nearest name.
        reason: String,
    },
    /// What is no service's name.
    #[error(
        "{name:?} cannot be a service: write its name as in a signature's scope, in small letters, such as sts or ec2{meant}"
    )]
    Name {
        /// What stands there.
        name: String,
        /// The nearest one that is known, as a question.
        meant: String,
    },
    /// A new operation without a member it needs.
    #[error("operation {operation} is not one of the service's: to add it, give method, path and kind{meant}")]
    Incomplete {
        /// The operation.
        operation: String,
        /// The nearest one that there is, as a question.
        meant: String,
    },
}
