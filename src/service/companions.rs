//! The services beside RAM: which of them are recorded, and `config/services.toml` as types.

use super::error::ServiceError;
use super::operation::{Operation, OperationKind};
use crate::model::{IdentifierRules, OperationName, SecretMembers, did_you_mean};
use http::Method;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

const BUILTIN: &str = include_str!("../../config/services.toml");

/// The key of `[services]` that names the services to record.
const RECORD: &str = "record";

/// How operations and members are read that no service says more of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneralRules {
    reads: Vec<String>,
    volatile: Vec<String>,
    identifiers: IdentifierRules,
    passing: Vec<String>,
}

/// The endpoint of a service that is not regional, in one partition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionEndpoint {
    /// What the names of the partition's regions begin with.
    pub regions: String,
    /// The endpoint's host.
    pub host: String,
    /// The region that signatures for it name.
    pub region: String,
}

/// `[services.NAME]`: what is known of a service. In the user's file every key is optional and lists add to the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompanionRules {
    /// The host of its endpoint, where that is not regional.
    pub host: Option<String>,
    /// The region that signatures name, whatever region a client is set to.
    pub region: Option<String>,
    /// Host and region in other partitions.
    pub partitions: Vec<PartitionEndpoint>,
    /// What its hosts begin with; else its name.
    pub label: Option<String>,
    /// Further hosts of it.
    pub hosts: Vec<String>,
    /// Whether names below its host are its own too.
    pub virtual_hosts: bool,
    /// Whether requests are signed as for S3.
    pub as_s3: bool,
    /// What follows `AWS_ENDPOINT_URL_` in the variables of its clients; where there is nothing, its name in capitals.
    pub variables: Vec<String>,
    version: Option<String>,
    target: Option<String>,
    reads: Vec<String>,
    writes: Vec<String>,
    volatile: Vec<String>,
    ignored: Vec<String>,
    unordered: Vec<String>,
    /// Members that hold secrets.
    pub secret: Vec<String>,
    /// Members that hold secrets, by the value that another member of the same object has then.
    pub secret_beside: BTreeMap<String, String>,
    /// Members of answers that tell when something expires.
    pub fresh: Vec<String>,
    issues: Vec<String>,
    /// The member of answers that holds temporary credentials.
    pub credentials: Option<String>,
    /// The parameter that names the role that those are of.
    pub role: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuiltIn {
    general: GeneralRules,
    variables: BTreeMap<String, Vec<String>>,
    labels: BTreeMap<String, String>,
    services: BTreeMap<String, CompanionRules>,
}

/// Which services are recorded, and what is known of those beside RAM.
#[derive(Clone, Debug)]
pub struct Companions {
    recorded: Vec<String>,
    general: GeneralRules,
    services: BTreeMap<String, CompanionRules>,
    /// What is known of a service that nothing is written of.
    unwritten: CompanionRules,
}

impl Companions {
    /// The built-in rules with those of the user's `[services]` on top; `recorded` are the services to record.
    ///
    /// # Errors
    /// Where an addition is malformed, or a name is none.
    pub(super) fn with_additions(recorded: Vec<String>, additions: &toml::Table) -> Result<Self, ServiceError> {
        let BuiltIn { general, variables, labels, mut services } = toml::from_str(BUILTIN)?;
        for (name, variables) in variables {
            services.entry(name).or_default().variables = variables;
        }
        for (name, label) in labels {
            services.entry(name).or_default().label = Some(label);
        }
        for (name, addition) in additions.iter().filter(|(name, _)| *name != RECORD) {
            check_name(name, &services)?;
            let addition: CompanionRules = addition.clone().try_into()?;
            services.entry(name.clone()).or_default().add(addition);
        }
        for name in &recorded {
            check_name(name, &services)?;
        }
        Ok(Self { recorded, general, services, unwritten: CompanionRules::default() })
    }

    /// The names of the services that are recorded, RAM's among them where it is one.
    #[must_use]
    pub fn recorded(&self) -> &[String] {
        &self.recorded
    }

    /// Adds services to record.
    pub fn record_too(&mut self, services: impl IntoIterator<Item = String>) {
        for service in services {
            if !self.is_recorded(&service) {
                self.recorded.push(service);
            }
        }
    }

    /// Whether `name` can be a service's name in the scope of a signature.
    #[must_use]
    pub fn is_service_name(name: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !name.is_empty() && name.len() <= 63 && name.bytes().all(plain)
    }

    /// Whether the service called `name` is recorded.
    #[must_use]
    pub fn is_recorded(&self, name: &str) -> bool {
        self.recorded.iter().any(|recorded| recorded == name)
    }

    /// What is known of the service called `name`.
    #[must_use]
    pub fn rules(&self, name: &str) -> &CompanionRules {
        self.services.get(name).unwrap_or(&self.unwritten)
    }

    /// The service that a request which names none is for, by the version of its form or by its `X-Amz-Target`.
    #[must_use]
    pub fn service_by_form(&self, version: Option<&str>, target: Option<&str>) -> Option<&str> {
        let prefix = target.map(|target| target.split('.').next().unwrap_or(target));
        let is_named = |rules: &CompanionRules| {
            (version.is_some() && rules.version.as_deref() == version)
                || (prefix.is_some() && rules.target.as_deref() == prefix)
        };
        self.services.iter().find(|(_, rules)| is_named(rules)).map(|(name, _)| name.as_str())
    }

    /// The service whose hosts begin with `label`, where that is not its name.
    #[must_use]
    pub fn service_labelled(&self, label: &str) -> Option<&str> {
        let is_labelled = |rules: &CompanionRules| rules.label.as_deref() == Some(label);
        self.services.iter().find(|(_, rules)| is_labelled(rules)).map(|(name, _)| name.as_str())
    }

    /// The operation called `operation` of `service`, which has no model: its name, or its method and path joined by a blank.
    #[must_use]
    pub fn operation(&self, service: &str, operation: &str) -> Operation {
        let rules = self.rules(service);
        let name = OperationName::Companion(format!("{service}:{operation}"));
        let joined = |general: &[String], own: &[String]| [general, own].concat();
        Operation {
            folder: name.folder(),
            name: name.as_str().to_owned(),
            method: Method::POST,
            path: "/".to_owned(),
            kind: self.kind(rules, operation),
            page_items: None,
            query: Vec::new(),
            volatile: joined(&self.general.volatile, &rules.volatile),
            ignored: rules.ignored.clone(),
            unordered: rules.unordered.clone(),
            json_strings: Vec::new(),
            members: Vec::new(),
            required: Vec::new(),
            types: BTreeMap::new(),
            answer: None,
            errors: Vec::new(),
            issues_credentials: rules.issues.iter().any(|name| name == operation),
            concerned_by_all: false,
            concerned_by: Vec::new(),
            passing: self.general.passing.clone(),
        }
    }

    fn kind(&self, rules: &CompanionRules, operation: &str) -> OperationKind {
        let named = |names: &[String]| names.iter().any(|name| name == operation);
        let is_read = match operation.split_once(' ') {
            _ if named(&rules.writes) => false,
            _ if named(&rules.reads) => true,
            Some((method, _)) => matches!(method, "GET" | "HEAD"),
            None => self.general.reads.iter().any(|start| starts_with_word(operation, start)),
        };
        if is_read { OperationKind::Read } else { OperationKind::Write }
    }

    /// The members by which clients name a write.
    #[must_use]
    pub fn idempotency_tokens(&self) -> &[String] {
        &self.general.volatile
    }

    /// The members that hold secrets in requests and answers of `service`.
    #[must_use]
    pub fn secrets(&self, service: &str) -> SecretMembers<'_> {
        let rules = self.rules(service);
        SecretMembers { names: &rules.secret, beside: Some(&rules.secret_beside) }
    }

    /// Which members say what a request of a service beside RAM is about.
    #[must_use]
    pub const fn identifiers(&self) -> &IdentifierRules {
        &self.general.identifiers
    }

    /// What SDKs call `service`, in capitals; several clients can share its name in signatures.
    #[must_use]
    pub fn sdk_names(&self, service: &str) -> Vec<String> {
        match self.rules(service).variables.as_slice() {
            [] => vec![service.to_uppercase().replace(['-', ' '], "_")],
            named => named.to_vec(),
        }
    }

    /// The variables that lead clients of `service` to another endpoint.
    #[must_use]
    pub fn endpoint_variables(&self, service: &str) -> Vec<String> {
        self.sdk_names(service).into_iter().map(|name| format!("AWS_ENDPOINT_URL_{name}")).collect()
    }
}

impl CompanionRules {
    fn add(&mut self, more: Self) {
        fn take<T>(own: &mut Option<T>, more: Option<T>) {
            if more.is_some() {
                *own = more;
            }
        }
        // Another host or region is the user's word for all partitions.
        if more.host.is_some() || more.region.is_some() {
            self.partitions.clear();
        }
        take(&mut self.host, more.host);
        take(&mut self.region, more.region);
        take(&mut self.label, more.label);
        take(&mut self.version, more.version);
        take(&mut self.target, more.target);
        take(&mut self.credentials, more.credentials);
        take(&mut self.role, more.role);
        self.virtual_hosts |= more.virtual_hosts;
        self.as_s3 |= more.as_s3;
        self.partitions.extend(more.partitions);
        self.secret_beside.extend(more.secret_beside);
        for (own, more) in [
            (&mut self.hosts, more.hosts),
            (&mut self.variables, more.variables),
            (&mut self.issues, more.issues),
            (&mut self.reads, more.reads),
            (&mut self.writes, more.writes),
            (&mut self.volatile, more.volatile),
            (&mut self.ignored, more.ignored),
            (&mut self.unordered, more.unordered),
            (&mut self.secret, more.secret),
            (&mut self.fresh, more.fresh),
        ] {
            own.extend(more);
        }
    }

    /// Whether one of its operations hands out temporary credentials.
    #[must_use]
    pub const fn issues_credentials(&self) -> bool {
        !self.issues.is_empty()
    }
}

/// Whether `name` begins with the word `start`: `Get` begins `GetRole`, and not `Getaway`.
fn starts_with_word(name: &str, start: &str) -> bool {
    name.strip_prefix(start).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Refuses what cannot be a service's name in the scope of a signature.
fn check_name(name: &str, known: &BTreeMap<String, CompanionRules>) -> Result<(), ServiceError> {
    if Companions::is_service_name(name) {
        return Ok(());
    }
    let meant = did_you_mean(name, known.keys().map(|name| Cow::Borrowed(name.as_str())));
    Err(ServiceError::Name { name: name.to_owned(), meant })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    fn companions(additions: &str) -> Companions {
        Companions::with_additions(vec!["ram".into(), "sts".into()], &toml::from_str(additions).unwrap()).unwrap()
    }

    #[test]
    fn an_operation_is_a_read_by_its_name_or_by_its_method() {
        let companions = companions("");
        for (service, operation, kind) in [
            ("ec2", "DescribeSubnets", OperationKind::Read),
            ("ec2", "CreateSubnet", OperationKind::Write),
            ("sts", "AssumeRole", OperationKind::Read),
            ("foo", "Getaway", OperationKind::Write),
            ("foo", "Get", OperationKind::Read),
            ("s3", "GET /bucket/key", OperationKind::Read),
            ("s3", "PUT /bucket/key", OperationKind::Write),
        ] {
            assert_eq!(companions.operation(service, operation).kind, kind, "{service} {operation}");
        }
    }

    #[test]
    fn a_user_adds_to_what_is_known_and_to_what_is_not() {
        let companions = companions(
            "[sts]\nignored = ['SourceIdentity']\n[iam]\nregion = 'us-gov-west-1'\n[foo]\nwrites = ['GetAndLock']\nvolatile = ['Nonce']",
        );
        let assume = companions.operation("sts", "AssumeRole");
        assert!(
            assume.ignored.contains(&"RoleSessionName".to_owned())
                && assume.ignored.contains(&"SourceIdentity".to_owned())
        );
        assert!(companions.rules("iam").partitions.is_empty());
        let lock = companions.operation("foo", "GetAndLock");
        assert_eq!((lock.kind, lock.folder.as_str()), (OperationKind::Write, "foo.get-and-lock"));
        assert!(lock.volatile.contains(&"Nonce".to_owned()) && lock.volatile.contains(&"ClientToken".to_owned()));
    }

    #[test]
    fn a_name_that_no_service_has_is_told() {
        let refused = |recorded: &str| {
            Companions::with_additions(vec![recorded.to_owned()], &toml::Table::new()).unwrap_err().to_string()
        };
        assert!(refused("STS").contains("\"STS\"") && refused("STS").contains("did you mean \"sts\"?"));
        assert!(refused("").contains("\"\""));
    }

    #[test]
    fn an_unsigned_request_is_known_by_its_form() {
        let companions = companions("");
        assert_eq!(companions.service_by_form(Some("2011-06-15"), None), Some("sts"));
        assert_eq!(companions.service_by_form(None, Some("AmazonSQS.SendMessage")), Some("sqs"));
        assert_eq!(companions.service_by_form(None, None), None);
    }

    #[test]
    fn the_endpoints_variables_are_the_name_in_capitals_or_written() {
        let companions = companions("[rds]\nvariables = ['AURORA']\n[foo]\nvariables = ['FOO_V2']");
        for (service, names) in [
            ("sts", &["STS"][..]),
            ("monitoring", &["CLOUDWATCH"]),
            ("secretsmanager", &["SECRETS_MANAGER"]),
            ("resource-groups", &["RESOURCE_GROUPS"]),
            ("rds", &["RDS", "DOCDB", "NEPTUNE", "AURORA"]),
            ("foo", &["FOO_V2"]),
        ] {
            assert_eq!(companions.sdk_names(service), names);
        }
        assert_eq!(companions.endpoint_variables("ses")[1], "AWS_ENDPOINT_URL_SESV2");
    }
}
