//! YAML files of the repository, and blocks of the manual.

use crate::book::root;
use yaml_rust2::{Yaml, YamlLoader};

/// The only document of a file, by its path from the repository's root.
pub(crate) fn file(path: &str) -> Yaml {
    document(&std::fs::read_to_string(root().join(path)).unwrap())
}

/// The only document in `text`.
pub(crate) fn document(text: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0)
}

/// The members of a mapping, with their names.
pub(crate) fn members(mapping: &Yaml) -> Vec<(&str, &Yaml)> {
    mapping.as_hash().into_iter().flatten().map(|(name, value)| (name.as_str().unwrap(), value)).collect()
}

/// The strings of a list.
pub(crate) fn strings(list: &Yaml) -> Vec<&str> {
    list.as_vec().into_iter().flatten().map(|item| item.as_str().unwrap()).collect()
}
