//! What must hold before a take becomes text: no secret in it, its own requests answered, and no value that only another take
//! could have given.

pub(crate) mod redaction_links;
pub(crate) mod validator;
pub(crate) mod write_links;
