//! What the test programs share: ramtape started in this process or as the real binary, endpoints to put behind it, and
//! clients of both.

pub(crate) mod alone;
pub(crate) mod archive;
pub(crate) mod binary;
pub(crate) mod browser;
pub(crate) mod cassette;
pub(crate) mod clients;
pub(crate) mod ctrf;
pub(crate) mod endpoint;
pub(crate) mod known;
pub(crate) mod log;
pub(crate) mod npm;
pub(crate) mod object_server;
pub(crate) mod pending;
pub(crate) mod principals;
pub(crate) mod proxied;
pub(crate) mod python_package;
pub(crate) mod raw;
pub(crate) mod scene;
pub(crate) mod secrets;
pub(crate) mod spelled;
pub(crate) mod stage;
pub(crate) mod steps;
