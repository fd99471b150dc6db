//! `config/ram.toml` against the API model that boto3 brings.

use crate::clients::{Call, python};
use ramtape::service::{Operation, Service, Type};
use serde_json::Value;
use std::collections::BTreeMap;

/// Prints what operations take and give, and the structures in it, in the words of `config/ram.toml`.
const PRINT: &str = r#"
import botocore.session, json
model = botocore.session.get_session().get_service_model("ram")
structures = {}

def word(shape):
    if shape.type_name == "list":
        return "[" + word(shape.member) + "]"
    if shape.type_name == "structure":
        if shape.name not in structures:
            structures[shape.name] = {}
            structures[shape.name].update(members(shape))
        return shape.name
    return shape.type_name

def members(shape):
    return {name: word(member) for name, member in shape.members.items()} if shape else {}

operations = {}
for name in model.operation_names:
    operation = model.operation_model(name)
    required = operation.input_shape.required_members if operation.input_shape else []
    operations[name] = {"required": required, "input": members(operation.input_shape), "output": members(operation.output_shape)}
print(json.dumps({"operations": operations, "structures": structures}))
"#;

fn types(object: &Value) -> BTreeMap<String, Type> {
    let members = object.as_object().unwrap().iter();
    members.map(|(name, word)| (name.clone(), word.as_str().unwrap().parse().unwrap())).collect()
}

/// All members with their types; what `types` does not name is a string.
fn typed(members: &[String], types: &BTreeMap<String, Type>) -> BTreeMap<String, Type> {
    let mut all: BTreeMap<String, Type> = members.iter().map(|name| (name.clone(), Type::String)).collect();
    all.extend(types.clone());
    all
}

/// A table that knows more or less than the API would let `ramtape verify` cry wolf, or sleep.
#[test]
fn members_and_types_are_those_of_the_api() {
    let Some(python) = python() else { return };
    let printed = Call::new(&python).args(["-c", PRINT]).finish().success();
    let model = printed.lines().remove(0);
    let service = Service::with_additions(&toml::Table::new()).unwrap();
    let paging = |operation: &Operation, name: &str| {
        operation.page_items.is_some() && (name == service.paging.token || name == service.paging.size)
    };
    for operation in service.operations() {
        let name = &operation.name;
        let of = &model["operations"][name];
        let mut input = typed(&operation.members, &operation.types);
        if let Some(size) = input.get_mut(&service.paging.size) {
            *size = Type::Integer;
        }
        assert_eq!(input, types(&of["input"]), "{name}");
        assert_eq!(Value::from(operation.required.clone()), of["required"], "{name}");
        let mut output = types(&of["output"]);
        output.retain(|name, _| !paging(operation, name));
        assert_eq!(operation.answer.as_ref(), Some(&output), "{name}");
    }
    for (name, structure) in &service.structures {
        assert_eq!(typed(&structure.members, &structure.types), types(&model["structures"][name]), "{name}");
    }
    assert!(service.structures.len() > 15, "{:?}", service.structures.keys());
}
