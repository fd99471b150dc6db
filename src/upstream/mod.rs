//! The real RAM, seen from here: where it is, who asks, and how requests to it are signed and checked.

pub mod verify;
