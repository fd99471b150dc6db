//! The environment that clients would inherit.

use super::check::Check;
use crate::config::{ENDPOINT_VARIABLE, Environment};
use crate::model::without_secrets;

/// What is looked at without any configuration; values of variables are shown only where they cannot be secrets.
pub(super) fn checks(environment: &Environment) -> Vec<Check> {
    let mut checks: Vec<Check> =
        [misspelt(environment), ignored_endpoints(environment), refused_beside_an_endpoint(environment)]
            .into_iter()
            .flatten()
            .collect();
    checks.extend(endpoint(environment));
    checks.extend(proxies(environment));
    if checks.is_empty() {
        checks.push(Check::ok("environment", "no variable keeps clients from reaching ramtape"));
    }
    checks
}

fn misspelt(environment: &Environment) -> Option<Check> {
    let unknown = environment.unknown_variables();
    let found = format!("unknown variable {}", unknown.join(", "));
    (!unknown.is_empty()).then(|| Check::warn("environment", found, "correct the name or unset it"))
}

fn is_true(environment: &Environment, name: &str) -> bool {
    environment.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn ignored_endpoints(environment: &Environment) -> Option<Check> {
    let name = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    let advice = "unset it for clients of a ramtape server, or they bypass it; `ramtape run` sets it for CMD as \
        --door needs it";
    is_true(environment, name)
        .then(|| Check::warn("environment", format!("{name} makes clients ignore AWS_ENDPOINT_URL_RAM"), advice))
}

fn refused_beside_an_endpoint(environment: &Environment) -> Option<Check> {
    let names = ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"];
    let set: Vec<&str> = names.into_iter().filter(|name| is_true(environment, name)).collect();
    let found = format!("SDKs refuse {} together with a custom endpoint", set.join(" and "));
    let advice = "ramtape asks such an endpoint itself, and `ramtape run` removes the variable for CMD; unset \
        it for clients of a ramtape server";
    (!set.is_empty()).then(|| Check::warn("environment", found, advice))
}

/// A fixed endpoint is right for clients of a server, and forgotten in a shell it is a riddle.
fn endpoint(environment: &Environment) -> Option<Check> {
    let (name, url) = environment.names(ENDPOINT_VARIABLE).find_map(|name| Some((name, environment.text(name)?)))?;
    let found = format!("{name} is set to {}", without_secrets(url));
    let advice = "clients use it, and a recording asks it instead of AWS: unset it if that is not intended";
    Some(Check::warn("environment", found, advice))
}

fn proxies(environment: &Environment) -> Option<Check> {
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let set: Vec<&str> = names.into_iter().filter(|name| environment.value(name).is_some()).collect();
    if set.is_empty() {
        return None;
    }
    let excepted = ["NO_PROXY", "no_proxy"].iter().filter_map(|name| environment.text(name)).any(|hosts| {
        hosts.split(',').map(str::trim).any(|host| host == "*" || host == "127.0.0.1" || host == "localhost")
    });
    let set = set.join(", ");
    Some(if excepted {
        Check::ok("environment", format!("{set} set, with loopback excepted; ramtape itself uses no proxy"))
    } else {
        let found = format!(
            "{set} set without NO_PROXY for loopback: clients would send requests for ramtape \
            to that proxy"
        );
        let advice =
            "`ramtape run` adds loopback to NO_PROXY; for a server, do so yourself. ramtape itself uses no proxy";
        Check::warn("environment", found, advice)
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Vec<(Verdict, String)> {
        let checks = checks(&Environment::from_variables(variables.iter().copied(), "/"));
        checks.into_iter().map(|check| (check.verdict, check.found)).collect()
    }

    #[test]
    fn a_plain_environment_is_fine() {
        assert_eq!(found(&[("AWS_REGION", "x")]).len(), 1);
        assert!(found(&[]).iter().all(|(verdict, _)| *verdict == Verdict::Ok));
    }

    #[test]
    fn what_leads_clients_astray_is_named() {
        for (name, value) in [
            ("RAMTAPE_MODE", "once"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_ENDPOINT_URL_RAM", "http://127.0.0.1:1"),
            ("http_proxy", "http://corp.test"),
        ] {
            let found = found(&[(name, value)]);
            assert!(
                found.iter().any(|(verdict, text)| *verdict == Verdict::Warn && text.contains(name)),
                "{name}: {found:?}"
            );
        }
        let excepted = found(&[("http_proxy", "http://corp.test"), ("no_proxy", "corp.test, localhost")]);
        assert!(excepted.iter().all(|(verdict, _)| *verdict == Verdict::Ok), "{excepted:?}");
    }

    #[test]
    fn no_secret_of_a_url_is_shown() {
        let found = found(&[
            ("AWS_ENDPOINT_URL_RAM", "http://me:hunter2@127.0.0.1:1/~key-abcdef"),
            ("HTTPS_PROXY", "http://me:hunter2@corp.test"),
        ]);
        assert!(found.iter().all(|(_, text)| !text.contains("hunter2") && !text.contains("abcdef")), "{found:?}");
    }
}
