//! A folder of placebo's files, read whole.

use super::error::PlaceboError;
use super::file_name::FileName;
use super::recording::{Flaw, RecordedAnswer};
use crate::service::Companions;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Service, by its name in signatures, and operation.
pub(super) type OperationKey = (String, String);

/// The answers in a folder, by what was asked.
#[derive(Debug)]
pub struct PlaceboFolder {
    /// Of each operation, its answers in the order of their numbers.
    pub(super) answers: BTreeMap<OperationKey, Vec<PlaceboFile>>,
}

/// An answer, and the name of its file.
#[derive(Debug)]
pub(super) struct PlaceboFile {
    pub(super) name: String,
    pub(super) answer: RecordedAnswer,
}

impl PlaceboFolder {
    /// The services that its files are for, each once, by their names in signatures.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        let mut services: Vec<String> = self.answers.keys().map(|(service, _)| service.clone()).collect();
        services.dedup();
        services
    }
}

/// Reads the files of `folder` that are named as placebo names them; placebo passes over others too. `services` tells which
/// service is meant where its endpoint is called otherwise.
///
/// # Errors
/// A folder that is not there or has no such file, and a file that cannot be served.
pub fn read_folder(folder: &Path, services: &Companions) -> Result<PlaceboFolder, PlaceboError> {
    let names = list(folder)?;
    let mut numbered: BTreeMap<OperationKey, BTreeMap<u64, String>> = BTreeMap::new();
    for name in &names {
        let Some(read) = FileName::read(name, services) else { continue };
        if !Companions::is_service_name(&read.service) {
            return Err(PlaceboError::Service { path: folder.join(name), service: read.service });
        }
        let answers = numbered.entry((read.service, read.operation)).or_default();
        if let Some(first) = answers.insert(read.number, name.clone()) {
            return Err(PlaceboError::TwoPrefixes { first: folder.join(first), second: folder.join(name) });
        }
    }
    if numbered.is_empty() {
        let hint = hint(folder, &names, services);
        return Err(PlaceboError::NoRecordings { folder: folder.to_owned(), hint });
    }
    let mut answers = BTreeMap::new();
    for (operation, files) in numbered {
        let read = files.into_values().map(|name| read_file(folder, name));
        answers.insert(operation, read.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(PlaceboFolder { answers })
}

/// The names in `folder`, sorted.
fn list(folder: &Path) -> Result<Vec<String>, PlaceboError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => PlaceboError::NoFolder { folder: folder.to_owned() },
        _ => PlaceboError::Read { path: folder.to_owned(), source },
    };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

fn read_file(folder: &Path, name: String) -> Result<PlaceboFile, PlaceboError> {
    let path = folder.join(&name);
    let text = fs::read(&path).map_err(|source| PlaceboError::Read { path: path.clone(), source })?;
    match RecordedAnswer::read(&text) {
        Ok(answer) => Ok(PlaceboFile { name, answer }),
        Err(Flaw::Json(source)) => Err(PlaceboError::Json { path, source }),
        Err(Flaw::Form(why)) => Err(PlaceboError::Form { path, why }),
    }
}

/// What may have been meant by a folder without recordings.
fn hint(folder: &Path, names: &[String], services: &Companions) -> String {
    if names.iter().any(|name| name.ends_with(".pickle")) {
        return "; its .pickle files are not read, as they are Python programs: record again with record_format=\"json\"".into();
    }
    let has_recordings = |below: &PathBuf| {
        list(below).is_ok_and(|names| names.iter().any(|name| FileName::read(name, services).is_some()))
    };
    match names.iter().map(|name| folder.join(name)).find(has_recordings) {
        Some(below) => format!("; {} has some", below.display()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::service::Service;

    fn read(files: &[&str]) -> Result<PlaceboFolder, String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), r#"{"status_code": 200, "data": {}}"#).unwrap();
        }
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        read_folder(folder.path(), &service.companions).map_err(|error| error.to_string())
    }

    #[test]
    fn answers_are_in_the_order_of_their_numbers() {
        // placebo itself can begin at 2: it counts the files of operations whose names begin alike.
        let folder =
            read(&["sts.Get_10.json", "sts.Get_9.json", "sts.Get_2.json", "a.ram.List_1.json", "notes.json"]).unwrap();
        let names: Vec<&str> = folder.answers.values().flatten().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.ram.List_1.json", "sts.Get_2.json", "sts.Get_9.json", "sts.Get_10.json"]);
        assert_eq!(folder.services(), ["ram", "sts"]);
    }

    #[test]
    fn a_folder_without_recordings_says_what_it_has() {
        assert!(read(&["sts.Get_1.pickle"]).unwrap_err().contains("record_format=\"json\""));
        assert!(read(&["notes.json"]).unwrap_err().ends_with("(its data_path)"));
        assert!(read(&["a.sts.Get_1.json", "b.sts.Get_1.json"]).unwrap_err().contains("same answer"));
        assert!(read(&["STS.Get_1.json"]).unwrap_err().contains("\"STS\""));
    }
}
