//! Reads a request's parameters, from its JSON body or its query, by type.

use crate::model::{decode_query, query_pairs};
use serde_json::{Map, Value};

use super::error::AwsError;

/// A tag, or a pair of one.
pub(super) type TagPair = (String, String);

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct RequestParameters {
    operation: &'static str,
    members: Map<String, Value>,
    from_query: bool,
}

impl RequestParameters {
    pub(super) fn from_body(operation: &'static str, body: &[u8]) -> Result<Self, AwsError> {
        let members = if body.is_empty() {
            Map::new()
        } else {
            match serde_json::from_slice(body) {
                Ok(Value::Object(members)) => members,
                Ok(_) => return Err(AwsError::serialization("Start of structure or map found where not expected.")),
                Err(_) => return Err(AwsError::serialization("The request body is not valid JSON.")),
            }
        };
        Ok(Self { operation, members, from_query: false })
    }

    pub(super) fn from_query(operation: &'static str, query: &str) -> Self {
        let decode = |text: &str| String::from_utf8_lossy(&decode_query(text)).into_owned();
        let members = query_pairs(query).map(|(name, value)| (decode(name), Value::String(decode(value)))).collect();
        Self { operation, members, from_query: true }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, AwsError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type(name, "string")),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, AwsError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// One of an enumeration's values; anything else is refused.
    pub(super) fn one_of(&self, name: &str, values: &[&str]) -> Result<Option<&str>, AwsError> {
        match self.text(name)? {
            Some(text) if !values.contains(&text) => {
                let message = format!("The value {text} for the parameter {name} is not one of {}.", values.join(", "));
                Err(AwsError::invalid_parameter(message))
            }
            text => Ok(text),
        }
    }

    pub(super) fn required_one_of(&self, name: &str, values: &[&str]) -> Result<&str, AwsError> {
        self.one_of(name, values)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, AwsError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong_type(name, "boolean")),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, AwsError> {
        let value = match self.present(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) if self.from_query => text.parse().ok(),
            Some(_) => None,
        };
        value.map(Some).ok_or_else(|| wrong_type(name, "integer"))
    }

    /// An absent list and an empty one are told apart.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<&str>>, AwsError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Array(values)) => {
                let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
                texts.map(Some).ok_or_else(|| wrong_type(name, "list of strings"))
            }
            Some(_) => Err(wrong_type(name, "list of strings")),
        }
    }

    pub(super) fn list_or_empty(&self, name: &str) -> Result<Vec<&str>, AwsError> {
        Ok(self.list(name)?.unwrap_or_default())
    }

    /// A list of structures, such as tags.
    pub(super) fn structures(&self, name: &str) -> Result<Vec<&Map<String, Value>>, AwsError> {
        match self.present(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => {
                let structures: Option<Vec<_>> = values.iter().map(Value::as_object).collect();
                structures.ok_or_else(|| wrong_type(name, "list of structures"))
            }
            Some(_) => Err(wrong_type(name, "list of structures")),
        }
    }

    pub(super) fn structure(&self, name: &str) -> Result<Option<&Map<String, Value>>, AwsError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(wrong_type(name, "structure")),
        }
    }

    pub(super) fn tags(&self) -> Result<Vec<TagPair>, AwsError> {
        let text = |tag: &Map<String, Value>, name: &str| {
            tag.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| wrong_type("tags", "list of tags"))
        };
        self.structures("tags")?.into_iter().map(|tag| Ok((text(tag, "key")?, text(tag, "value")?))).collect()
    }

    /// The error for an absent `name`: operations differ in which one they model.
    pub(super) fn missing(&self, name: &str) -> AwsError {
        let message = format!("The required parameter {name} is missing.");
        match self.operation {
            "ListPendingInvitationResources"
            | "PromotePermissionCreatedFromPolicy"
            | "PromoteResourceShareCreatedFromPolicy"
            | "UpdateResourceShare" => AwsError::modelled("MissingRequiredParameterException", message),
            "AcceptResourceShareInvitation" | "DeletePermission" | "RejectResourceShareInvitation" => {
                AwsError::modelled("MalformedArnException", message)
            }
            _ => AwsError::invalid_parameter(message),
        }
    }

    /// Whether this asks for a listing's first page.
    pub(super) fn first_page(&self) -> bool {
        self.present("nextToken").is_none()
    }

    /// All parameters but those `without`, as one comparable value.
    pub(super) fn fixed(&self, without: &[&str]) -> Value {
        let members = self.members.iter().filter(|(name, value)| !without.contains(&name.as_str()) && !value.is_null());
        sorted(&Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    fn present(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }
}

/// With the members of every object in the order of their names.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn wrong_type(name: &str, expected: &str) -> AwsError {
    AwsError::serialization(format!("The member {name} is not a {expected}."))
}
