//! What `cassette.json` says beside its format: the redaction rules in force, and what was recorded of where and as whom. Its text
//! and its merging, pure.

use super::rules;
use crate::entry_file::{FileFlaw, Printer};
use crate::json::{self, Kind, Node};
use crate::model::RoleProfile;
use crate::redact::RedactionSpec;
use std::collections::BTreeSet;

/// The format of a cassette that says nothing which was not said from the beginning of this major version on.
const FIRST: &str = "2.0";
/// Since 2.1 a cassette can name regions.
pub(crate) const WITH_REGIONS: &str = "2.1";
/// Since 2.2 it can name services besides RAM, whose answers may have other headers and holes, and profiles.
pub(crate) const WITH_SERVICES: &str = "2.2";
const SERVICE: &str = "ram";
/// What a profile's own members are called.
const PROFILE_MEMBERS: [&str; 3] = ["name", "role_arn", "source_profile"];

/// The content of a `cassette.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The redaction rules.
    pub(crate) spec: RedactionSpec,
    /// The regions that the recorded commands ran in, where that was known: a replay runs them there again.
    pub(crate) regions: Vec<String>,
    /// The services besides RAM that it has answers of.
    pub(crate) services: BTreeSet<String>,
    /// The profiles that the recorded commands asked for roles by: a replay gives them the like.
    pub(crate) profiles: BTreeSet<RoleProfile>,
    /// The one of them that the commands asked as without naming it.
    pub(crate) asked_as: Option<String>,
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
        let known = [
            "\"ramtape\"",
            "\"service\"",
            "\"services\"",
            "\"regions\"",
            "\"profiles\"",
            "\"asked_as\"",
            "\"redaction\"",
        ];
        if let Some(member) = members.iter().find(|member| !known.contains(&member.key)) {
            return Err(flaw(member.value.offset, format!("unknown member {}", member.key)));
        }
        let names = |name: &str| root.member(name).map_or(Ok(Vec::new()), |node| read_names(name, node));
        let (regions, services) = (names("regions")?, names("services")?.into_iter().collect());
        let profiles = root.member("profiles").map_or(Ok(BTreeSet::new()), read_profiles)?;
        let asked_as = root.member("asked_as").and_then(Node::text).map(std::borrow::Cow::into_owned);
        Ok(Self { spec, regions, services, profiles, asked_as })
    }

    /// The whole text of the file.
    pub(crate) fn to_text(&self) -> String {
        let version = match (self.regions.is_empty(), self.services.is_empty() && self.profiles.is_empty()) {
            (_, false) => WITH_SERVICES,
            (false, true) => WITH_REGIONS,
            (true, true) => FIRST,
        };
        let mut printer = Printer::default();
        printer.begin('{');
        for (name, value) in [("ramtape", version), ("service", SERVICE)] {
            printer.name(&json::quote(name));
            printer.value(&json::quote(value));
        }
        print_names(&mut printer, "services", self.services.iter());
        print_names(&mut printer, "regions", self.regions.iter());
        if !self.profiles.is_empty() {
            printer.name("\"profiles\"");
            printer.begin('[');
            self.profiles.iter().for_each(|profile| print_profile(&mut printer, profile));
            printer.end(']');
        }
        if let Some(asked_as) = &self.asked_as {
            printer.name("\"asked_as\"");
            printer.value(&json::quote(asked_as));
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
/// texts is no such file. Regions, services and profiles of both sides count.
///
/// # Errors
/// Where the sides have different redaction rules, and neither has those of the base.
#[must_use]
pub fn merge_manifest_texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Result<String, &'static str>> {
    let read = |text: &[u8]| {
        let root = json::parse(text).ok()?;
        // What is merged is written as of this format, which the takes beside an earlier one are not of.
        let version = root.member("ramtape").and_then(Node::text)?;
        Manifest::read(&root).ok().filter(|_| [FIRST, WITH_REGIONS, WITH_SERVICES].contains(&&*version))
    };
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let base = if base.is_empty() { None } else { Some(read(base)?) };
    let merged = one_of(base.as_ref().map(|base| &base.spec), &ours.spec, &theirs.spec).map(|spec| {
        let before = base.as_ref().map_or(&[][..], |base| &base.regions);
        let regions = merged_regions(before, &ours.regions, &theirs.regions);
        Manifest {
            spec: spec.clone(),
            regions,
            services: ours.services.union(&theirs.services).cloned().collect(),
            profiles: ours.profiles.union(&theirs.profiles).cloned().collect(),
            asked_as: ours.asked_as.clone().or_else(|| theirs.asked_as.clone()),
        }
        .to_text()
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

fn print_names<'a>(printer: &mut Printer, name: &str, mut names: impl Iterator<Item = &'a String>) {
    let Some(first) = names.next() else { return };
    printer.name(&json::quote(name));
    printer.begin('[');
    for name in std::iter::once(first).chain(names) {
        printer.item();
        printer.value(&json::quote(name));
    }
    printer.end(']');
}

fn print_profile(printer: &mut Printer, profile: &RoleProfile) {
    let own = [&profile.name, &profile.role_arn].into_iter().chain(&profile.source_profile);
    let own = PROFILE_MEMBERS.into_iter().zip(own.map(String::as_str));
    let settings = profile.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    printer.item();
    printer.begin('{');
    for (name, value) in own.chain(settings) {
        printer.name(&json::quote(name));
        printer.value(&json::quote(value));
    }
    printer.end('}');
}

fn read_names(name: &str, node: &Node<'_>) -> Result<Vec<String>, FileFlaw> {
    let flaw =
        |node: &Node<'_>| FileFlaw { offset: node.offset, reason: format!("{name}: expected an array of names") };
    let items = node.items().ok_or_else(|| flaw(node))?;
    items.iter().map(|item| item.text().map(std::borrow::Cow::into_owned).ok_or_else(|| flaw(item))).collect()
}

fn read_profiles(node: &Node<'_>) -> Result<BTreeSet<RoleProfile>, FileFlaw> {
    let flaw = |node: &Node<'_>| FileFlaw {
        offset: node.offset,
        reason: "profiles: expected an array of objects with name, role_arn and texts".to_owned(),
    };
    let read = |node: &Node<'_>| {
        let Kind::Object(members) = &node.kind else { return Err(flaw(node)) };
        let mut profile = RoleProfile::default();
        for member in members {
            let (Ok(name), Some(value)) = (json::unquote(member.key), member.value.text()) else {
                return Err(flaw(&member.value));
            };
            let value = value.into_owned();
            match &*name {
                "name" => profile.name = value,
                "role_arn" => profile.role_arn = value,
                "source_profile" => profile.source_profile = Some(value),
                other if RoleProfile::SETTINGS.contains(&other) => {
                    drop(profile.settings.insert(name.into_owned(), value))
                }
                _ => return Err(flaw(&member.value)),
            }
        }
        if profile.role_arn.is_empty() { Err(flaw(node)) } else { Ok(profile) }
    };
    node.items().ok_or_else(|| flaw(node))?.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn manifest(regions: &[&str], key: Option<&str>) -> Manifest {
        let spec = RedactionSpec { key_check: key.map(str::to_owned), ..RedactionSpec::default() };
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        Manifest { spec, regions, ..Manifest::default() }
    }

    #[test]
    fn services_and_profiles_are_named_and_read_back() {
        let profile = RoleProfile {
            name: "dev".into(),
            role_arn: "arn:aws:iam::111122223333:role/r".into(),
            source_profile: Some("base".into()),
            settings: [("external_id".to_owned(), "x".to_owned())].into(),
        };
        let whole = Manifest {
            services: ["sts".to_owned()].into(),
            profiles: [profile].into(),
            asked_as: Some("dev".into()),
            ..manifest(&["eu-west-1"], None)
        };
        let text = whole.to_text();
        assert!(text.contains("\"2.2\"") && text.contains("\"source_profile\": \"base\""), "{text}");
        let read = |text: &str| Manifest::read(&json::parse(text.as_bytes()).unwrap());
        assert_eq!(read(&text), Ok(whole.clone()));
        for wrong in [r#"[{"name":"x"}]"#, r#"[{"name":"x","role_arn":"r","secret":"s"}]"#, "{}", r#"["x"]"#] {
            let text = format!(r#"{{"ramtape":"2.2","service":"ram","profiles":{wrong},"redaction":{{"rules":[]}}}}"#);
            assert!(read(&text).is_err(), "{wrong}");
        }
        let none = manifest(&[], None).to_text();
        let merged = merge_manifest_texts(none.as_bytes(), none.as_bytes(), text.as_bytes()).unwrap().unwrap();
        assert_eq!(read(&merged), Ok(whole));
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
