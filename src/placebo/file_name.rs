//! The names of placebo's files.

use crate::service::Companions;

/// What the name of a file says: `[prefix.]service.Operation_N.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The service, by its name in signatures; what stands there may be no such name.
    pub(super) service: String,
    pub(super) operation: String,
    /// Which of its answers it is; placebo counts from 1.
    pub(super) number: u64,
}

impl FileName {
    /// Reads it; `None` where the name is not one of placebo's.
    pub(super) fn read(name: &str, services: &Companions) -> Option<Self> {
        let (front, last) = name.strip_suffix(".json")?.rsplit_once('.')?;
        let (operation, digits) = last.rsplit_once('_')?;
        let is_name = operation.starts_with(|c: char| c.is_ascii_alphabetic())
            && operation.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_name && is_number)?;
        Some(Self { service: service_in(front, services), operation: operation.to_owned(), number })
    }
}

/// The service that stands before the operation. placebo calls it as its endpoint is called, which may have a dot in it
/// (`api.ecr`), as a prefix may.
fn service_in(front: &str, services: &Companions) -> String {
    let starts = std::iter::once(0).chain(front.match_indices('.').map(|(at, _)| at + 1));
    let mut parts = starts.filter_map(|start| front.get(start..));
    let labelled = parts.find_map(|part| services.service_labelled(part));
    labelled.unwrap_or_else(|| front.rsplit('.').next().unwrap_or(front)).to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::service::Service;

    #[test]
    fn a_name_tells_service_operation_and_number() {
        let service = Service::with_additions(&toml::Table::new()).unwrap();
        let read = |name: &str| {
            let read = FileName::read(name, &service.companions)?;
            Some((read.service, read.operation, read.number))
        };
        let named = |service: &str, operation: &str, number| Some((service.to_owned(), operation.to_owned(), number));
        assert_eq!(read("sts.GetCallerIdentity_1.json"), named("sts", "GetCallerIdentity", 1));
        assert_eq!(read("my.suite.sts.GetCallerIdentity_12.json"), named("sts", "GetCallerIdentity", 12));
        assert_eq!(read("api.ecr.DescribeImages_1.json"), named("ecr", "DescribeImages", 1));
        assert_eq!(read("suite.api.ecr.DescribeImages_1.json"), named("ecr", "DescribeImages", 1));
        for other in [
            "README.md",
            "config.json",
            "sts.GetCallerIdentity.json",
            "sts.GetCallerIdentity_.json",
            "sts.GetCallerIdentity_+1.json",
            "sts.GetCallerIdentity_1.pickle",
            "GetCallerIdentity_1.json",
            "sts._1.json",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
