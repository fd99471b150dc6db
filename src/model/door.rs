//! How a request came in.

/// The front door that a request came through: it decides whose signature goes upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Door {
    /// ramtape's own address as the client's endpoint: the client signed for ramtape, so what goes upstream is signed again.
    #[default]
    Endpoint,
    /// ramtape as an HTTP proxy, the request in absolute form: the client signed for the service itself.
    Proxy,
    /// A tunnel whose TLS ends here: the client signed for the service itself.
    Intercept,
}

impl Door {
    /// Whether the client signed for the service itself. Its request then goes upstream with the signature that it has, or
    /// not at all: nothing that is signed can be changed, and ramtape lends it no credentials.
    #[must_use]
    pub const fn keeps_signature(self) -> bool {
        matches!(self, Self::Proxy | Self::Intercept)
    }
}
