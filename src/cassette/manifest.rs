//! What `cassette.json` says beside its format: the redaction rules in force, and the regions that were recorded in. Its text
//! and its merging, pure.

use super::rules;
use crate::entry_file::{FileFlaw, Printer};
use crate::json::{self, Kind, Node};
use crate::redact::RedactionSpec;
use std::collections::BTreeSet;

/// The format of a cassette that says nothing which was not said from the beginning of this major version on.
const FIRST: &str = "2.0";
/// Since 2.1 a cassette can name regions.
pub(crate) const WITH_REGIONS: &str = "2.1";
const SERVICE: &str = "ram";

/// The content of a `cassette.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The redaction rules.
    pub(crate) spec: RedactionSpec,
    /// The regions that the recorded commands ran in, where that was known: a replay runs them there again.
    pub(crate) regions: Vec<String>,
}

impl Manifest {
    /// Reads what stands beside the version, of a file of a version that this program knows whole.
    pub(crate) fn read(root: &Node<'_>) -> Result<Self, FileFlaw> {
        let flaw = |offset: usize, reason: String| FileFlaw { offset, reason };
        let Kind::Object(members) = &root.kind else { return Err(flaw(0, "expected an object".to_owned())) };
        if root.member("service").and_then(Node::text).as_deref() != Some(SERVICE) {
            return Err(flaw(0, format!("the service is not {SERVICE:?}")));
        }
        let Some(redaction) = root.member("redaction") else {
            return Err(flaw(0, "no redaction rules: \"redaction\": {\"rules\": []} is missing".to_owned()));
        };
        let spec = rules::read(redaction)?;
        let known = ["\"ramtape\"", "\"service\"", "\"regions\"", "\"redaction\""];
        if let Some(member) = members.iter().find(|member| !known.contains(&member.key)) {
            return Err(flaw(member.value.offset, format!("unknown member {}", member.key)));
        }
        let regions = root.member("regions").map_or(Ok(Vec::new()), read_regions)?;
        Ok(Self { spec, regions })
    }

    /// The whole text of the file.
    pub(crate) fn to_text(&self) -> String {
        let version = if self.regions.is_empty() { FIRST } else { WITH_REGIONS };
        let mut printer = Printer::default();
        printer.begin('{');
        for (name, value) in [("ramtape", version), ("service", SERVICE)] {
            printer.name(&json::quote(name));
            printer.value(&json::quote(value));
        }
        if !self.regions.is_empty() {
            printer.name("\"regions\"");
            printer.begin('[');
            for region in &self.regions {
                printer.item();
                printer.value(&json::quote(region));
            }
            printer.end(']');
        }
        printer.name("\"redaction\"");
        rules::print(&mut printer, &self.spec);
        printer.end('}');
        printer.finish()
    }

    /// Adds those of `regions` that are not there, behind those that are.
    pub(crate) fn add_regions(&mut self, regions: &[String]) {
        for region in regions {
            if !self.regions.contains(region) {
                self.regions.push(region.clone());
            }
        }
    }
}

/// The text of `cassette.json` that two sides made of `base`, which is empty where both made the file; `None` where one of the
/// texts is no such file. Regions of both sides count.
///
/// # Errors
/// Where the sides have different redaction rules, and neither has those of the base.
#[must_use]
pub fn merge_manifest_texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Result<String, &'static str>> {
    let read = |text: &[u8]| {
        let root = json::parse(text).ok()?;
        // What is merged is written as of this format, which the takes beside an earlier one are not of.
        let version = root.member("ramtape").and_then(Node::text)?;
        Manifest::read(&root).ok().filter(|_| [FIRST, WITH_REGIONS].contains(&&*version))
    };
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let base = if base.is_empty() { None } else { Some(read(base)?) };
    let merged = one_of(base.as_ref().map(|base| &base.spec), &ours.spec, &theirs.spec).map(|spec| {
        let before = base.as_ref().map_or(&[][..], |base| &base.regions);
        let regions = merged_regions(before, &ours.regions, &theirs.regions);
        Manifest { spec: spec.clone(), regions }.to_text()
    });
    Some(merged.ok_or("the sides have different redaction rules or keys"))
}

/// What both sides say, or the one that says something else than the base.
fn one_of<'s, T: PartialEq + ?Sized>(base: Option<&T>, ours: &'s T, theirs: &'s T) -> Option<&'s T> {
    match base {
        _ if ours == theirs => Some(ours),
        Some(base) if base == ours => Some(theirs),
        Some(base) if base == theirs => Some(ours),
        _ => None,
    }
}

/// The regions of both sides, the same whichever of them is ours.
fn merged_regions(base: &[String], ours: &[String], theirs: &[String]) -> Vec<String> {
    if let Some(regions) = one_of(Some(base), ours, theirs) {
        return regions.to_vec();
    }
    let added = ours.iter().chain(theirs).filter(|region| !base.contains(region));
    let added: BTreeSet<String> = added.cloned().collect();
    base.iter().cloned().chain(added).collect()
}

fn read_regions(node: &Node<'_>) -> Result<Vec<String>, FileFlaw> {
    let flaw =
        |node: &Node<'_>| FileFlaw { offset: node.offset, reason: "regions: expected an array of names".to_owned() };
    let items = node.items().ok_or_else(|| flaw(node))?;
    items.iter().map(|item| item.text().map(std::borrow::Cow::into_owned).ok_or_else(|| flaw(item))).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn manifest(regions: &[&str], key: Option<&str>) -> Manifest {
        let spec = RedactionSpec { key_check: key.map(str::to_owned), ..RedactionSpec::default() };
        Manifest { spec, regions: regions.iter().map(|region| (*region).to_owned()).collect() }
    }

    #[test]
    fn a_cassette_without_rules_says_so_in_few_lines() {
        let expected =
            "{\n  \"ramtape\": \"2.0\",\n  \"service\": \"ram\",\n  \"redaction\": {\n    \"rules\": []\n  }\n}\n";
        assert_eq!(Manifest::default().to_text(), expected);
    }

    #[test]
    fn regions_read_back() {
        for regions in [&[][..], &["us-east-1"], &["us-east-1", "eu-west-1"]] {
            let text = manifest(regions, None).to_text();
            assert_eq!(Manifest::read(&json::parse(text.as_bytes()).unwrap()).unwrap(), manifest(regions, None));
            assert_eq!(text.contains("\"2.1\""), !regions.is_empty(), "{text}");
        }
        for wrong in ["\"us-east-1\"", "[1]"] {
            let text = format!(r#"{{"ramtape":"2.1","service":"ram","regions":{wrong},"redaction":{{"rules":[]}}}}"#);
            let flaw = Manifest::read(&json::parse(text.as_bytes()).unwrap()).unwrap_err();
            assert_eq!(flaw.reason, "regions: expected an array of names");
        }
    }

    #[test]
    fn both_sides_regions_count_and_rules_may_differ_on_one_side_alone() {
        let text = |manifest: &Manifest| manifest.to_text().into_bytes();
        let merged = |base: Option<&Manifest>, ours: &Manifest, theirs: &Manifest| {
            merge_manifest_texts(&base.map(text).unwrap_or_default(), &text(ours), &text(theirs)).unwrap()
        };
        let (plain, east, west) = (manifest(&[], None), manifest(&["e"], None), manifest(&["w"], None));
        assert_eq!(merged(None, &east, &west), Ok(manifest(&["e", "w"], None).to_text()));
        assert_eq!(merged(None, &west, &east), merged(None, &east, &west));
        let moved = manifest(&["w", "e"], None);
        assert_eq!(merged(Some(&east), &moved, &east), Ok(moved.to_text()));
        assert_eq!(merged(Some(&plain), &east, &east), Ok(east.to_text()));
        assert_eq!(merged(Some(&plain), &plain, &west), Ok(west.to_text()));
        let keyed = manifest(&["w"], Some("k"));
        assert_eq!(merged(Some(&plain), &east, &keyed), Ok(manifest(&["e", "w"], Some("k")).to_text()));
        assert!(merged(Some(&plain), &manifest(&[], Some("j")), &keyed).is_err());
        assert!(merged(None, &east, &keyed).is_err());
        let earlier = String::from_utf8(text(&plain)).unwrap().replace("2.0", "1.0");
        for other in ["{}", &earlier] {
            assert_eq!(merge_manifest_texts(b"", other.as_bytes(), &text(&east)), None, "{other}");
        }
    }
}
