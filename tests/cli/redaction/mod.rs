//! Redaction through the commands: the key, what is kept back from text, and `ramtape scan`.

mod discard;
mod keys;
mod links;
mod planted_secrets;
mod scan;
mod scan_headers;
mod scan_locations;
mod scan_unreadable;
mod sealing;
mod summary;
