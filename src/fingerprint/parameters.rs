//! The canonical parameters.
