//! How services are asked, and how they answer: requests of a service that has no model become an operation and one JSON
//! object of parameters, whatever the protocol; strings in XML and CBOR bodies are found, replaced and shown. Pure.
//!
//! The protocols are those of [Smithy](https://smithy.io/2.0/aws/protocols/): awsJson 1.0 and 1.1, awsQuery, ec2Query, restJson1,
//! restXml and rpcv2Cbor. What a request asks is told by its form alone, not by its service.

mod build;
mod call;
mod cbor;
mod error;
mod form;
mod leaf;
mod names;
mod notation;
mod parts;
mod payload;
mod rest;
mod s3;
mod scope;
#[cfg(test)]
mod tests;
mod value;
mod xml;

pub use build::build_request;
pub use call::{Protocol, WireCall, read_call, read_operation};
pub use error::{ErrorForm, error_kind, error_response};
pub use leaf::Leaf;
pub use notation::{encode_text, is_xml_answer, leaves, to_json};
pub use scope::{ServiceForm, parameter_headers};
pub use xml::{escape_xml, lay_out_xml};
