//! Bringing takes together: of several cassettes, and of two branches by git.

mod branches;
mod cassettes;
mod driver;
mod repository;
mod rules;
mod secrets;
