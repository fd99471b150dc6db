//! What leads CMD to ramtape, by the door that was chosen.

use super::environment::VariableChange;
use super::no_proxy::{find_covering_entry, with_loopback};
use crate::aws::{EndpointKind, ServiceEndpoint, ServiceEndpoints};
use crate::config::{Environment, RunDoor};
use crate::service::Companions;
use crate::ui::CommandError;
use std::net::SocketAddr;

/// How a client finds ramtape: the door, and where it leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientRoute<'a> {
    pub(super) door: RunDoor,
    /// The base URL, its key included.
    pub(super) base_url: &'a str,
    /// The address that ramtape listens on.
    pub(super) addr: SocketAddr,
    /// What is known of the services.
    pub(super) services: &'a Companions,
    /// The hosts of those that are recorded.
    pub(super) endpoints: &'a ServiceEndpoints,
    /// The region whose endpoint CMD takes itself to ask.
    pub(super) region: &'a str,
    /// Which of that region's endpoints.
    pub(super) kind: EndpointKind,
}

impl ClientRoute<'_> {
    /// The changes to the environment `parent` by which CMD finds the door.
    ///
    /// # Errors
    /// Where CMD would not find it, and its requests would leave by another way.
    pub(super) fn changes(&self, parent: &Environment) -> Result<Vec<VariableChange>, CommandError> {
        let mut changes = match self.door {
            RunDoor::Endpoint => {
                let endpoints = self.variables().map(|(name, _)| VariableChange::set(name, self.base_url));
                endpoints.chain(self.usual_endpoint()).collect()
            }
            RunDoor::Proxy => self.as_proxy(parent)?,
            RunDoor::Intercept => self.as_https_proxy(parent)?,
        };
        changes.push(VariableChange::set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", self.ignores_endpoints()));
        changes.push(VariableChange::set("NO_PROXY", with_loopback("NO_PROXY", "no_proxy", self.addr.ip(), parent)));
        changes.push(VariableChange::set("no_proxy", with_loopback("no_proxy", "NO_PROXY", self.addr.ip(), parent)));
        Ok(changes)
    }

    /// Whether CMD is to pass over endpoints that are configured. Where one leads it to ramtape, it would go past it, to AWS;
    /// where a tunnel does, one in its profile would lead it past the tunnel.
    fn ignores_endpoints(&self) -> &'static str {
        match self.door {
            RunDoor::Endpoint | RunDoor::Proxy => "false",
            RunDoor::Intercept => "true",
        }
    }

    /// SDKs refuse a choice among RAM's own endpoints beside an endpoint that is set: ramtape makes it for CMD.
    fn usual_endpoint(&self) -> impl Iterator<Item = VariableChange> + use<> {
        let chosen = [(self.kind.fips, "AWS_USE_FIPS_ENDPOINT"), (self.kind.dual_stack, "AWS_USE_DUALSTACK_ENDPOINT")];
        chosen.into_iter().filter(|(chosen, _)| *chosen).map(|(_, name)| VariableChange::set(name, "false"))
    }

    /// The variables by which clients of the recorded services find their endpoints, each with its service.
    fn variables(&self) -> impl Iterator<Item = (String, &ServiceEndpoint)> {
        self.endpoints.iter().flat_map(|service| {
            let names = self.services.endpoint_variables(&service.name);
            names.into_iter().map(move |name| (name, service))
        })
    }

    /// Plain HTTP, so that the proxy can read it; CMD takes it that what it signed reaches the real endpoint.
    fn as_proxy(&self, parent: &Environment) -> Result<Vec<VariableChange>, CommandError> {
        if self.hosts().any(|host| self.endpoints.find(&host).is_none()) {
            let problem = format!("AWS has no endpoints in the region {:?}: set AWS_REGION", self.region);
            return Err(CommandError::Usage(problem));
        }
        self.check_no_proxy(parent, "CMD would bypass ramtape and send its signed requests in clear text")?;
        let proxy = format!("http://{}", self.addr);
        let url = |service: &ServiceEndpoint| format!("http://{}", service.host(self.kind, self.region));
        let mut changes: Vec<_> =
            self.variables().map(|(name, service)| VariableChange::set(name, url(service))).collect();
        changes.extend([
            // Some clients read only the first, others only the second.
            VariableChange::set("HTTP_PROXY", &proxy),
            VariableChange::set("http_proxy", proxy),
        ]);
        changes.extend(self.usual_endpoint());
        Ok(changes)
    }

    /// HTTPS by tunnels, whatever region CMD asks; what makes it trust the end of the tunnel is not told here. `NO_PROXY` is
    /// looked at for the one region that CMD is set to: an entry for another region's host alone is not noticed.
    fn as_https_proxy(&self, parent: &Environment) -> Result<Vec<VariableChange>, CommandError> {
        self.check_no_proxy(parent, "CMD would ask AWS itself, past ramtape")?;
        if parent.value("AWS_ENDPOINT_URL").is_some() {
            let problem = "AWS_ENDPOINT_URL makes CMD bypass ramtape: unset it for this command, or use another --door";
            return Err(CommandError::Usage(problem.to_owned()));
        }
        let proxy = format!("http://{}", self.addr);
        // CMD finds AWS's own endpoints by itself.
        let endpoints = self.variables().map(|(name, _)| VariableChange::unset(name));
        let proxies = [
            // Some clients read only the first, others only the second.
            VariableChange::set("HTTPS_PROXY", &proxy),
            VariableChange::set("https_proxy", proxy),
        ];
        Ok(endpoints.chain(proxies).collect())
    }

    /// The hosts of the endpoints that CMD takes itself to ask.
    fn hosts(&self) -> impl Iterator<Item = String> {
        self.endpoints.iter().map(|service| service.host(self.kind, self.region))
    }

    /// Refuses an environment that has CMD ask the endpoint without a proxy; `otherwise` says what would come of that.
    fn check_no_proxy(&self, parent: &Environment, otherwise: &str) -> Result<(), CommandError> {
        let covered = self.hosts().find_map(|host| find_covering_entry(&host, parent).map(|found| (found, host)));
        let Some(((variable, entry), host)) = covered else { return Ok(()) };
        Err(CommandError::Usage(format!(
            "the entry {entry:?} in {variable} covers {host}: {otherwise}. Remove the entry for this command, \
                or use another --door"
        )))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::environment::apply;
    use super::*;
    use crate::service::Service;
    use std::collections::BTreeMap;

    fn ram() -> Service {
        Service::with_additions(&toml::Table::new()).unwrap()
    }

    fn endpoints() -> ServiceEndpoints {
        ServiceEndpoints::new(vec![ServiceEndpoint::regional("ram")])
    }

    const LOOPBACK: &str = "127.0.0.1,localhost,::1,[::1],127.0.0.0/8";

    fn led(door: RunDoor, parent: &[(&'static str, &str)]) -> Result<BTreeMap<String, String>, CommandError> {
        led_in("eu-west-1", door, parent)
    }

    #[test]
    fn the_choice_among_endpoints_is_made_by_ramtape() {
        let kind = EndpointKind { fips: true, dual_stack: false };
        let addr = "127.0.0.1:1".parse().unwrap();
        for (door, url) in
            [(RunDoor::Endpoint, "http://127.0.0.1:1/~k"), (RunDoor::Proxy, "http://ram-fips.eu-west-1.amazonaws.com")]
        {
            let route = ClientRoute {
                door,
                base_url: "http://127.0.0.1:1/~k",
                addr,
                services: &ram().companions,
                endpoints: &endpoints(),
                region: "eu-west-1",
                kind,
            };
            let parent = [("AWS_USE_FIPS_ENDPOINT", "true")];
            let child = apply(&parent, &route.changes(&Environment::from_variables(parent, "/")).unwrap());
            assert_eq!((&*child["AWS_ENDPOINT_URL_RAM"], &*child["AWS_USE_FIPS_ENDPOINT"]), (url, "false"));
        }
    }

    fn led_in(
        region: &str,
        door: RunDoor,
        parent: &[(&'static str, &str)],
    ) -> Result<BTreeMap<String, String>, CommandError> {
        let addr = "127.0.0.1:1".parse().unwrap();
        let route = ClientRoute {
            door,
            base_url: "http://127.0.0.1:1/~k",
            addr,
            services: &ram().companions,
            endpoints: &endpoints(),
            region,
            kind: EndpointKind::default(),
        };
        let changes = route.changes(&Environment::from_variables(parent.iter().copied(), "/"))?;
        Ok(apply(parent, &changes))
    }

    #[test]
    fn the_endpoint_changes_and_nothing_else() {
        let parent =
            [("AWS_PROFILE", "p"), ("AWS_ENDPOINT_URL_RAM", "http://elsewhere"), ("HTTP_PROXY", "http://corp")];
        assert_eq!(
            led(RunDoor::Endpoint, &parent)
                .unwrap()
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect::<Vec<_>>(),
            [
                ("AWS_ENDPOINT_URL_RAM", "http://127.0.0.1:1/~k".to_owned()),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false".to_owned()),
                ("AWS_PROFILE", "p".to_owned()),
                ("HTTP_PROXY", "http://corp".to_owned()),
                ("NO_PROXY", LOOPBACK.to_owned()),
                ("no_proxy", LOOPBACK.to_owned()),
            ]
        );
    }

    #[test]
    fn the_proxy_is_given_by_its_address_and_gets_no_key() {
        let parent =
            [("http_proxy", "http://corp.test"), ("HTTPS_PROXY", "http://corp.test"), ("no_proxy", "corp.test")];
        assert_eq!(
            led(RunDoor::Proxy, &parent)
                .unwrap()
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect::<Vec<_>>(),
            [
                ("AWS_ENDPOINT_URL_RAM", "http://ram.eu-west-1.amazonaws.com".to_owned()),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false".to_owned()),
                ("HTTPS_PROXY", "http://corp.test".to_owned()),
                ("HTTP_PROXY", "http://127.0.0.1:1".to_owned()),
                ("NO_PROXY", format!("corp.test,{LOOPBACK}")),
                ("http_proxy", "http://127.0.0.1:1".to_owned()),
                ("no_proxy", format!("corp.test,{LOOPBACK}")),
            ]
        );
        let child = led_in("cn-north-1", RunDoor::Proxy, &[]).unwrap();
        assert_eq!(child["AWS_ENDPOINT_URL_RAM"], "http://ram.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn the_https_proxy_is_given_and_no_endpoint() {
        let parent = [("AWS_ENDPOINT_URL_RAM", "http://elsewhere"), ("https_proxy", "http://corp.test")];
        assert_eq!(
            led(RunDoor::Intercept, &parent)
                .unwrap()
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect::<Vec<_>>(),
            [
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true".to_owned()),
                ("HTTPS_PROXY", "http://127.0.0.1:1".to_owned()),
                ("NO_PROXY", LOOPBACK.to_owned()),
                ("https_proxy", "http://127.0.0.1:1".to_owned()),
                ("no_proxy", LOOPBACK.to_owned()),
            ]
        );
        for (name, value, part) in [
            ("NO_PROXY", "amazonaws.com", "covers ram.eu-west-1.amazonaws.com"),
            ("no_proxy", "*", "covers ram.eu-west-1.amazonaws.com"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", "AWS_ENDPOINT_URL makes CMD bypass ramtape"),
        ] {
            let error = led(RunDoor::Intercept, &[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("--door"), "{error}");
        }
    }

    #[test]
    fn cmd_is_not_started_where_it_would_go_past_the_proxy() {
        for (name, value) in [("NO_PROXY", "*"), ("no_proxy", "corp.test,.amazonaws.com")] {
            let error = led(RunDoor::Proxy, &[(name, value)]).unwrap_err().to_string();
            for part in [name, "ram.eu-west-1.amazonaws.com", "clear text", "--door"] {
                assert!(error.contains(part), "{part} in {error}");
            }
            assert_eq!(
                led(RunDoor::Endpoint, &[(name, value)]).unwrap()["AWS_ENDPOINT_URL_RAM"],
                "http://127.0.0.1:1/~k"
            );
        }
        let error = led_in("nowhere", RunDoor::Proxy, &[]).unwrap_err().to_string();
        assert!(error.contains("\"nowhere\"") && error.contains("AWS_REGION"), "{error}");
    }

    #[test]
    fn no_proxy_is_extended_and_never_narrowed() {
        let child = |parent: &[(&'static str, &str)]| led(RunDoor::Endpoint, parent).unwrap();
        let extended = child(&[("no_proxy", "corp.test, localhost")]);
        assert_eq!(extended["no_proxy"], "corp.test, localhost,127.0.0.1,::1,[::1],127.0.0.0/8");
        assert_eq!(extended["NO_PROXY"], extended["no_proxy"]);
        assert_eq!(child(&[("NO_PROXY", "*")])["NO_PROXY"], "*");
        assert_eq!(child(&[("NO_PROXY", "a"), ("no_proxy", "b")])["no_proxy"], format!("b,{LOOPBACK}"));
    }
}
