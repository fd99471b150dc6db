//! What recording needs: credentials and a way to upstream.

use super::check::Check;
use crate::app::{self, UpstreamDestination};
use crate::aws::{BaseUrl, CredentialsError, Endpoint, Keys, Upstream, UpstreamError};
use crate::config::{Config, RecordMode};
use crate::model::with_causes;
use crate::model::{Actor, DEFAULT_ACTOR};
use http::Uri;
use std::time::SystemTime;
use tokio::net::TcpStream;

pub(super) async fn checks(config: &Config, online: bool) -> Vec<Check> {
    let built = match app::destination(config).await {
        Ok(destination) => app::upstream(config, &destination, app::credential_source(config), "")
            .map(|upstream| (destination, upstream)),
        Err(error) => Err(error),
    };
    match built {
        Ok((destination, upstream)) => {
            let mut checks = vec![credentials(&upstream, config).await];
            for actor in &config.actors {
                checks.push(claims(actor, &upstream, config).await);
            }
            checks.extend(destination.notices.iter().map(|notice| Check::ok("upstream", notice.as_str())));
            checks.push(reach(config, &destination, online).await);
            checks
        }
        Err(error) => {
            vec![Check::fail("upstream", with_causes(&error), "correct --upstream, the profile or AWS_CA_BUNDLE")]
        }
    }
}

async fn credentials(upstream: &Upstream, config: &Config) -> Check {
    let name = "credentials";
    let now = SystemTime::now();
    let source = match &config.upstream.profile {
        Some(profile) => format!("profile {profile}"),
        None => "the default chain".to_owned(),
    };
    match upstream.credentials(DEFAULT_ACTOR).current(now).await {
        Ok(keys) => Check::ok(name, format!("{source} gives {}", described(&keys, now))),
        Err(error) => {
            let advice = "recording needs credentials: log in, name a profile with --profile, or set AWS_ACCESS_KEY_ID";
            not_loaded(name, &error, advice, config.mode)
        }
    }
}

/// Who is this actor, and what is signed with for it. No account is shown whole.
async fn claims(actor: &Actor, upstream: &Upstream, config: &Config) -> Check {
    let name = "actor";
    let label = &actor.label;
    let account = actor.account.as_deref().and_then(|account| account.get(8..));
    let account = account.map(|end| format!("account …{end}"));
    let keys = (!actor.key_ids.is_empty()).then(|| format!("{} key ids", actor.key_ids.len()));
    let Some(profile) = &actor.profile else {
        let claims: Vec<String> = account.into_iter().chain(keys).collect();
        let found = format!(
            "{label} is {}; it has no profile, so its requests are signed with the default \
            credentials",
            claims.join(", ")
        );
        return Check::ok(name, found);
    };
    let claims: Vec<String> = std::iter::once(format!("profile {profile}")).chain(account).chain(keys).collect();
    let now = SystemTime::now();
    match upstream.credentials(label).current(now).await {
        Ok(keys) => {
            Check::ok(name, format!("{label} is {}; the profile gives {}", claims.join(", "), described(&keys, now)))
        }
        Err(error) => {
            let advice = format!("recording needs it: log in, or correct profile in [actors.{label}]");
            not_loaded(name, &error, &advice, config.mode)
        }
    }
}

/// Where nothing is recorded, no credentials are needed.
fn not_loaded(name: &'static str, error: &CredentialsError, advice: &str, mode: RecordMode) -> Check {
    let found = with_causes(error);
    if mode == RecordMode::None { Check::warn(name, found, advice) } else { Check::fail(name, found, advice) }
}

/// Never the secret, and of the id only what its owner knows it by.
fn described(keys: &Keys, now: SystemTime) -> String {
    let id: Vec<char> = keys.access_key_id.chars().collect();
    let shown = match (id.first_chunk::<4>(), id.last_chunk::<4>()) {
        (Some(first), Some(last)) if id.len() >= 16 => {
            format!("key {}…{}", first.iter().collect::<String>(), last.iter().collect::<String>())
        }
        _ => "a key".to_owned(),
    };
    match keys.expiry.map(|expiry| expiry.duration_since(now).unwrap_or_default()) {
        Some(left) => format!("{shown}, which expires in {} minutes", left.as_secs() / 60),
        None if keys.session_token.is_some() => format!("{shown}, temporary"),
        None => shown,
    }
}

/// Connects and sends nothing. AWS is left alone unless somebody asked for it.
async fn reach(config: &Config, destination: &UpstreamDestination, online: bool) -> Check {
    let name = "upstream";
    let service = config.service.companions.recorded().first().map_or("", String::as_str);
    let url = match endpoint(config, service, destination) {
        Ok(url) => url,
        Err(error) => return Check::fail(name, with_causes(&error), "correct --upstream or the region"),
    };
    let default_port = if url.scheme_str() == Some("http") { 80 } else { 443 };
    let (host, port) = (url.host().unwrap_or_default(), url.port_u16().unwrap_or(default_port));
    if !destination.urls.contains_key(service) && !online {
        return Check::ok(name, format!("requests would go to {host}; not tried without --online"));
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let advice = "check the address, the network and any firewall; ramtape connects directly, without a proxy";
    match tokio::time::timeout(config.upstream.connect_time, TcpStream::connect((bare, port))).await {
        Ok(Ok(_)) => Check::ok(name, format!("{host}:{port} accepts connections")),
        Ok(Err(error)) => Check::fail(name, format!("{host}:{port}: {error}"), advice),
        Err(_) => {
            let waited = config.upstream.connect_time.as_secs();
            Check::fail(name, format!("{host}:{port} did not answer within {waited} s"), advice)
        }
    }
}

fn endpoint(config: &Config, service: &str, destination: &UpstreamDestination) -> Result<Uri, UpstreamError> {
    let endpoint = match destination.urls.get(service) {
        Some(url) => Endpoint::Fixed(BaseUrl::parse(url)?),
        None => {
            let service = config.endpoints.get(service).cloned().unwrap_or_default();
            Endpoint::Public { service, kind: destination.kind }
        }
    };
    endpoint.url(&config.region, "/", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    #[test]
    fn a_key_is_shown_by_its_ends_and_a_secret_never() {
        let now = SystemTime::now();
        let mut keys = Keys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: Secret::new("wJalrXUtnFEMI"),
            session_token: None,
            expiry: None,
        };
        assert_eq!(described(&keys, now), "key AKIA…MPLE");
        keys.expiry = Some(now + std::time::Duration::from_secs(3599));
        assert_eq!(described(&keys, now), "key AKIA…MPLE, which expires in 59 minutes");
        keys.access_key_id = "short".into();
        keys.expiry = None;
        keys.session_token = Some(Secret::new("token"));
        assert_eq!(described(&keys, now), "a key, temporary");
    }
}
