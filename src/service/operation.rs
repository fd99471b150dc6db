//! One operation of the service.

use super::types::Type;
use http::Method;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whether an operation is a read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// It only asks.
    Read,
    /// It changes something: it moves a session's history, and is never repeated by ramtape.
    Write,
}

/// One operation of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name, as in the API model.
    pub name: String,
    /// POST or DELETE. Reads are POST too: the method tells nothing about [`OperationKind`].
    pub method: Method,
    /// The path, in lower case.
    pub path: String,
    /// Read or write.
    pub kind: OperationKind,
    /// The member of the answer that holds the items, of a paged operation.
    pub page_items: Option<String>,
    /// The name of its folder in a cassette.
    pub folder: String,
    /// Members that travel in the query.
    pub query: Vec<String>,
    /// Members that do not count for what is asked (`clientToken`).
    pub volatile: Vec<String>,
    /// Members that do not count for what is asked, and whose values mean nothing elsewhere.
    pub ignored: Vec<String>,
    /// Lists that have no order: names of members, and JSON pointers to lists inside of them, `*` standing for any one step.
    pub unordered: Vec<String>,
    /// Members that hold JSON inside a string.
    pub json_strings: Vec<String>,
    /// All members of the request; what a user adds can stand in `types` alone.
    pub members: Vec<String>,
    /// Those that it cannot do without.
    pub required: Vec<String>,
    /// The types of those that are not strings.
    pub types: BTreeMap<String, Type>,
    /// What an answer of success is made of, besides the paging token; `None` where nobody said.
    pub answer: Option<BTreeMap<String, Type>>,
    /// The errors that the operation models.
    pub errors: Vec<String>,
    /// Whether its answers hand out temporary credentials.
    pub issues_credentials: bool,
    /// Whether every write has to do with its answers, of a read: they show what they are about inside of longer strings.
    pub concerned_by_all: bool,
    /// Members of writes that have to do with its answers whatever they list, of a read.
    pub concerned_by: Vec<String>,
    /// Statuses in its answers that pass by themselves: clients wait for another.
    pub passing: Vec<String>,
}
