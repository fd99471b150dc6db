//! The front door that `ramtape run` leads its command to.

/// The front door that `ramtape run` leads its command to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum RunDoor {
    /// ramtape as the endpoint: it signs what it sends to AWS.
    Endpoint,
    /// ramtape as an HTTP proxy: CMD's own signatures go to AWS.
    Proxy,
    /// ramtape as an HTTPS proxy that ends CMD's TLS to AWS: CMD's own signatures go to AWS.
    Intercept,
}

impl RunDoor {
    /// How it is written in a file, a variable or a flag.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Proxy => "proxy",
            Self::Intercept => "intercept",
        }
    }
}
