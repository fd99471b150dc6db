//! The certificate authority, where there is one.

use super::check::Check;
use crate::app;
use crate::ca::CaError;
use crate::command::ca::RENEWED_WITHIN;
use crate::config::Config;
use crate::model::with_causes;
use std::time::SystemTime;

/// Whether it holds, and nobody else could read its key.
pub(super) fn check(config: &Config) -> Check {
    let name = "authority";
    let Ok(store) = app::store(config) else {
        return Check::ok(name, "there is no home folder, and no certificate authority");
    };
    let folder = store.folder().display();
    match store.open() {
        Ok(authority) => {
            let found = format!("the certificate authority in {folder} holds until {}", authority.last_day());
            if authority.expires() > SystemTime::now() + RENEWED_WITHIN {
                Check::ok(name, found)
            } else {
                Check::warn(name, found, "`ramtape ca` makes a new one; restart what uses it")
            }
        }
        Err(CaError::Absent { .. }) => {
            Check::ok(name, format!("there is none in {folder}; only servers that speak TLS need one (`ramtape ca`)"))
        }
        Err(error @ CaError::Expired { .. }) => {
            Check::warn(name, with_causes(&error), "run `ramtape ca`, or `ramtape ca --remove` where nothing needs it")
        }
        Err(error) => Check::fail(name, with_causes(&error), "whoever trusts it trusts whoever has its key"),
    }
}
