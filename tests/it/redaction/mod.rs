//! What is secret: replaced before it is stored, found if it is there all the same.

mod accounts;
mod named_values;
mod properties;
mod rules;
mod scope;
